"""Queries as one statement: whatever the rows hold, its text is what Python would have written.

`api` asks graphql-core and the DataLoaders as well, and compares.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import VariableValues

from courses.models import AssessmentAttempt, Course, User, question_versions
from courses.utils.kept import Kept
from schema.core import ids
from schema.core.compiled_reads import REMEMBERED, STATEMENTS_KEPT, CompiledOperation
from schema.core.upstream import graphql_schema
from schema.dataloaders.statements import Kind
from schema.documents.reading import prepare
from schema.root import schema
from tests import factories

pytestmark = pytest.mark.compiled

Api = Callable[..., Any]

COURSES = """query($first: Int, $after: String, $last: Int, $before: String, $order: [CourseOrder!]) {
    courses(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
        __typename totalCount
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        edges { cursor node { id title price createdAt reviewSummary { count averageRating histogram { count } } } }
    }
}"""

HOSTILE = [
    *(f"a{chr(code)}b" for code in (*range(1, 0x20), 0x7F, 0x85, 0xA0, 0x2028, 0xFEFF, 0x1F600)),
    'quoted "so" and \\ so \\u0001 \\" chr(1)',
    "' || (SELECT 1) || '",
    "100 % of $1 %s %%",
    "{{}} [null]",
]


def statements_of(api: Api, document: str, viewer: User | None = None, **variables: Any) -> tuple[Any, int]:
    with CaptureQueriesContext(connection) as run:
        answered = api(document, viewer, **variables)
    assert not answered.errors
    return answered.data, len(run)


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_the_text_of_json(api: Api, text: str) -> None:
    factories.make_course(title=text)
    assert api(COURSES)["courses"]["edges"][0]["node"]["title"] == text
    _, statements = statements_of(api, COURSES)
    assert statements == 1


@pytest.mark.parametrize("name", ["", " ", "\u200b", "\u00a0\u2060", "明子", "\u200bA", "Ωmega"])
def test_a_name_is_shown_by_the_same_rule(api: Api, name: str) -> None:
    person = factories.make_user()
    User.objects.filter(pk=person.pk).update(display_name=name)
    person.refresh_from_db()
    found = api("{ viewer { user { displayName username } } }", person)["viewer"]["user"]
    assert found == {"displayName": person.shown_name, "username": person.username}


@pytest.mark.parametrize("microsecond", [0, 1, 120_000, 123_456, 999_999])
def test_a_moment_is_written_as_python_does(api: Api, microsecond: int) -> None:
    moment = datetime(2026, 3, 1, 4, 5, 6, microsecond, tzinfo=UTC)
    course = factories.make_course()
    Course.objects.filter(pk=course.pk).update(created_date=moment)
    assert api(COURSES)["courses"]["edges"][0]["node"]["createdAt"] == moment.isoformat()


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "RATING", "POPULARITY"])
def test_pages_are_walked_both_ways_by_one_statement_each(api: Api, order: str) -> None:
    for number in range(5):
        course = factories.make_course(title=f"Course {number % 2}")
        factories.make_review(factories.make_user(), course, rating=1 + number % 3)
    everything = [edge["node"]["id"] for edge in api(COURSES, order=[order])["courses"]["edges"]]
    for size, place in (("first", "after"), ("last", "before")):
        walked: list[str] = []
        cursor = None
        while len(walked) < len(everything):
            asked: dict[str, Any] = {"order": [order], size: 2, place: cursor}
            page, statements = statements_of(api, COURSES, **asked)
            api(COURSES, **asked)
            assert statements == 1
            found = [edge["node"]["id"] for edge in page["courses"]["edges"]]
            walked = [*walked, *found] if size == "first" else [*found, *walked]
            info = page["courses"]["pageInfo"]
            cursor = info["endCursor" if size == "first" else "startCursor"]
        assert walked == everything


def test_a_page_of_which_only_the_count_is_asked_is_one_row(api: Api) -> None:
    for _ in range(3):
        factories.make_course()
    assert api("{ courses { totalCount } }")["courses"] == {"totalCount": 3}
    assert api("{ courses(last: 1) { pageInfo { hasNextPage } } }")["courses"] == {
        "pageInfo": {"hasNextPage": False}
    }


def test_an_attempt_whose_time_is_over_is_closed_before_it_is_shown(api: Api) -> None:
    learner = factories.make_user()
    assessment = factories.make_assessment(time_limit=1)
    factories.single_choice(assessment)
    attempt = factories.make_attempt(learner, assessment)
    long_ago = {
        "start_time": datetime(2020, 1, 1, tzinfo=UTC),
        "deadline_at": datetime(2020, 1, 2, tzinfo=UTC),
    }
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(**long_ago)
    document = "query($id: ID!) { attempt(id: $id) { state endedBy } }"
    global_id = ids.encode("AssessmentAttempt", attempt.pk)
    assert api(document, learner, id=global_id)["attempt"] == {"state": "COMPLETED", "endedBy": "TIMER"}
    _, statements = statements_of(api, document, learner, id=global_id)
    assert statements == 1


def test_questions_are_one_statement_and_stay_what_was_asked(api: Api) -> None:
    learner = factories.make_user()
    assessment = factories.make_assessment()
    question = factories.single_choice(assessment, question_text="Which one?")
    attempt = factories.make_attempt(learner, assessment)
    document = "query($id: ID!) { attempt(id: $id) { questions { text choices { text } } } }"
    asked = {"id": ids.encode("AssessmentAttempt", attempt.pk)}
    question_versions.versions_by_id({entry["version"] for entry in attempt.layout["questions"]})
    _, statements = statements_of(api, document, learner, **asked)
    question.question_text = "Which one is it now?"
    question.save()
    [shown] = api(document, learner, **asked)["attempt"]["questions"]
    assert (shown["text"], statements) == ("Which one?", 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("text", set()),
        ("response { __typename }", {"response"}),
        ("answeredAt", {"response", "answered_at"}),
        ("result { isCorrect }", {"response", "answered_at", "points_earned", "feedback"}),
    ],
)
def test_of_stored_responses_only_what_is_shown_is_read(asked: str, shown: set[str]) -> None:
    _, inlined = _operation(f"query($id: ID!) {{ attempt(id: $id) {{ questions {{ {asked} }} }} }}")
    read, _keys = inlined(id=ids.encode("AssessmentAttempt", 1))
    columns = {"response", "answered_at", "points_earned", "feedback"}
    assert {name for name in columns if f'courses_attemptanswer"."{name}"' in read.sql} == shown


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_versions_that_are_not_in_memory_are_one_statement_more(
    api: Api, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Where not even those of one attempt fit in, the ordinary way answers."""
    learner = factories.make_user()
    assessment = factories.make_assessment()
    texts = ["First?", "Second?"]
    for text in texts:
        factories.single_choice(assessment, question_text=text)
    attempt = factories.make_attempt(learner, assessment)
    monkeypatch.setattr(question_versions, "_remembered", Kept(number=kept))
    document = "query($id: ID!) { attempt(id: $id) { questions { text } } }"
    asked = {"id": ids.encode("AssessmentAttempt", attempt.pk)}
    shown, first = statements_of(api, document, learner, **asked)
    again, second = statements_of(api, document, learner, **asked)
    assert [question["text"] for question in shown["attempt"]["questions"]] == texts
    assert shown == again
    assert (first, second) == ((2, 1) if kept == 2 else (5, 5))


def test_what_never_changes_is_kept_for_each_selection_and_each_attempt(api: Api) -> None:
    assessment = factories.make_assessment()
    factories.single_choice(assessment)
    learners = [factories.make_user(), factories.make_user()]
    attempts = {learner: factories.make_attempt(learner, assessment) for learner in learners}
    found: dict[Any, Any] = {}
    for learner in learners * 2:
        for asked in ("id", "text", "id text", "text id"):
            document = (
                f"query($id: ID!) {{ attempt(id: $id) {{ questions {{ revision choices {{ {asked} }} }} }} }}"
            )
            global_id = ids.encode("AssessmentAttempt", attempts[learner].pk)
            [question] = api(document, learner, id=global_id)["attempt"]["questions"]
            assert found.setdefault((learner, asked), question) == question
            assert [list(choice) for choice in question["choices"]] == [asked.split()] * 2
    first, second = (found[learner, "id"]["choices"] for learner in learners)
    assert not {choice["id"] for choice in first} & {choice["id"] for choice in second}


def _operation(document: str) -> tuple[CompiledOperation, Callable[..., Any]]:
    prepared = prepare(schema, document)
    operation = prepared.operation(None)
    assert operation is not None
    compiled = prepared.reads.compiled(graphql_schema(schema), operation, VariableValues({}, {}), None)
    return compiled, lambda **given: compiled.inlined(VariableValues({}, given), Kind.PERSON)


@pytest.mark.django_db
def test_keys_differ_and_the_statement_does_not() -> None:
    _, inlined = _operation("query($id: ID!) { course(id: $id) { title } }")
    first, second = (inlined(id=ids.encode("Course", key)) for key in (1, 2))
    assert first[0] is second[0]
    assert (first[1], second[1]) == ([1], [2])


@pytest.mark.django_db
def test_what_is_remembered_of_an_operation_is_bounded() -> None:
    compiled, inlined = _operation("query($first: Int) { courses(first: $first) { totalCount } }")
    for number in range(1, REMEMBERED + 20):
        assert inlined(first=number) is not None
    assert len(compiled._statements._values) == STATEMENTS_KEPT
    assert len(compiled._asked._values) == REMEMBERED


ATTEMPTS = """query($one: ID, $other: ID) { viewer {
    one: attempts(assessmentId: $one) { totalCount edges { node { attemptNumber } } }
    other: attempts(assessmentId: $other) { totalCount edges { node { attemptNumber } } } } }"""


def test_pages_beneath_are_read_by_the_same_statement_for_other_values(api: Api) -> None:
    learner = factories.make_user()
    assessments = [factories.make_assessment(max_attempts=3) for _ in range(3)]
    for number, assessment in enumerate(assessments):
        factories.single_choice(assessment)
        for _ in range(number):
            factories.make_attempt(learner, assessment).complete()
    first, second, third = (ids.encode("Assessment", assessment.pk) for assessment in assessments)
    for one, other, counts in [
        (third, second, (2, 1)),
        (second, third, (1, 2)),
        (third, third, (2, 2)),
        (first, second, (0, 1)),
        (None, first, (3, 0)),
    ]:
        with CaptureQueriesContext(connection) as run:
            shown = api(ATTEMPTS, learner, one=one, other=other)["viewer"]
        assert (shown["one"]["totalCount"], shown["other"]["totalCount"]) == counts
        assert len(run) == 1
        api(ATTEMPTS, learner, one=one, other=other)
    prepared = prepare(schema, ATTEMPTS)
    assert len(prepared.reads._statements._values) == 3  # both differ, both are the same, one is not given
