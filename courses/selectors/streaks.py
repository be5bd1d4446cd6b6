"""Streaks of days with activity, as of now and by each person's calendar."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import Func, JSONField

from courses.rules.streaks import activity_streak
from courses.utils.sql import fetch

_WAS_ACTIVE = """(
    EXISTS (
        SELECT FROM courses_useractivity AS activity
        WHERE activity.user_id = candidate.id
            AND activity.created_date > (candidate.day - 1)::timestamp AT TIME ZONE candidate.time_zone
            AND activity.created_date < (candidate.day + 2)::timestamp AT TIME ZONE candidate.time_zone
            AND (activity.created_date AT TIME ZONE candidate.time_zone)::date = candidate.day
    ) OR EXISTS (
        SELECT FROM courses_archivedsession AS session
        WHERE session.user_id = candidate.id
            AND session.ended > (candidate.day - 1)::timestamp AT TIME ZONE candidate.time_zone
            AND candidate.day BETWEEN (session.started AT TIME ZONE candidate.time_zone)::date
                AND (session.ended AT TIME ZONE candidate.time_zone)::date
    )
)"""
"""Local days with activity. The local calendar decides; the comparisons around it only let the index help."""


def _active_days(people: str, now: str) -> str:
    """Return the query of the days of the current streaks, found by walking back from today and yesterday to a day
    without activity. `people` and `now` are SQL.
    """
    return f"""
        WITH RECURSIVE person AS (
            SELECT id, time_zone, ({now} AT TIME ZONE time_zone)::date AS today
            FROM courses_user WHERE id = ANY({people})
        ), candidate AS (
            SELECT id, time_zone, today, today AS day FROM person
            UNION ALL SELECT id, time_zone, today, today - 1 FROM person
            UNION ALL SELECT id, time_zone, today, day - 1 FROM candidate WHERE day < today AND {_WAS_ACTIVE}
        )
        SELECT id AS user_id, today, array_agg(day) FILTER (WHERE {_WAS_ACTIVE}) AS days
        FROM candidate GROUP BY id, today
    """  # noqa: S608 - made of constants


_OF_PEOPLE = _active_days("%(people)s", "%(now)s")


class CurrentStreak(Func):
    """Today and the days with activity up to it, of the person with this id, for `length_of`."""

    _OWN = _active_days("ARRAY[%(expressions)s]", "statement_timestamp()")
    template = f"(SELECT jsonb_build_object('today', today, 'days', days) FROM ({_OWN}) AS streak)"  # noqa: S608
    output_field = JSONField()


def length_of(streak: Mapping[str, Any]) -> int:
    """Return the number of days of a CurrentStreak."""
    days = set(map(date.fromisoformat, streak["days"] or ()))
    return activity_streak(days, today=date.fromisoformat(streak["today"]))


def activity_streaks(user_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """Return the number of consecutive days with activity of each person, up to today or yesterday.

    Reads the days of the streak only, however long the history is, and misses nothing that was committed.
    """
    rows = fetch(_OF_PEOPLE, people=list(user_ids), now=now)
    return {row.user_id: activity_streak(set(row.days or ()), today=row.today) for row in rows}
