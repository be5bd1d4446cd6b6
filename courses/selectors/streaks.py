"""Streaks of days with activity, as of now and by each person's calendar."""

from collections.abc import Collection
from datetime import datetime

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

_ACTIVE_DAYS = f"""
WITH RECURSIVE person AS (
    SELECT id, time_zone, (%(now)s AT TIME ZONE time_zone)::date AS today
    FROM courses_user WHERE id = ANY(%(people)s)
), candidate AS (
    SELECT id, time_zone, today, today AS day FROM person
    UNION ALL SELECT id, time_zone, today, today - 1 FROM person
    UNION ALL SELECT id, time_zone, today, day - 1 FROM candidate WHERE day < today AND {_WAS_ACTIVE}
)
SELECT id AS user_id, today, array_agg(day) FILTER (WHERE {_WAS_ACTIVE}) AS days FROM candidate GROUP BY id, today
"""  # noqa: S608 - made of constants
"""Days of the current streak, found by walking back from today and yesterday to a day without activity."""


def activity_streaks(user_ids: Collection[int], *, now: datetime) -> dict[int, int]:
    """Return the number of consecutive days with activity of each person, up to today or yesterday.

    Reads the days of the streak only, however long the history is, and misses nothing that was committed.
    """
    rows = fetch(_ACTIVE_DAYS, people=list(user_ids), now=now)
    return {row.user_id: activity_streak(set(row.days or ()), today=row.today) for row in rows}
