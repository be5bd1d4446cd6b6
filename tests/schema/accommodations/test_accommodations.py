"""Accommodations through the API: who grants them, what then counts, and what is refused without a trace."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from courses.constants import MAX_ACCOMMODATED_LEARNERS
from courses.models import Accommodation, Assessment, AssessmentAttempt, AttemptIntervention, Course, User
from courses.utils.clock import database_now
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.taking import Api, let_time_run_out, start, submit


def _grant(api: Api, viewer: Any, *learners: User, **fields: Any) -> dict[str, Any]:
    """The payload of `grantAccommodation`."""
    fields.setdefault("learnerIds", [ids.encode("User", learner.pk) for learner in learners])
    return api(operation("grant_accommodation"), viewer, input=fields)["grantAccommodation"]


def _place(assessment: Assessment) -> dict[str, str]:
    return {"assessmentId": ids.encode("Assessment", assessment.pk)}


def _effective(api: Api, learner: User, assessment: Assessment) -> dict[str, Any]:
    """Settings that count for the learner, who sees the same as the staff of the course."""
    document = """query ($id: ID!) { assessment(id: $id) { viewerAttempts { remaining effective {
      timeLimitMinutes maxAttempts opensAt closesAt } } } }"""
    assessment_id = ids.encode("Assessment", assessment.pk)
    own = api(document, learner, id=assessment_id)["assessment"]["viewerAttempts"]
    seen = api(
        operation("accommodations_of_assessment"),
        assessment.lesson.course.instructors.get(),
        id=assessment_id,
        learnerId=ids.encode("User", learner.pk),
    )
    assert seen["assessment"]["effectiveFor"] == own["effective"]
    used = AssessmentAttempt.objects.filter(user=learner).count()
    assert own["remaining"] == own["effective"]["maxAttempts"] - used
    effective: dict[str, Any] = own["effective"]
    return effective


def test_settings_count_one_by_one_from_the_assessment_the_course_and_the_assessment_itself(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    closes_at = (database_now() + timedelta(days=2)).isoformat()
    opens_at = (database_now() - timedelta(days=2)).isoformat()
    in_course = {"courseId": ids.encode("Course", course.pk)}
    _grant(
        api,
        people.instructor,
        people.learner,
        **in_course,
        timeFactor="1.5",
        extraAttempts=2,
        closesAt=closes_at,
    )
    own = {"timeLimitMinutes": 45, "maxAttempts": 4, "opensAt": None, "closesAt": closes_at}
    assert _effective(api, people.learner, assessment) == own
    _grant(api, people.instructor, people.learner, **_place(assessment), extraMinutes=5, opensAt=opens_at)
    own |= {"timeLimitMinutes": 35, "opensAt": opens_at}
    assert _effective(api, people.learner, assessment) == own
    _grant(api, people.instructor, people.learner, **_place(assessment), extraAttempts=0)
    assert _effective(api, people.learner, assessment) == own | {"maxAttempts": 2}
    base = {"timeLimitMinutes": 30, "maxAttempts": 2, "opensAt": None, "closesAt": None}
    assert _effective(api, people.classmate, assessment) == base


def test_a_second_grant_replaces_what_it_names_and_leaves_the_rest(
    api: Api, people: People, assessment: Assessment
) -> None:
    first = _grant(
        api,
        people.instructor,
        people.learner,
        **_place(assessment),
        timeFactor="1.25",
        extraAttempts=1,
        mayRetakeAfterKey=True,
        reason=" A broken arm. ",
    )
    [outcome] = first["outcomes"]
    assert outcome["learner"] == {"id": ids.encode("User", people.learner.pk), "displayName": "Mira Lindholt"}
    granted = outcome["accommodation"]
    assert granted == {
        "id": granted["id"],
        "timeFactor": "1.25",
        "extraMinutes": None,
        "extraAttempts": 1,
        "opensAt": None,
        "closesAt": None,
        "mayRetakeAfterKey": True,
        "reason": "A broken arm.",
        "grantedBy": {"id": ids.encode("User", people.instructor.pk), "displayName": "Dr Ines Falkner"},
        "assessment": {"id": ids.encode("Assessment", assessment.pk)},
        "course": {"id": ids.encode("Course", assessment.lesson.course_id)},
    }
    second = _grant(api, people.admin, people.learner, **_place(assessment), extraMinutes=10)
    admin = {"id": ids.encode("User", people.admin.pk), "displayName": "Ruth Pemberley"}
    replaced = {"timeFactor": None, "extraMinutes": 10, "grantedBy": admin}
    assert second["outcomes"][0]["accommodation"] == granted | replaced
    third = _grant(
        api, people.instructor, people.learner, **_place(assessment), extraMinutes=None, extraAttempts=None
    )
    cleared = {"extraMinutes": None, "extraAttempts": 0, "timeFactor": None}
    assert third["outcomes"][0]["accommodation"] == granted | cleared
    assert Accommodation.objects.count() == 1


def test_every_learner_has_an_outcome_in_the_order_given(
    api: Api, people: People, assessment: Assessment
) -> None:
    left = factories.make_learner(assessment.lesson.course)
    left.enrollments.update(status="withdrawn", withdrawn_date=Now())
    named = [people.learner, people.learner_elsewhere, left, people.classmate, people.learner]
    learner_ids: list[str] = [ids.encode("User", each.pk) for each in named]
    learner_ids[2:2] = ["nonsense", ids.encode("Course", people.learner.pk), ids.encode("User", 10**9)]
    payload = _grant(api, people.instructor, **_place(assessment), learnerIds=learner_ids, extraAttempts=1)
    assert payload["userErrors"] == []
    outcomes = payload["outcomes"]
    assert [each["code"] for each in outcomes] == [
        None,
        "NOT_ENROLLED",
        "NOT_FOUND",
        "NOT_FOUND",
        "NOT_ENROLLED",
        "NOT_ENROLLED",
        None,
        None,
    ]
    assert [each["accommodation"] is not None for each in outcomes] == [
        each["code"] is None for each in outcomes
    ]
    assert outcomes[0]["accommodation"] == outcomes[-1]["accommodation"]
    assert outcomes[0]["learner"]["displayName"] == "Mira Lindholt"
    assert outcomes[1]["learner"] is None  # nobody whom an instructor sees
    assert set(Accommodation.objects.values_list("user", flat=True)) == {
        people.learner.pk,
        people.classmate.pk,
    }


def test_an_outcome_tells_of_settings_that_contradict_those_granted_before(
    api: Api, people: People, assessment: Assessment
) -> None:
    now = database_now()
    factories.accommodate(people.learner, assessment, opens_at=now + timedelta(days=3))
    closes_at = (now + timedelta(days=2)).isoformat()
    both = (people.learner, people.classmate)
    payload = _grant(api, people.instructor, *both, **_place(assessment), closesAt=closes_at)
    assert [each["code"] for each in payload["outcomes"]] == ["INVALID", None]
    assert payload["outcomes"][0]["message"] == "Please let it close after it opens."
    assert people.learner.accommodations.get().closes_at is None


def test_two_hundred_learners_take_as_many_statements_as_one(
    api: Api, people: People, assessment: Assessment
) -> None:
    def statements(learners: list[User]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            payload = _grant(
                api,
                people.instructor,
                *learners,
                **_place(assessment),
                extraMinutes=5,
                applyToOpenAttempts=True,
            )
        assert [each["code"] for each in payload["outcomes"]] == [None] * len(learners)
        return len(captured)

    def learners(count: int) -> list[User]:
        made = [factories.make_learner(assessment.lesson.course) for _ in range(count)]
        for learner in made:
            factories.make_attempt(learner, assessment)
        return made

    one, all_of_them = learners(1), learners(MAX_ACCOMMODATED_LEARNERS)
    assert statements(all_of_them) == statements(one) <= 30
    assert statements(all_of_them) == statements(one)
    assert AttemptIntervention.objects.count() == MAX_ACCOMMODATED_LEARNERS + 1


REFUSED: list[tuple[dict[str, Any], list[tuple[str, list[str] | None]]]] = [
    ({"timeFactor": "0.99"}, [("INVALID", ["timeFactor"])]),
    ({"timeFactor": "10.01"}, [("INVALID", ["timeFactor"])]),
    ({"timeFactor": "1.5", "extraMinutes": 1}, [("INVALID", ["extraMinutes"])]),
    ({"extraMinutes": -1}, [("INVALID", ["extraMinutes"])]),
    ({"extraMinutes": 525_601}, [("INVALID", ["extraMinutes"])]),
    ({"extraAttempts": 1_001}, [("INVALID", ["extraAttempts"])]),
    ({"reason": "x" * 2_001}, [("INVALID", ["reason"])]),
    ({"reason": None}, [("REQUIRED", ["reason"])]),
    ({"opensAt": "2026-01-02T00:00:00Z", "closesAt": "2026-01-02T00:00:00Z"}, [("INVALID", ["closesAt"])]),
    ({}, [("REQUIRED", None)]),
    ({"assessmentId": None, "extraAttempts": 1}, [("REQUIRED", ["courseId"])]),
    ({"assessmentId": "x", "extraAttempts": 1}, [("NOT_FOUND", ["assessmentId"])]),
    ({"learnerIds": ["x"] * 201, "extraAttempts": 1}, [("INVALID", ["learnerIds"])]),
]


@pytest.mark.parametrize(("fields", "errors"), REFUSED)
def test_what_is_refused_writes_nothing(
    api: Api,
    people: People,
    assessment: Assessment,
    fields: dict[str, Any],
    errors: list[tuple[str, list[str] | None]],
) -> None:
    payload = _grant(api, people.instructor, people.learner, **_place(assessment) | fields)
    assert [(each["code"], each["field"]) for each in payload["userErrors"]] == errors
    assert (payload["outcomes"], Accommodation.objects.count()) == ([], 0)


def test_the_assessment_of_another_course_is_refused(
    api: Api, people: People, assessment: Assessment
) -> None:
    another = {"courseId": ids.encode("Course", factories.make_course(instructors=(people.instructor,)).pk)}
    payload = _grant(api, people.instructor, people.learner, **_place(assessment), **another, extraAttempts=1)
    assert [each["code"] for each in payload["userErrors"]] == ["INVALID"]
    assert Accommodation.objects.count() == 0


@pytest.mark.parametrize("name", ["learner", "classmate", "instructor_elsewhere"])
def test_only_the_staff_of_the_course_grant_and_revoke(
    api: Api, people: People, assessment: Assessment, name: str
) -> None:
    payload = _grant(api, people[name], people.learner, **_place(assessment), extraAttempts=9)
    assert [each["code"] for each in payload["userErrors"]] == ["PERMISSION_DENIED"]
    assert Accommodation.objects.count() == 0
    accommodation = factories.accommodate(people.learner, assessment, extra_attempts=1)
    revoked = api(
        operation("revoke_accommodation"),
        people[name],
        accommodationId=ids.encode("Accommodation", accommodation.pk),
    )["revokeAccommodation"]
    expected = "PERMISSION_DENIED" if name == "learner" else "NOT_FOUND"
    assert [each["code"] for each in revoked["userErrors"]] == [expected]
    assert Accommodation.objects.count() == 1


def test_staff_read_accommodations_by_assessment_and_by_course(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    factories.accommodate(people.learner, assessment, extra_minutes=5, granted_by=people.instructor)
    factories.accommodate(people.classmate, course, time_factor=Decimal(2), reason="Dyslexia.")
    variables = {
        "id": ids.encode("Assessment", assessment.pk),
        "learnerId": ids.encode("User", people.learner_elsewhere.pk),
    }
    seen = api(operation("accommodations_of_assessment"), people.instructor, **variables)["assessment"]
    assert seen["effectiveFor"] is None
    [of_assessment] = seen["accommodations"]["edges"]
    learner, instructor = (ids.encode("User", user.pk) for user in (people.learner, people.instructor))
    assert of_assessment["node"]["learner"] == {"id": learner, "displayName": "Mira Lindholt"}
    assert of_assessment["node"]["grantedBy"] == {"id": instructor, "displayName": "Dr Ines Falkner"}
    [of_course] = seen["lesson"]["course"]["accommodations"]["edges"]
    assert (of_course["node"]["reason"], of_course["node"]["grantedBy"]) == ("Dyslexia.", None)
    for viewer in (people.learner, people.classmate, None):
        unseen = api(operation("accommodations_of_assessment"), viewer, **variables)["assessment"]
        assert (unseen["accommodations"], unseen["effectiveFor"]) == (None, None)
        assert unseen["lesson"]["course"]["accommodations"] is None


# ---------------------------------------------------------------- deadlines


def test_deadlines_are_the_earlier_of_limit_and_close(
    api: Api, people: People, assessment: Assessment, course: Course
) -> None:
    """Limit x factor or minutes x window x a window of one's own, by the database's clock."""
    soon, late = database_now() + timedelta(minutes=5), database_now() + timedelta(hours=3)
    later = late + timedelta(hours=1)
    minutes = {
        (0, None): None,
        (0, "1.5"): None,
        (0, 10): None,
        (7, None): 7,
        (7, "1.5"): 11,
        (7, "1.0001"): 8,
        (7, "10"): 70,
        (7, 10): 17,
        (20, "1.25"): 25,
    }
    for ((limit, more), lasts), closes_at, own_close in product(
        minutes.items(), (None, soon, late), (None, later)
    ):
        AssessmentAttempt.objects.all().delete()
        Accommodation.objects.all().delete()
        Assessment.objects.update(time_limit=limit, closes_at=closes_at)
        factor = Decimal(more) if isinstance(more, str) else None
        extra = more if isinstance(more, int) else None
        factories.accommodate(
            people.learner, course, time_factor=factor, extra_minutes=extra, closes_at=own_close
        )
        start(api, people.learner, assessment)
        attempt = AssessmentAttempt.objects.get()
        over = attempt.start_time + timedelta(minutes=lasts) if lasts else None
        expected = min(filter(None, [over, own_close or closes_at]), default=None)
        assert attempt.deadline_at == expected, (limit, more, closes_at, own_close)


@pytest.mark.parametrize(("seconds_ago", "codes"), [(-5, []), (5, []), (15, ["TIME_EXPIRED"])])
def test_the_slack_follows_a_close_like_any_deadline(
    api: Api, people: People, assessment: Assessment, seconds_ago: int, codes: list[str]
) -> None:
    assert settings.SUBMISSION_SLACK_SECONDS == 10
    Assessment.objects.update(time_limit=0, closes_at=database_now() + timedelta(minutes=5))
    attempt_id = start(api, people.learner, assessment)["id"]
    attempt = AssessmentAttempt.objects.get()
    assert attempt.deadline_at == Assessment.objects.get().closes_at
    let_time_run_out(attempt, seconds_ago=seconds_ago)
    Assessment.objects.update(closes_at=AssessmentAttempt.objects.get().deadline_at)
    payload = submit(api, people.learner, attemptId=attempt_id, answers=[])
    assert [error["code"] for error in payload["userErrors"]] == codes


# ---------------------------------------------------------------- the window


def _standing(api: Api, learner: User, assessment: Assessment) -> dict[str, Any]:
    """Permission to start, as `mayStart` has it; the refused start says the same."""
    document = """query ($id: ID!) { assessment(id: $id) { viewerAttempts { mayStart { allowed code message } } } }"""
    assessment_id = ids.encode("Assessment", assessment.pk)
    may_start = api(document, learner, id=assessment_id)["assessment"]["viewerAttempts"]["mayStart"]
    payload = api(operation("start_attempt"), learner, assessmentId=assessment_id)["startAttempt"]
    told = [(each["code"], each["message"], each["field"]) for each in payload["userErrors"]]
    assert told == (
        [] if may_start["allowed"] else [(may_start["code"], may_start["message"], ["assessmentId"])]
    )
    return dict(may_start)


def test_outside_the_window_a_start_is_refused_with_the_moment(
    api: Api, people: People, assessment: Assessment
) -> None:
    moment = datetime.fromisoformat("2100-01-02T03:04:05+01:00")
    Assessment.objects.update(opens_at=moment)
    assert _standing(api, people.learner, assessment) == {
        "allowed": False,
        "code": "NOT_OPEN_YET",
        "message": "This assessment opens at 2100-01-02T02:04:05+00:00. Please come back then.",
    }
    Assessment.objects.update(opens_at=None, closes_at=moment.replace(year=2000))
    assert _standing(api, people.learner, assessment) == {
        "allowed": False,
        "code": "ALREADY_CLOSED",
        "message": "This assessment closed at 2000-01-02T02:04:05+00:00. If you need more time, please ask an "
        "instructor of the course.",
    }
    assert AssessmentAttempt.objects.count() == 0
    _grant(api, people.instructor, people.learner, **_place(assessment), closesAt="2100-01-01T00:00:00Z")
    assert _standing(api, people.learner, assessment)["allowed"] is True
    assert _standing(api, people.classmate, assessment)["code"] == "ALREADY_CLOSED"


def test_an_unpublished_assessment_is_hidden_and_its_attempts_stay(
    api: Api, people: People, assessment: Assessment
) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    unpublished = {"assessmentId": ids.encode("Assessment", assessment.pk), "isPublished": False}
    updated = api(operation("update_assessment"), people.instructor, input=unpublished)["updateAssessment"]
    assert updated["userErrors"] == []
    document = """query ($id: ID!, $lesson: ID!) { assessment(id: $id) { id }
      node(id: $lesson) { ... on Lesson { assessment { id } } } }"""
    variables = {
        "id": unpublished["assessmentId"],
        "lesson": ids.encode("Lesson", assessment.lesson_id),
    }
    for viewer, is_seen in ((people.learner, False), (people.classmate, False), (people.instructor, True)):
        seen = api(document, viewer, **variables)
        assert (seen["assessment"] is not None, seen["node"]["assessment"] is not None) == (is_seen, is_seen)
    own = api(
        """query ($id: ID!) { attempt(id: $id) { state assessment { title viewerAttempts {
          mayStart { allowed } } } } }""",
        people.learner,
        id=attempt_id,
    )["attempt"]
    assert (own["state"], own["assessment"]["title"]) == ("IN_PROGRESS", assessment.title)
    assert own["assessment"]["viewerAttempts"]["mayStart"] == {"allowed": True}
    assert start(api, people.learner, assessment)["id"] == attempt_id
    refused = api(operation("start_attempt"), people.classmate, assessmentId=unpublished["assessmentId"])[
        "startAttempt"
    ]
    assert [each["code"] for each in refused["userErrors"]] == ["NOT_FOUND"]


def test_results_come_from_their_moment_on(api: Api, people: People, assessment: Assessment) -> None:
    attempt = factories.make_attempt(people.learner, assessment)
    attempt.complete()
    document = (
        "query ($id: ID!) { attempt(id: $id) { resultsVisible isPassed questions { result { credit } } } }"
    )
    attempt_id = ids.encode("AssessmentAttempt", attempt.pk)
    for moment, is_seen in (
        (Now() + timedelta(hours=1), False),
        (Now() - timedelta(hours=1), True),
        (None, True),
    ):
        Assessment.objects.update(results_from=moment)
        shown = api(document, people.learner, id=attempt_id)["attempt"]
        assert (shown["resultsVisible"], shown["isPassed"]) == (is_seen, False if is_seen else None)
        assert {each["result"] is not None for each in shown["questions"]} == {is_seen}
        assert api(document, people.instructor, id=attempt_id)["attempt"]["resultsVisible"] is True


# ---------------------------------------------------------------- open attempts


def test_open_attempts_get_the_later_deadline_if_it_is_wished(
    api: Api, people: People, assessment: Assessment
) -> None:
    start(api, people.learner, assessment)
    before = AssessmentAttempt.objects.get()
    assert before.deadline_at is not None
    place = _place(assessment)
    _grant(api, people.instructor, people.learner, **place, extraMinutes=5)
    assert AssessmentAttempt.objects.get().deadline_at == before.deadline_at
    _grant(api, people.instructor, people.learner, **place, reason="Fire alarm.", applyToOpenAttempts=True)
    after = AssessmentAttempt.objects.get()
    assert after.deadline_at == before.deadline_at + timedelta(minutes=5)
    recorded = AttemptIntervention.objects.get()
    assert (recorded.kind, recorded.made_by, recorded.reason) == (
        "extended",
        people.instructor,
        "Fire alarm.",
    )
    assert (recorded.old_deadline_at, recorded.new_deadline_at) == (before.deadline_at, after.deadline_at)
    _grant(api, people.instructor, people.learner, **place, extraMinutes=1, applyToOpenAttempts=True)
    assert AssessmentAttempt.objects.get().deadline_at == after.deadline_at
    granted = ids.encode("Accommodation", people.learner.accommodations.get().pk)
    api(operation("revoke_accommodation"), people.instructor, accommodationId=granted)
    assert (AssessmentAttempt.objects.get().deadline_at, Accommodation.objects.count()) == (
        after.deadline_at,
        0,
    )
    assert AttemptIntervention.objects.count() == 1


def test_learners_read_their_own_accommodations(api: Api, people: People, assessment: Assessment) -> None:
    factories.accommodate(people.learner, assessment, extra_minutes=5, reason="A broken arm.")
    document = "{ viewer { accommodations { edges { node { reason extraMinutes assessment { title } } } } } }"
    [edge] = api(document, people.learner)["viewer"]["accommodations"]["edges"]
    assert edge["node"] == {
        "reason": "A broken arm.",
        "extraMinutes": 5,
        "assessment": {"title": assessment.title},
    }
    assert api(document, people.classmate)["viewer"]["accommodations"]["edges"] == []
