"""The gate of the answer key, cell by cell, and every way to shut it again: nobody who could see it tries once more."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from courses.models import Accommodation, Assessment, AssessmentAttempt, Course, User
from courses.utils.clock import database_now
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.taking import Api, complete, start

LATER, EARLIER = Now() + timedelta(hours=1), Now() - timedelta(hours=1)
GATE = "query ($id: ID!) { attempt(id: $id) { answerKeyVisible questions { solution { explanation } } } }"


@pytest.fixture(autouse=True)
def short(assessment: Assessment) -> None:
    """One question is enough here."""
    assessment.questions.exclude(order=1).delete()


def _finished(api: Api, learner: User, assessment: Assessment) -> str:
    attempt_id: str = start(api, learner, assessment)["id"]
    complete(api, learner, attemptId=attempt_id)
    return attempt_id


def _key(api: Api, viewer: User, attempt_id: str) -> bool | None:
    """Whether the key is shown to the viewer; None where they see no such attempt."""
    found = api(GATE, viewer, id=attempt_id)["attempt"]
    if found is None:
        return None
    solutions = [question["solution"] is not None for question in found["questions"]]
    assert solutions == [found["answerKeyVisible"]]
    return bool(found["answerKeyVisible"])


def _started(api: Api, learner: User, assessment: Assessment) -> list[str]:
    """The codes by which a start is refused; the preview says the same, and nothing is written."""
    assessment_id = ids.encode("Assessment", assessment.pk)
    before = AssessmentAttempt.objects.count()
    preview = api(
        "query ($id: ID!) { assessment(id: $id) { viewerAttempts { mayStart { code } } } }",
        learner,
        id=assessment_id,
    )
    answered = api(operation("start_attempt"), learner, assessmentId=assessment_id)["startAttempt"]
    codes = [error["code"] for error in answered["userErrors"]]
    if preview["assessment"]:
        assert codes == [
            code for code in [preview["assessment"]["viewerAttempts"]["mayStart"]["code"]] if code
        ]
    assert (answered["attempt"] is None, AssessmentAttempt.objects.count() == before) == (bool(codes),) * 2
    return codes


def test_the_gate_cell_by_cell(api: Api, people: People, assessment: Assessment, course: Course) -> None:
    """Attempts left x window x key_from x classmate x key seen before, against the sentences of the specification."""
    attempt_id = _finished(api, people.learner, assessment)
    others = factories.make_attempt(people.classmate, assessment)
    seen = []
    for left, window, key_from, classmate, was_open in product(
        (True, False),
        (None, EARLIER, LATER),
        (None, EARLIER, LATER),
        ("as everybody", "accommodated", "still working"),
        (True, False),
    ):
        Assessment.objects.update(max_attempts=2 if left else 1, closes_at=window, key_from=key_from)
        AssessmentAttempt.objects.filter(user=people.learner).update(
            key_opened_at=Now() if was_open else None
        )
        working = classmate == "still working"
        AssessmentAttempt.objects.filter(pk=others.pk).delete()
        if working:
            others = factories.make_attempt(people.classmate, assessment)
            AssessmentAttempt.objects.filter(pk=others.pk).update(deadline_at=LATER)
        Accommodation.objects.all().delete()
        if classmate == "accommodated":
            factories.accommodate(people.classmate, course, closes_at=LATER)
        may_try_again = left and window is not EARLIER and not was_open
        has_closed = window is None or (window is EARLIER and classmate == "as everybody")
        is_open = not may_try_again and key_from is not LATER and has_closed
        cell = (left, window, key_from, classmate, was_open)
        assert _key(api, people.learner, attempt_id) is is_open, cell
        assert _key(api, people.classmate, attempt_id) is None, cell
        assert _key(api, people.instructor, attempt_id) is True, cell
        seen.append(is_open)
    assert (len(seen), sum(seen)) == (108, 26)


def test_without_its_setting_no_key_is_shown(api: Api, people: People, assessment: Assessment) -> None:
    Assessment.objects.update(max_attempts=1)
    attempt_id = _finished(api, people.learner, assessment)
    Assessment.objects.update(show_correct_answers=False)
    assert _key(api, people.learner, attempt_id) is False


@pytest.mark.parametrize(
    ("granted", "is_open"),
    [
        ({"extra_attempts": 1}, False),
        ({"extra_attempts": 0}, True),
        ({"closes_at": EARLIER, "extra_attempts": 1}, True),
        ({"closes_at": LATER}, True),
        ({"may_retake_after_key": True}, True),
    ],
)
def test_an_accommodation_decides_on_whether_an_attempt_is_left(
    api: Api, people: People, assessment: Assessment, granted: dict[str, Any], is_open: bool
) -> None:
    """A close of one's own moves nobody's key where the assessment has none."""
    Assessment.objects.update(max_attempts=1)
    attempt_id = _finished(api, people.learner, assessment)
    accommodation = factories.accommodate(people.learner, assessment)
    Accommodation.objects.filter(pk=accommodation.pk).update(**granted)
    assert _key(api, people.learner, attempt_id) is is_open


def test_the_accommodation_in_the_assessment_comes_before_that_in_the_course(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    """Setting by setting: also for what keeps the key of all others shut."""
    Assessment.objects.update(max_attempts=1)
    attempt_id = _finished(api, people.learner, assessment)
    Assessment.objects.update(closes_at=EARLIER)
    in_course = factories.accommodate(people.classmate, course, closes_at=database_now() + timedelta(hours=1))
    assert _key(api, people.learner, attempt_id) is False
    in_assessment = factories.accommodate(people.classmate, assessment, extra_attempts=1)
    assert _key(api, people.learner, attempt_id) is False
    Accommodation.objects.filter(pk=in_assessment.pk).update(closes_at=EARLIER)
    assert _key(api, people.learner, attempt_id) is True
    in_course.delete()
    assert _key(api, people.learner, attempt_id) is True


def test_nobody_waits_for_those_who_left(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    Assessment.objects.update(max_attempts=1)
    attempt_id = _finished(api, people.learner, assessment)
    Assessment.objects.update(closes_at=EARLIER)
    factories.accommodate(people.classmate, course, closes_at=database_now() + timedelta(hours=1))
    people.classmate.enrollments.update(status="withdrawn", withdrawn_date=Now())
    assert _key(api, people.learner, attempt_id) is True


def test_one_who_is_alone_waits_for_the_close(api: Api, people: People, assessment: Assessment) -> None:
    """Leaving opens no key before the close, which is that of everybody who may still come."""
    attempt_id = _finished(api, people.learner, assessment)
    Assessment.objects.update(closes_at=LATER)
    people.classmate.enrollments.all().delete()
    people.learner.enrollments.update(status="withdrawn", withdrawn_date=Now())
    assert _key(api, people.learner, attempt_id) is False


def test_all_who_close_earlier_open_it_earlier(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    """The last close of those who take the course counts. Somebody who comes later may shut it again."""
    attempt_id = _finished(api, people.learner, assessment)
    Assessment.objects.update(closes_at=LATER)
    for each in (people.learner, people.classmate):
        Accommodation.objects.filter(pk=factories.accommodate(each, course).pk).update(closes_at=EARLIER)
    assert _key(api, people.learner, attempt_id) is True
    newcomer = factories.make_user()
    joined = api(_of_course("enroll"), newcomer, id=ids.encode("Course", course.pk))["enroll"]
    assert joined["userErrors"] == []
    assert _key(api, people.learner, attempt_id) is False
    Accommodation.objects.all().delete()
    assert _started(api, people.learner, assessment) == ["ANSWER_KEY_SEEN"]
    assert _started(api, newcomer, assessment) == []


# ---------------------------------------------------------------- ways to shut it again


def _of_course(name: str) -> str:
    """A mutation that takes the id of a course."""
    return f"mutation ($id: ID!) {{ {name}(input: {{courseId: $id}}) {{ userErrors {{ code }} }} }}"


def _update(api: Api, people: People, assessment: Assessment, **settings: Any) -> None:
    settings["assessmentId"] = ids.encode("Assessment", assessment.pk)
    updated = api(operation("update_assessment"), people.instructor, input=settings)["updateAssessment"]
    assert updated["userErrors"] == []


def _grant(api: Api, people: People, learner: User, **fields: Any) -> str:
    fields["learnerIds"] = [ids.encode("User", learner.pk)]
    payload = api(operation("grant_accommodation"), people.instructor, input=fields)["grantAccommodation"]
    [outcome] = payload["outcomes"]
    assert (payload["userErrors"], outcome["code"]) == ([], None)
    granted: str = outcome["accommodation"]["id"]
    return granted


def _soon() -> str:
    return (database_now() + timedelta(hours=1)).isoformat()


def _more_attempts(api: Api, people: People, assessment: Assessment) -> None:
    _update(api, people, assessment, maxAttempts=5)


def _hidden_and_more_attempts(api: Api, people: People, assessment: Assessment) -> None:
    _update(api, people, assessment, showCorrectAnswers=False)
    _update(api, people, assessment, maxAttempts=5)


def _key_later_and_more_attempts(api: Api, people: People, assessment: Assessment) -> None:
    _update(api, people, assessment, keyFrom=_soon())
    _update(api, people, assessment, maxAttempts=5)


def _closes_later_and_more_attempts(api: Api, people: People, assessment: Assessment) -> None:
    _update(api, people, assessment, closesAt=_soon())
    _update(api, people, assessment, maxAttempts=5)


def _accommodation(api: Api, people: People, assessment: Assessment) -> None:
    _grant(api, people, people.learner, assessmentId=ids.encode("Assessment", assessment.pk), extraAttempts=3)


def _accommodation_in_course(api: Api, people: People, assessment: Assessment) -> None:
    course_id = ids.encode("Course", assessment.lesson.course_id)
    _grant(api, people, people.learner, courseId=course_id, extraAttempts=3)


def _leaving_and_coming_back(api: Api, people: People, assessment: Assessment) -> None:
    course_id = ids.encode("Course", assessment.lesson.course_id)
    for name in ("withdraw", "enroll"):
        assert api(_of_course(name), people.learner, id=course_id)[name]["userErrors"] == []
    _update(api, people, assessment, maxAttempts=5)


def _withdrawn_and_enrolled_by_staff(api: Api, people: People, assessment: Assessment) -> None:
    document = """mutation ($input: UpdateEnrollmentsInput!) { updateEnrollments(input: $input) {
      outcomes { code } userErrors { code } } }"""
    fields = {
        "courseId": ids.encode("Course", assessment.lesson.course_id),
        "userIds": [ids.encode("User", people.learner.pk)],
    }
    for action in ("WITHDRAW", "ENROLL"):
        done = api(document, people.instructor, input=fields | {"action": action})["updateEnrollments"]
        assert done == {"outcomes": [{"code": None}], "userErrors": []}
    _update(api, people, assessment, maxAttempts=5)


def _accommodation_of_many(api: Api, people: People, assessment: Assessment) -> None:
    """As an import grants them, of which one is refused."""
    learners = [people.classmate, factories.make_user(), people.learner]
    fields = {
        "learnerIds": [ids.encode("User", learner.pk) for learner in learners],
        "courseId": ids.encode("Course", assessment.lesson.course_id),
        "extraAttempts": 3,
    }
    payload = api(operation("grant_accommodation"), people.instructor, input=fields)["grantAccommodation"]
    assert [outcome["code"] for outcome in payload["outcomes"]] == [None, "NOT_ENROLLED", None]


def _accommodation_by_an_administrator(api: Api, people: People, assessment: Assessment) -> None:
    browser = Client()
    browser.force_login(factories.make_user(is_staff=True, is_superuser=True))
    moments = {f"{name}_{part}": "" for name in ("opens_at", "closes_at") for part in (0, 1)}
    place = {"user": people.learner.pk, "course": assessment.lesson.course_id, "assessment": assessment.pk}
    form = {"extra_attempts": 3, "may_retake_after_key": "unknown", "reason": ""} | moments | place
    assert browser.post(reverse("admin:courses_accommodation_add"), form).status_code == 302
    assert Accommodation.objects.get().extra_attempts == 3


WAYS = [
    _accommodation_of_many,
    _accommodation_by_an_administrator,
    _withdrawn_and_enrolled_by_staff,
    _more_attempts,
    _hidden_and_more_attempts,
    _key_later_and_more_attempts,
    _closes_later_and_more_attempts,
    _accommodation,
    _accommodation_in_course,
    _leaving_and_coming_back,
]


@pytest.mark.parametrize("way", WAYS)
def test_whoever_could_see_the_key_tries_again_only_if_somebody_says_so(
    api: Api, people: People, assessment: Assessment, way: Callable[[Api, People, Assessment], None]
) -> None:
    Assessment.objects.update(max_attempts=1)
    first = _finished(api, people.learner, assessment)
    assert _key(api, people.learner, first) is True
    way(api, people, assessment)
    assert _started(api, people.learner, assessment) == ["ANSWER_KEY_SEEN"]
    assert _started(api, people.classmate, assessment) == []
    assessment_id = ids.encode("Assessment", assessment.pk)
    _grant(api, people, people.learner, assessmentId=assessment_id, mayRetakeAfterKey=True, extraAttempts=1)
    assert _started(api, people.learner, assessment) == []
    assert _key(api, people.learner, first) is False


def test_an_earlier_close_that_is_revoked_or_moved_costs_the_attempts_that_were_left(
    api: Api, people: People, assessment: Assessment
) -> None:
    assessment_id = ids.encode("Assessment", assessment.pk)
    first = _finished(api, people.learner, assessment)
    granted = _grant(api, people, people.learner, assessmentId=assessment_id, closesAt=_soon())
    Accommodation.objects.update(closes_at=EARLIER)
    assert _key(api, people.learner, first) is True
    assert _started(api, people.learner, assessment) == ["ALREADY_CLOSED"]
    revoked = api(operation("revoke_accommodation"), people.instructor, accommodationId=granted)
    assert revoked["revokeAccommodation"] == {"revokedAccommodationId": granted, "userErrors": []}
    assert _started(api, people.learner, assessment) == ["ANSWER_KEY_SEEN"]


def test_a_later_close_for_one_costs_the_others_what_they_could_win_by_it(
    api: Api, people: People, assessment: Assessment
) -> None:
    assessment_id = ids.encode("Assessment", assessment.pk)
    first = _finished(api, people.learner, assessment)
    Assessment.objects.update(closes_at=EARLIER)
    assert _key(api, people.learner, first) is True
    _grant(api, people, people.classmate, assessmentId=assessment_id, closesAt=_soon())
    assert _key(api, people.learner, first) is False
    _update(api, people, assessment, closesAt=None)
    assert _started(api, people.learner, assessment) == ["ANSWER_KEY_SEEN"]
    assert _started(api, people.classmate, assessment) == []


def test_an_overdue_attempt_that_nobody_closed_counts_as_seen(
    api: Api, people: People, assessment: Assessment
) -> None:
    """To look would have closed it, and shown the key."""
    Assessment.objects.update(max_attempts=1)
    start(api, people.learner, assessment)
    AssessmentAttempt.objects.update(start_time=Now() - timedelta(hours=3), deadline_at=EARLIER)
    _more_attempts(api, people, assessment)
    assert _started(api, people.learner, assessment) == ["ANSWER_KEY_SEEN"]


def test_what_could_not_be_seen_costs_nothing(api: Api, people: People, assessment: Assessment) -> None:
    Assessment.objects.update(max_attempts=1, key_from=LATER)
    first = _finished(api, people.learner, assessment)
    _more_attempts(api, people, assessment)
    assert AssessmentAttempt.objects.get().key_opened_at is None
    assert _started(api, people.learner, assessment) == []
    assert _key(api, people.learner, first) is False


def test_a_setting_that_moves_no_gate_stamps_nothing(
    api: Api, people: People, assessment: Assessment
) -> None:
    Assessment.objects.update(max_attempts=1)
    _finished(api, people.learner, assessment)
    _update(api, people, assessment, title="Another title", passingScore=10)
    assert AssessmentAttempt.objects.get().key_opened_at is None
    _update(api, people, assessment, maxAttempts=1)
    assert AssessmentAttempt.objects.get().key_opened_at is not None
