"""No way through the API leads a learner to the answer key: first by the types, then by asking everything.

The texts of the key, its fractions and its explanations are marked, and looked for in whatever is answered.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from graphql import get_named_type, graphql, is_object_type

from courses.models import Answer, Assessment, AttemptAnswer, Course, Question, User
from schema.context import Context, Identity
from schema.core import ids
from schema.core.ids import KINDS
from schema.root import schema
from tests import factories
from tests.schema.walk import Walk
from tests.taking import Api, answers_to, complete, question_named, start

DEPTH = 4
"""Objects below a root field. With the edges of connections that is seven levels of fields and more."""

KEY_TYPES = {
    "Question",
    "Answer",
    "Solution",
    "ItemAnalysis",
    "ItemStatistics",
    "GradingTask",
    "GradedResponse",
}
"""Types that hold the key, or what was found out with it."""

NULL_FOR_LEARNERS = {
    ("Assessment", "questions"),
    ("Assessment", "itemAnalysis"),
    ("AttemptQuestion", "solution"),
    ("CreateQuestionPayload", "question"),
    ("UpdateQuestionPayload", "question"),
}
"""Fields that lead from other types to those that hold the key. Each is null, or refused, for learners."""

EMPTY_FOR_LEARNERS = {("GradingTaskEdge", "node"), ("TryGradePayload", "results")}
"""The same, as lists: a connection without edges, and a payload that holds nothing but the refusal."""

MARK = "zq-secret"
PARTIAL_CREDIT = Decimal("0.3571")
TOLERANCE = Decimal("0.0625")
SECRETS = (MARK, str(PARTIAL_CREDIT), str(TOLERANCE))


def _types() -> Iterator[Any]:
    return (each for each in schema._schema.type_map.values() if is_object_type(each))


def test_only_these_fields_lead_to_the_types_that_hold_the_key() -> None:
    leading = {
        (owner.name, name)
        for owner in _types()
        if owner.name not in KEY_TYPES
        for name, field in owner.fields.items()
        if get_named_type(field.type).name in KEY_TYPES
    }
    assert leading == NULL_FOR_LEARNERS | EMPTY_FOR_LEARNERS


def test_the_names_of_the_key_stand_on_no_other_type() -> None:
    secret_names = {"isCorrect", "matchText", "tolerance", "credit", "solution", "explanation", "textMatch"}
    holders = {
        (owner.name, name) for owner in _types() if owner.name not in KEY_TYPES for name in owner.fields
    }
    assert {each for each in holders if each[1] in secret_names} == {
        ("AttemptQuestion", "solution"),
        ("QuestionResult", "isCorrect"),
        ("QuestionResult", "credit"),
    }


@pytest.fixture
def marked(assessment: Assessment) -> Assessment:
    """Everything that only the key says carries a mark; what learners read anyway does not."""
    Question.objects.update(explanation=f"{MARK} explanation")
    Answer.objects.update(explanation=f"{MARK} why", tolerance=TOLERANCE)
    Answer.objects.filter(is_correct=False).update(credit=PARTIAL_CREDIT)
    accepted = Answer.objects.filter(question__question_type__in=["short_answer", "fill_blank"])
    accepted.update(answer_text=f"{MARK} accepted")
    return assessment


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


def _ask(viewer: User, document: str, **variables: Any) -> Any:
    """What the whole schema answers, without the limits that no walk would pass."""
    context = Context(Identity(viewer))
    return async_to_sync(graphql)(schema._schema, document, context_value=context, variable_values=variables)


def _assert_holds_no_key(where: str, answer: Any) -> None:
    said = json.dumps([answer.data, [error.formatted for error in answer.errors or []]], default=str)
    assert [secret for secret in SECRETS if secret in said] == [], where
    assert {each.get("__typename") for each in _objects(answer.data)} & KEY_TYPES == set(), where


def _names(learner: User, assessment: Assessment, attempt: dict[str, Any]) -> dict[str, Any]:
    """Values for arguments and input fields, by name: things that are there, and that the learner may see."""
    course, question = assessment.lesson.course, question_named(attempt, "Short?")["question"]
    return {
        "id": ids.encode("Course", course.pk),
        "slug": course.slug,
        "courseId": ids.encode("Course", course.pk),
        "lessonId": ids.encode("Lesson", assessment.lesson.pk),
        "assessmentId": ids.encode("Assessment", assessment.pk),
        "attemptId": attempt["id"],
        "questionId": question,
        "questionIds": [each["question"] for each in attempt["questions"]],
        "taskId": ids.encode("GradingTask", AttemptAnswer.objects.values_list("pk", flat=True).first() or 1),
        "resourceId": _ids_of("Resource")[0],
        "reviewId": _ids_of("Review")[0],
        "noteId": _ids_of("Note")[0],
        "notificationId": _ids_of("Notification")[0],
        "baseRevision": None,
        "response": {"text": "anything"},
    }


def _ids_of(type_name: str) -> list[str]:
    """The global id of every row of that kind."""
    rows = KINDS[type_name].model._default_manager.values_list("pk", flat=True)
    return [ids.encode(type_name, pk) for pk in rows]


def _walk_everything(learner: User, assessment: Assessment, attempt: dict[str, Any]) -> None:
    walk = Walk(schema._schema, _names(learner, assessment, attempt))
    wanted = {
        "assessment": f'(id: "{ids.encode("Assessment", assessment.pk)}")',
        "attempt": f'(id: "{attempt["id"]}")',
    }
    for name in walk.root_fields("query"):
        if name in ("node", "nodes"):
            continue
        answer = _ask(learner, walk.document("query", name, depth=DEPTH, arguments=wanted.get(name, "")))
        assert answer.errors is None, name
        _assert_holds_no_key(name, answer)
    for kind in KINDS:
        arguments = f"(ids: {json.dumps(_ids_of(kind)[:100])})"
        answer = _ask(learner, walk.document("query", "nodes", depth=2, arguments=arguments, on=kind))
        assert answer.errors is None, kind
        _assert_holds_no_key(kind, answer)
    for name in walk.root_fields("mutation"):
        if name == "withdraw":  # whoever leaves may read the key from then on
            continue
        answer = _ask(learner, walk.document("mutation", name, depth=3), input=walk.input_for(name))
        assert all(error.path for error in answer.errors or []), f"{name} was not even tried"
        _assert_holds_no_key(name, answer)


@pytest.fixture
def furnished(marked: Assessment, people: Any) -> Assessment:
    """The course with everything else that hangs on it: resources, reviews, notes, notifications."""
    course: Course = marked.lesson.course
    factories.make_resource(lesson=marked.lesson)
    factories.make_review(people.classmate, course)
    factories.make_review(people.learner, course)
    factories.make_note(people.learner, marked.lesson)
    factories.make_note(people.classmate, marked.lesson, is_private=False)
    factories.make_notification(people.learner, course=course)
    return marked


def test_a_learner_with_an_open_attempt_finds_no_key_anywhere(
    api: Api, people: Any, furnished: Assessment
) -> None:
    attempt = start(api, people.learner, furnished)
    _walk_everything(people.learner, furnished, attempt)


def test_a_learner_who_has_finished_and_may_try_again_finds_no_key_anywhere(
    api: Api, people: Any, furnished: Assessment
) -> None:
    attempt = start(api, people.learner, furnished)
    answers = answers_to(attempt, {"Single?": ["Paris"], "Short?": "anything", "Essay?": "Thoughts."})
    complete(api, people.learner, attemptId=attempt["id"], answers=answers)
    _walk_everything(people.learner, furnished, attempt)


def test_the_walk_finds_the_key_where_it_may_be_seen(api: Api, people: Any, furnished: Assessment) -> None:
    """Without this the walk might find nothing because it asks nothing."""
    attempt = start(api, people.learner, furnished)
    walk = Walk(schema._schema, _names(people.learner, furnished, attempt))
    for name, argument in (
        ("attempt", attempt["id"]),
        ("assessment", ids.encode("Assessment", furnished.pk)),
    ):
        document = walk.document("query", name, depth=DEPTH, arguments=f'(id: "{argument}")')
        answer = _ask(people.instructor, document)
        assert answer.errors is None
        with pytest.raises(AssertionError):
            _assert_holds_no_key(name, answer)
    document = walk.document("query", "viewer", depth=DEPTH)
    assert _ask(people.learner, document).errors is None
