"""More time and the end for attempts that run, through the API: for the staff of the course alone."""

from datetime import timedelta
from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptIntervention
from tests.operations import operation
from tests.people import People
from tests.taking import Api, start

INPUTS: dict[str, dict[str, Any]] = {"extend_attempt": {"minutes": 15}, "close_attempt": {}}


def _intervene(api: Api, viewer: Any, name: str, attempt_id: str, **fields: Any) -> dict[str, Any]:
    given = {"attemptId": attempt_id} | INPUTS[name] | fields
    [payload] = api(operation(name), viewer, input=given).data.values()
    return dict(payload)


def test_staff_extend_an_attempt_and_close_it(api: Api, people: People, assessment: Assessment) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    deadline = AssessmentAttempt.objects.get().deadline_at
    assert deadline is not None
    extended = _intervene(api, people.instructor, "extend_attempt", attempt_id, reason="Fire alarm.")
    assert extended["userErrors"] == []
    assert extended["attempt"]["deadlineAt"] == (deadline + timedelta(minutes=15)).isoformat()
    assert 44 * 60 <= extended["attempt"]["remainingSeconds"] <= 45 * 60
    closed = _intervene(api, people.moderator, "close_attempt", attempt_id)
    assert (closed["attempt"]["state"], closed["attempt"]["endedBy"]) == ("COMPLETED", "STAFF")
    assert (closed["attempt"]["remainingSeconds"], closed["userErrors"]) == (0, [])
    kinds = AttemptIntervention.objects.order_by("pk").values_list("kind", "reason")
    assert list(kinds) == [("extended", "Fire alarm."), ("closed", "")]


@pytest.mark.parametrize("name", INPUTS)
@pytest.mark.parametrize(
    ("viewer", "code"),
    [("learner", "PERMISSION_DENIED"), ("classmate", "NOT_FOUND"), ("instructor_elsewhere", "NOT_FOUND")],
)
def test_others_are_refused_and_nothing_is_written(
    api: Api, people: People, assessment: Assessment, name: str, viewer: str, code: str
) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    before = list(AssessmentAttempt.objects.values())
    payload = _intervene(api, people[viewer], name, attempt_id)
    assert [(each["code"], each["field"]) for each in payload["userErrors"]] == [(code, ["attemptId"])]
    assert payload["attempt"] is None
    assert (list(AssessmentAttempt.objects.values()), AttemptIntervention.objects.count()) == (before, 0)
