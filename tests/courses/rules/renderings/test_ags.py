"""Scores of LTI AGS, word for word and by its rules."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from courses.constants import EventType
from courses.management.sample_facts import SAMPLE
from courses.rules.renderings import render
from courses.rules.renderings.facts import Outcome
from tests.courses.rules.renderings.ags_rules import check_score


def score(**fields: Any) -> Any:
    rendered = render(replace(SAMPLE, **fields), "ags", sent_at=SAMPLE.occurred_at)
    check_score(rendered)
    return rendered


def test_a_score_names_learner_moment_progress_and_points() -> None:
    assert score() == {
        "userId": "VXNlcjox",
        "timestamp": "2026-03-02T09:10:00.250000Z",
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "scoreGiven": 7.5,
        "scoreMaximum": 11,
    }


@pytest.mark.parametrize(
    ("fields", "activity", "grading", "points"),
    [
        pytest.param(
            {"ended_at": None, "outcome": None, "revision": 0}, "Started", "NotReady", {}, id="begun"
        ),
        pytest.param({"ended_at": None, "outcome": None}, "InProgress", "NotReady", {}, id="saved"),
        pytest.param(
            {"outcome": None, "waits_for_a_person": True}, "Completed", "PendingManual", {}, id="pending"
        ),
        pytest.param({"outcome": None}, "Completed", "Pending", {}, id="hidden"),
        pytest.param(
            {"outcome": Outcome(Decimal(0), 4, False)},
            "Completed",
            "FullyGraded",
            {"scoreGiven": 0.0, "scoreMaximum": 4},
            id="none of the points",
        ),
        pytest.param(
            {"outcome": Outcome(Decimal(0), 0, True)}, "Completed", "FullyGraded", {}, id="nothing to earn"
        ),
    ],
)
def test_progress_follows_the_attempt_whatever_the_event(
    fields: dict[str, Any], activity: str, grading: str, points: dict[str, float]
) -> None:
    for event in ("STARTED", "SAVED", "COMPLETED", "GRADED", "REGRADED"):
        told = score(type=EventType[f"ATTEMPT_{event}"], **fields)

        assert (told["activityProgress"], told["gradingProgress"]) == (activity, grading)
        assert {name: told[name] for name in told if name.startswith("score")} == points
