"""Facts of events, as each viewer may see them, and what they are rendered to."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from courses.constants import EventType, Selection
from courses.models import Assessment, AssessmentAttempt, Event, User
from courses.models.question_versions import _remembered
from courses.rules import global_ids
from courses.rules.renderings import Standard, render
from courses.rules.renderings.facts import Facts, Outcome, Titled
from courses.rules.renderings.responses import Said
from courses.rules.values import ResponseMember
from courses.selectors.attempts import attempts_visible_to
from courses.selectors.rendered_facts import facts_of_events, native_body
from courses.services import grading
from tests import factories
from tests.courses.rules.renderings.ags_rules import check_score
from tests.courses.rules.renderings.caliper_rules import check_envelope
from tests.courses.rules.renderings.xapi_rules import check_statements
from tests.people import People, people_of
from tests.taking import six_types

OCCURRED_AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
RULES: dict[Standard, Any] = {
    Standard.XAPI: check_statements,
    Standard.CALIPER: check_envelope,
    Standard.AGS: check_score,
}


def event_of(attempt: AssessmentAttempt, type: EventType = EventType.ATTEMPT_COMPLETED, pk: int = 7) -> Event:
    return Event(
        pk=pk,
        type=type,
        occurred_at=OCCURRED_AT,
        subject_id=attempt.pk,
        course_id=attempt.assessment.lesson.course_id,
        learner_id=attempt.user_id,
        revision=attempt.revision,
    )


def facts_for(viewer: User | None, attempt: AssessmentAttempt, **fields: Any) -> Facts | None:
    return facts_of_events(viewer, [event_of(attempt, **fields)]).get(7)


def rendered(facts: Facts | None, standard: Standard) -> Any:
    assert facts is not None
    told = render(facts, standard, sent_at=OCCURRED_AT)
    if told is not None:
        RULES[standard](told)
    return told


def verbs(facts: Facts | None) -> list[str]:
    return [statement["verb"]["display"]["en"] for statement in rendered(facts, Standard.XAPI) or []]


@pytest.fixture
def assessment(db: None) -> Assessment:
    return six_types(
        lesson=factories.make_lesson(course=factories.make_course(title="Biology")),
        title="Cells",
        show_results=True,
    )


@pytest.fixture
def people(assessment: Assessment) -> People:
    return people_of(assessment.lesson.course)


def hand_in(learner: User, assessment: Assessment) -> AssessmentAttempt:
    """An attempt with a response to each question: right but for one of two picks too many, and half of the blanks."""
    attempt = factories.make_attempt(learner, assessment)
    asked = {question.question_text: question for question in assessment.questions.all()}
    factories.pick(attempt, asked["Single?"], "Paris")
    factories.pick(attempt, asked["Several?"], "two", "three", "six")
    factories.pick(attempt, asked["True?"], "True")
    factories.answer(attempt, asked["Short?"], {"text": "Mitosis"})
    factories.answer(attempt, asked["Essay?"], {"text": "Long thoughts."})
    by_prompt = {answer.answer_text: answer for answer in asked["Pairs?"].answers.all()}
    cat, dog = by_prompt["cat"].pk, by_prompt["dog"].pk
    factories.answer(attempt, asked["Pairs?"], {"matches": {str(cat): cat, str(dog): by_prompt[""].pk}})
    factories.answer(attempt, asked["Blanks?"], {"blanks": {"second": "CO2"}})
    attempt.complete()
    attempt.refresh_from_db()
    return attempt


def grade_the_essay(attempt: AssessmentAttempt, grader: User, points: int) -> None:
    task = attempt.answers.get(question__question_type="essay")
    grading.grade_answer(grader=grader, task_id=task.pk, points=points)


def test_an_attempt_is_told_with_every_type_of_response(assessment: Assessment, people: People) -> None:
    attempt = hand_in(people.learner, assessment)
    grade_the_essay(attempt, people.instructor, 3)

    facts = facts_for(people.instructor, attempt)

    assert facts is not None
    course = assessment.lesson.course
    assert facts == Facts(
        address=settings.PUBLIC_URL,
        event="7",
        type=EventType.ATTEMPT_COMPLETED,
        occurred_at=OCCURRED_AT,
        learner=global_ids.encode("User", people.learner.pk),
        course=Titled(global_ids.encode("Course", course.pk), "Biology"),
        assessment=Titled(global_ids.encode("Assessment", assessment.pk), "Cells"),
        attempt=global_ids.encode("AssessmentAttempt", attempt.pk),
        attempt_number=1,
        revision=attempt.revision,
        started_at=attempt.start_time,
        ended_at=attempt.end_time,
        waits_for_a_person=False,
        outcome=Outcome(Decimal(12), 16, True),
        answered=facts.answered,
    )
    choice: dict[str, Any] = {"member": ResponseMember.CHOICES, "has_key": True}
    assert {each.text: (each.said, each.outcome) for each in facts.answered} == {
        "Single?": (
            Said(
                **choice,
                selection=Selection.SINGLE,
                choices=("Berlin", "London", "Paris"),
                texts=("Paris",),
            ),
            Outcome(Decimal(2), 2, True),
        ),
        "Several?": (
            Said(
                **choice,
                selection=Selection.MULTIPLE,
                choices=("four", "six", "three", "two"),
                texts=("six", "three", "two"),
            ),
            Outcome(Decimal(2), 4, False),
        ),
        "True?": (
            Said(**choice, selection=Selection.SINGLE, choices=("False", "True"), texts=("True",)),
            Outcome(Decimal(1), 1, True),
        ),
        "Short?": (
            Said(member=ResponseMember.TEXT, has_key=True, texts=("Mitosis",)),
            Outcome(Decimal(2), 2, True),
        ),
        "Essay?": (
            Said(member=ResponseMember.TEXT, has_key=False, texts=("Long thoughts.",)),
            Outcome(Decimal(3), 3, True),
        ),
        "Pairs?": (
            Said(
                member=ResponseMember.MATCHES,
                has_key=True,
                prompts=("cat", "dog"),
                matches=("barks", "meows", "moos"),
                pairs=(("cat", "meows"), ("dog", "moos")),
            ),
            Outcome(Decimal(1), 2, False),
        ),
        "Blanks?": (
            Said(member=ResponseMember.BLANKS, has_key=True, texts=("", "CO2")),
            Outcome(Decimal(1), 2, False),
        ),
    }
    assert sum(each.outcome.points for each in facts.answered if each.outcome) == 12
    assert verbs(facts) == ["answered"] * 7 + ["completed", "passed"]
    for standard in Standard:
        assert rendered(facts, standard)


def test_a_verdict_waits_for_the_person_who_grades(assessment: Assessment, people: People) -> None:
    """A pass that is certain already, as all other points are enough, is not told before all is graded either."""
    attempt = hand_in(people.learner, assessment)
    assert attempt.is_passed is True

    facts = facts_for(people.instructor, attempt)

    assert facts is not None
    assert facts.outcome is None
    assert {each.text for each in facts.answered if each.outcome is None} == {"Essay?"}
    assert verbs(facts) == ["answered"] * 7 + ["completed"]
    assert rendered(facts, Standard.AGS)["gradingProgress"] == "PendingManual"
    assert verbs(facts_for(people.instructor, attempt, type=EventType.ATTEMPT_GRADED)) == []

    grade_the_essay(attempt, people.instructor, 0)

    assert verbs(facts_for(people.instructor, attempt, type=EventType.ATTEMPT_GRADED)) == ["passed"]


def test_an_attempt_that_was_not_enough_has_failed(assessment: Assessment, people: People) -> None:
    attempt = factories.make_attempt(people.learner, assessment)
    attempt.complete()

    facts = facts_for(people.learner, attempt)

    assert verbs(facts) == ["completed", "failed"]
    assert rendered(facts, Standard.AGS)["scoreGiven"] == 0


@pytest.mark.parametrize("name", ["classmate", "learner_elsewhere", "instructor_elsewhere", "anonymous"])
def test_whoever_may_not_see_the_attempt_gets_nothing(
    assessment: Assessment, people: People, name: str
) -> None:
    attempt = hand_in(people.learner, assessment)

    assert facts_for(people[name], attempt) is None


@pytest.mark.parametrize("fields", [{"show_results": False}, {"results_from": timedelta(days=1)}])
def test_learners_are_told_no_outcome_before_results_are_shown(
    assessment: Assessment, people: People, fields: dict[str, Any]
) -> None:
    attempt = hand_in(people.learner, assessment)
    grade_the_essay(attempt, people.instructor, 3)
    hidden = {name: timezone.now() + at if name == "results_from" else at for name, at in fields.items()}
    Assessment.objects.filter(pk=assessment.pk).update(**hidden)

    own, of_staff = facts_for(people.learner, attempt), facts_for(people.instructor, attempt)

    assert own is not None
    assert own.outcome is None
    assert [each.outcome for each in own.answered] == [None] * 7
    assert verbs(own) == ["answered"] * 7 + ["completed"]
    assert rendered(own, Standard.AGS)["gradingProgress"] == "Pending"
    assert of_staff is not None
    assert of_staff.outcome == Outcome(Decimal(12), 16, True)


def _told(facts: Facts | None) -> list[str]:
    return [orjson.dumps(rendered(facts, standard)).decode() for standard in Standard]


def test_an_open_key_changes_nothing_that_is_told(assessment: Assessment, people: People) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(max_attempts=1, show_correct_answers=False)
    attempt = factories.make_attempt(people.learner, assessment)
    factories.answer(attempt, assessment.questions.get(question_text="Short?"), {"text": "Meiosis"})
    attempt.complete()
    shut = _told(facts_for(people.learner, attempt))
    Assessment.objects.filter(pk=assessment.pk).update(show_correct_answers=True)
    assert attempts_visible_to(people.learner).get(pk=attempt.pk).answer_key_visible

    assert _told(facts_for(people.learner, attempt)) == shut
    assert _told(facts_for(people.instructor, attempt)) == shut
    for text in shut:
        assert "mitosis" not in text
        assert "correctResponsesPattern" not in text


def test_options_tell_neither_the_authors_order_nor_which_match_belongs_to_a_prompt(
    assessment: Assessment, people: People
) -> None:
    told = rendered(facts_for(people.learner, hand_in(people.learner, assessment)), Standard.XAPI)

    definitions = [each["object"]["definition"] for each in told]
    for name in ("choices", "source", "target"):
        for components in (each[name] for each in definitions if name in each):
            texts = [each["description"]["und"] for each in components]
            assert texts == sorted(texts)
    ids = {part["id"] for each in definitions for part in (*each.get("source", ()), *each.get("target", ()))}
    assert len(ids) == 5


def test_what_is_asked_stays_what_it_was_when_the_question_is_edited(
    assessment: Assessment, people: People
) -> None:
    attempt = hand_in(people.learner, assessment)
    before = rendered(facts_for(people.learner, attempt), Standard.XAPI)
    question = assessment.questions.get(question_text="Short?")
    question.question_text = "Something else?"
    question.save()

    assert rendered(facts_for(people.learner, attempt), Standard.XAPI) == before


def test_an_open_attempt_has_begun_and_tells_no_response(assessment: Assessment, people: People) -> None:
    attempt = factories.make_attempt(people.learner, assessment)
    factories.answer(attempt, assessment.questions.get(question_text="Essay?"), {"text": "Not yet."})

    started = facts_for(people.instructor, attempt, type=EventType.ATTEMPT_STARTED)
    saved = facts_for(people.instructor, attempt, type=EventType.ATTEMPT_SAVED)

    assert verbs(started) == ["initialized"]
    assert rendered(saved, Standard.XAPI) is None
    assert rendered(saved, Standard.AGS)["gradingProgress"] == "NotReady"
    assert "Not yet." not in "".join(_told(saved)) + "".join(_told(started))


def test_a_blank_response_is_not_told(assessment: Assessment, people: People) -> None:
    attempt = factories.make_attempt(people.learner, assessment)
    factories.answer(attempt, assessment.questions.get(question_text="Blanks?"), {"blanks": {"first": "  "}})
    attempt.complete()

    facts = facts_for(people.learner, attempt)

    assert facts is not None
    assert facts.answered == ()


def test_an_attempt_that_no_layout_names_versions_of_is_told_by_what_is_there(
    assessment: Assessment, people: People
) -> None:
    attempt = hand_in(people.learner, assessment)
    for entry in attempt.layout["questions"]:
        entry.pop("version")
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(layout=attempt.layout)
    assessment.questions.get(question_text="Single?").answers.filter(answer_text="Paris").delete()

    facts = facts_for(people.learner, attempt)

    assert facts is not None
    assert {each.text for each in facts.answered} == {
        "Several?",
        "True?",
        "Short?",
        "Essay?",
        "Pairs?",
        "Blanks?",
    }


@pytest.mark.parametrize(
    "type", [each for each in EventType if not each.startswith("attempt.")] + [EventType.ATTEMPT_EXTENDED]
)
def test_events_without_a_rendering_have_no_facts(
    assessment: Assessment, people: People, type: EventType, django_assert_num_queries: Any
) -> None:
    attempt = factories.make_attempt(people.learner, assessment)
    event = event_of(attempt, type)

    with django_assert_num_queries(0):
        assert facts_of_events(people.admin, [event]) == {}


def test_an_attempt_that_is_gone_has_no_facts(assessment: Assessment, people: People) -> None:
    event = event_of(factories.make_attempt(people.learner, assessment))
    AssessmentAttempt.objects.all().delete()

    assert facts_of_events(people.admin, [event]) == {}


def _statements(viewer: User, events: list[Event]) -> int:
    _remembered.clear()
    with CaptureQueriesContext(connection) as statements:
        assert len(facts_of_events(viewer, events)) == len(events)
    return len(statements)


def test_any_number_of_events_is_read_by_three_statements(assessment: Assessment, people: People) -> None:
    attempts = [
        hand_in(learner, assessment)
        for learner in (people.learner, people.classmate, factories.make_learner(assessment.lesson.course))
    ]
    types = (EventType.ATTEMPT_STARTED, EventType.ATTEMPT_COMPLETED, EventType.ATTEMPT_GRADED)
    told = enumerate(product(attempts, types), start=1)
    events = [event_of(*attempt_and_type, pk) for pk, attempt_and_type in told]

    assert _statements(people.instructor, events[:3]) == 3
    assert _statements(people.instructor, events) == 3
    assert _statements(people.instructor, [events[0], events[2]]) == 1


def test_the_native_body_names_what_has_changed() -> None:
    event = Event(
        pk=7, type="review.created", occurred_at=OCCURRED_AT, subject_id=3, course_id=4, learner_id=5
    )

    assert native_body(event) == {
        "type": "review.created",
        "timestamp": OCCURRED_AT,
        "data": {
            "id": "RXZlbnQ6Nw==",
            "subjectId": "UmV2aWV3OjM=",
            "courseId": "Q291cnNlOjQ=",
            "learnerId": "VXNlcjo1",
            "revision": None,
        },
    }
    event.learner_id = None
    assert native_body(event)["data"]["learnerId"] is None
