"""Scores of LTI Assignment and Grade Services 2.0, as the score service of a platform takes them."""

from collections.abc import Iterator
from typing import Any

from courses.rules.renderings import iso8601
from courses.rules.renderings.facts import Facts


def score(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the Score of one attempt as it stands; whoever counts the best attempt chooses among their scores.

    There is no `comment`: feedback is for the learner.
    """
    yield {
        "userId": facts.learner,
        "timestamp": iso8601.moment(facts.occurred_at, "microseconds"),
        "activityProgress": _activity_progress(facts),
        "gradingProgress": _grading_progress(facts),
        **_points(facts),
    }


def _activity_progress(facts: Facts) -> str:
    if facts.ended_at is not None:
        return "Completed"
    return "InProgress" if facts.revision else "Started"


def _grading_progress(facts: Facts) -> str:
    """Return the progress of grading; a score that is not shown yet is Pending, which needs nobody."""
    if facts.ended_at is None:
        return "NotReady"
    if facts.waits_for_a_person:
        return "PendingManual"
    return "Pending" if facts.outcome is None else "FullyGraded"


def _points(facts: Facts) -> dict[str, Any]:
    """Return the score with its maximum, which has to be positive; nothing where there was nothing to earn."""
    if facts.outcome is None or not facts.outcome.possible:
        return {}
    return {"scoreGiven": float(facts.outcome.points), "scoreMaximum": facts.outcome.possible}
