"""Engagement of a course's learners, and a learner's study habits, computed from counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from courses.rules.credit import round_half_up

_TWO_PLACES = Decimal("0.01")


def engagement_score(
    *, students: int, active: int, mean_progress_percentage: Decimal, finishers: int, voices: int
) -> Decimal:
    """Return the engagement of a course, 0..100 with two decimals, 0 without students.

    40 x the share of active students + 30 x mean progress + 20 x the share with a finished attempt
    (`finishers`) + 10 x the share with a review or note (`voices`).
    """
    if students == 0:
        return Decimal("0.00")
    counted = Decimal(40 * active + 20 * finishers + 10 * voices) / students
    return (counted + 30 * mean_progress_percentage / 100).quantize(_TWO_PLACES, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class LearningHabits:
    """Habits of study, in the learner's own time zone; hours are 0..23 and weekday 0 is Monday."""

    activity_by_hour: tuple[int, ...]
    activity_by_weekday: tuple[int, ...]
    busiest_hour: int | None
    busiest_weekday: int | None
    average_session_minutes: int | None


def learning_habits(
    *,
    by_hour: Mapping[int, int],
    by_weekday: Mapping[int, int],
    session_count: int,
    session_seconds: int,
) -> LearningHabits:
    """Return habits from counts of activities, and from the number and total length of sessions.

    The earliest wins among equally busy ones; without activity nothing is busiest. The mean session is in
    whole minutes, rounded half up.
    """
    hours = tuple(by_hour.get(hour, 0) for hour in range(24))
    weekdays = tuple(by_weekday.get(weekday, 0) for weekday in range(7))
    return LearningHabits(
        activity_by_hour=hours,
        activity_by_weekday=weekdays,
        busiest_hour=_busiest(hours),
        busiest_weekday=_busiest(weekdays),
        average_session_minutes=(
            round_half_up(Decimal(session_seconds) / (60 * session_count)) if session_count else None
        ),
    )


def _busiest(counts: tuple[int, ...]) -> int | None:
    return counts.index(max(counts)) if any(counts) else None
