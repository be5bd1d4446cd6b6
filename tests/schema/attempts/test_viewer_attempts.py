"""The viewer's own attempts as a list: cursors, filters, and attempts whose time is over."""

from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, User
from courses.utils.clock import database_now
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.taking import Api, complete, let_time_run_out, page, six_types, start


def _list(api: Api, viewer: User, **variables: Any) -> dict[str, Any]:
    return api(operation("viewer_attempts"), viewer, **variables)["viewer"]["attempts"]


def _ids(connection: dict[str, Any]) -> list[str]:
    return [edge["node"]["id"] for edge in connection["edges"]]


@pytest.fixture
def many(learner: User, assessment: Assessment) -> list[str]:
    """Five finished attempts, oldest first; the three in the middle were made at the same moment."""
    Assessment.objects.update(max_attempts=9)
    assessment.refresh_from_db()
    attempts = []
    for _ in range(5):
        attempt = factories.make_attempt(learner, assessment)
        attempt.complete()
        attempts.append(attempt)
    moment = database_now()
    AssessmentAttempt.objects.filter(pk__in=[attempt.pk for attempt in attempts[1:4]]).update(
        created_date=moment
    )
    AssessmentAttempt.objects.filter(pk=attempts[4].pk).update(created_date=database_now())
    return [ids.encode("AssessmentAttempt", attempt.pk) for attempt in attempts]


def test_newest_come_first_and_cursors_lead_through_equal_moments(
    api: Api, learner: User, many: list[str]
) -> None:
    seen, after = [], None
    while True:
        shown = _list(api, learner, first=2, after=after)
        assert shown["totalCount"] == 5
        seen += _ids(shown)
        if not shown["pageInfo"]["hasNextPage"]:
            break
        after = shown["pageInfo"]["endCursor"]
    assert seen == many[::-1]


def test_pages_go_backwards_through_equal_moments(api: Api, learner: User, many: list[str]) -> None:
    document = """query ($before: String) { viewer { attempts(last: 2, before: $before) {
      pageInfo { hasPreviousPage startCursor } edges { node { id } }
    } } }"""
    seen: list[str] = []
    before = None
    while True:
        shown = api(document, learner, before=before)["viewer"]["attempts"]
        seen = _ids(shown) + seen
        if not shown["pageInfo"]["hasPreviousPage"]:
            break
        before = shown["pageInfo"]["startCursor"]
    assert seen == many[::-1]


@pytest.mark.parametrize(("order", "newest_first"), [([], True), (["NEWEST"], True), (["OLDEST"], False)])
def test_attempts_can_be_ordered_by_age(
    api: Api, people: Any, many: list[str], assessment: Assessment, order: list[str], newest_first: bool
) -> None:
    expected = many[::-1] if newest_first else many
    document = """query ($id: ID!, $orderBy: [AttemptOrder!]) {
      viewer { attempts(orderBy: $orderBy) { edges { node { id } } } }
      assessment(id: $id) { attempts(orderBy: $orderBy) { edges { node { id } } } }
    }"""
    variables = {"id": ids.encode("Assessment", assessment.pk), "orderBy": order}
    assert _ids(api(document, people.learner, **variables)["viewer"]["attempts"]) == expected
    assert _ids(api(document, people.instructor, **variables)["assessment"]["attempts"]) == expected


def test_other_peoples_attempts_are_not_in_the_list(api: Api, people: Any, many: list[str]) -> None:
    for viewer in (people.classmate, people.instructor, people.admin):
        assert _list(api, viewer)["totalCount"] == 0


def test_nobody_signed_in_has_no_attempts(api: Api, assessment: Assessment) -> None:
    assert api(operation("viewer_attempts"))["viewer"] is None


def test_attempts_of_one_assessment_alone(
    api: Api, learner: User, many: list[str], assessment: Assessment
) -> None:
    another = six_types(lesson=factories.make_lesson(course=assessment.lesson.course))
    other_id = start(api, learner, another)["id"]
    assert _ids(_list(api, learner, assessmentId=ids.encode("Assessment", another.pk))) == [other_id]
    assert _list(api, learner, assessmentId=ids.encode("Assessment", assessment.pk))["totalCount"] == 5
    for nothing in (ids.encode("Assessment", 0), ids.encode("Course", assessment.pk), "x"):
        assert _ids(_list(api, learner, assessmentId=nothing)) == []


def test_the_state_filters(api: Api, learner: User, assessment: Assessment) -> None:
    done = start(api, learner, assessment)["id"]
    complete(api, learner, attemptId=done)
    Assessment.objects.update(time_limit=0)
    unlimited = start(api, learner, assessment)["id"]
    assert _ids(_list(api, learner, state="COMPLETED")) == [done]
    assert _ids(_list(api, learner, state="IN_PROGRESS")) == [unlimited]


def test_an_attempt_whose_time_is_over_counts_as_completed_before_anyone_has_closed_it(
    api: Api, people: Any, learner: User, assessment: Assessment
) -> None:
    over = start(api, learner, assessment)["id"]
    let_time_run_out(AssessmentAttempt.objects.get())
    open_ones = _list(api, learner, state="IN_PROGRESS")
    assert (_ids(open_ones), open_ones["totalCount"]) == ([], 0)
    assert not AssessmentAttempt.objects.get().is_completed
    completed = _list(api, learner, state="COMPLETED")
    assert (_ids(completed), completed["totalCount"]) == ([over], 1)
    assert completed["edges"][0]["node"]["state"] == "COMPLETED"


def test_within_the_slack_an_attempt_is_still_in_progress(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt_id = start(api, learner, assessment)["id"]
    let_time_run_out(AssessmentAttempt.objects.get(), seconds_ago=5)
    assert _ids(_list(api, learner, state="IN_PROGRESS")) == [attempt_id]
    assert _ids(_list(api, learner, state="COMPLETED")) == []


NODE = "query ($id: ID!) { node(id: $id) { ... on AssessmentAttempt { state endedBy endedAt deadlineAt } } }"


def _read_by_node(api: Api, learner: User, attempt_id: str) -> dict[str, Any]:
    return api(NODE, learner, id=attempt_id)["node"]


def _read_in_list(api: Api, learner: User, _attempt_id: str) -> dict[str, Any]:
    return _list(api, learner)["edges"][0]["node"]


@pytest.mark.parametrize("read", [page, _read_by_node, _read_in_list])
def test_every_read_first_closes_an_attempt_that_is_over(
    api: Api, learner: User, assessment: Assessment, read: Any
) -> None:
    attempt_id = start(api, learner, assessment)["id"]
    let_time_run_out(AssessmentAttempt.objects.get())
    shown = read(api, learner, attempt_id)
    stored = AssessmentAttempt.objects.get()
    assert (shown["state"], shown["endedBy"]) == ("COMPLETED", "TIMER")
    assert (stored.is_completed, stored.end_time) == (True, stored.deadline_at)
    assert stored.deadline_at is not None
    assert shown["endedAt"] == stored.deadline_at.isoformat()


def test_where_the_viewer_stands_counts_an_attempt_that_is_over_as_used_and_not_open(
    api: Api, learner: User, assessment: Assessment
) -> None:
    document = """query ($id: ID!) { assessment(id: $id) { viewerAttempts {
      used remaining open { id } best { score } mayStart { allowed code }
    } } }"""
    Assessment.objects.update(max_attempts=1)
    assessment_id = ids.encode("Assessment", assessment.pk)
    attempt_id = start(api, learner, assessment)["id"]
    standing = api(document, learner, id=assessment_id)["assessment"]["viewerAttempts"]
    assert standing == {
        "used": 1,
        "remaining": 0,
        "open": {"id": attempt_id},
        "best": None,
        "mayStart": {"allowed": True, "code": None},
    }
    let_time_run_out(AssessmentAttempt.objects.get())
    standing = api(document, learner, id=assessment_id)["assessment"]["viewerAttempts"]
    assert standing == {
        "used": 1,
        "remaining": 0,
        "open": None,
        "best": {"score": 0},
        "mayStart": {"allowed": False, "code": "ATTEMPT_LIMIT_REACHED"},
    }
    assert api(document, id=assessment_id)["assessment"]["viewerAttempts"] is None


def test_the_best_attempt_is_the_one_with_the_highest_percentage(
    api: Api, learner: User, many: list[str], assessment: Assessment
) -> None:
    AssessmentAttempt.objects.filter(attempt_number=3).update(exact_score=8)
    AssessmentAttempt.objects.filter(attempt_number=4).update(exact_score=4)
    node = _list(api, learner)["edges"][0]["node"]
    assert node["assessment"]["viewerAttempts"]["best"] == {"id": many[2], "scorePercentage": "50.00"}


def test_the_staffs_list_filters_by_state_in_the_same_way(
    api: Api, people: Any, assessment: Assessment
) -> None:
    document = """query ($id: ID!, $state: AttemptState) {
      assessment(id: $id) { attempts(state: $state) { totalCount edges { node { state } } } }
    }"""
    start(api, people.learner, assessment)
    start(api, people.classmate, assessment)
    let_time_run_out(AssessmentAttempt.objects.get(user=people.learner))
    variables = {"id": ids.encode("Assessment", assessment.pk)}
    for state in ("IN_PROGRESS", "COMPLETED"):
        shown = api(document, people.instructor, state=state, **variables)["assessment"]["attempts"]
        assert shown == {"totalCount": 1, "edges": [{"node": {"state": state}}]}


def test_whether_the_viewer_may_start_is_answered_wherever_the_assessment_is_reached(
    api: Api, people: Any, assessment: Assessment
) -> None:
    """Far from a root field it comes from a loader, and a refusal is no failure there."""
    document = """query ($id: ID!) { assessment(id: $id) { attempts { edges { node { questions {
      result { gradedBy { id } }
    } assessment { questions { assessment { viewerAttempts { mayStart { allowed code } } } }
      lesson { course { viewerMayReview { allowed code } } }
    } } } } } }"""
    start(api, people.learner, assessment)
    found = api(document, people.instructor, id=ids.encode("Assessment", assessment.pk))
    (edge,) = found["assessment"]["attempts"]["edges"]
    reached = edge["node"]["assessment"]
    assert reached["questions"][0]["assessment"]["viewerAttempts"]["mayStart"] == {
        "allowed": False,
        "code": "NOT_ENROLLED",
    }
    assert reached["lesson"]["course"]["viewerMayReview"] == {"allowed": False, "code": "PERMISSION_DENIED"}
