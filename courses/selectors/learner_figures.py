"""Statistics of learners as of now, aggregated by the database for any number of them at once.

Activity that was archived counts as before, by the sessions that were kept of it. Hours, weekdays and days
are those of each person's own time zone.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime
from typing import Any

from courses.constants import MAX_TIME_SPENT_SECONDS, SESSION_GAP_MINUTES
from courses.models import AssessmentAttempt, Enrollment, UserStats
from courses.models.attempts import SCORE_PERCENTAGE, MeanPercentage
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import HAS_COMPLETED, TAKES
from courses.rules.engagement import LearningHabits, learning_habits
from courses.selectors.streaks import activity_streaks
from courses.utils.sql import fetch, in_sql

TIME_SPENT = f"""
CASE WHEN jsonb_typeof(activity.data -> 'time_spent') = 'number'
    THEN floor(least(greatest((activity.data ->> 'time_spent')::numeric, 0), {MAX_TIME_SPENT_SECONDS}))
    ELSE 0
END
"""
"""Whole seconds that one activity counts for: nothing where `time_spent` is no number."""

SESSION_GAP = f"interval '{SESSION_GAP_MINUTES} minutes'"
"""Longest pause within a study session."""

QUARTER = "interval '15 minutes'"
"""Resolution in time of archived sessions: the hours and days of every time zone begin on a quarter."""

_TOTALS = f"""
SELECT person.id AS user_id,
    enrollment.taken, enrollment.completed,
    coalesce(live.seconds, 0) + coalesce(archived.seconds, 0) AS seconds,
    greatest(live.last_activity, archived.last_activity) AS last_activity,
    best.average
FROM courses_user AS person
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE {in_sql(TAKES, own=Enrollment)}) AS taken,
        count(*) FILTER (WHERE {in_sql(HAS_COMPLETED, own=Enrollment)}) AS completed
    FROM courses_enrollment AS own WHERE own.user_id = person.id
) AS enrollment
CROSS JOIN LATERAL (
    SELECT sum({TIME_SPENT}) AS seconds, max(activity.created_date) AS last_activity
    FROM courses_useractivity AS activity WHERE activity.user_id = person.id
) AS live
CROSS JOIN LATERAL (
    SELECT sum(time_spent_seconds) AS seconds, max(ended) AS last_activity
    FROM courses_archivedsession WHERE user_id = person.id
) AS archived
CROSS JOIN LATERAL (
    SELECT {MeanPercentage.in_sql("percentage")} AS average FROM (
        SELECT max({in_sql(SCORE_PERCENTAGE, attempt=AssessmentAttempt)}) AS percentage
        FROM courses_assessmentattempt AS attempt
        WHERE attempt.user_id = person.id AND {in_sql(FULLY_GRADED, attempt=AssessmentAttempt)}
        GROUP BY attempt.assessment_id
    ) AS of_assessment
) AS best
WHERE person.id = ANY(%(people)s)
"""  # noqa: S608 - made of constants

_HABITS = f"""
WITH moments AS (
    SELECT user_id, created_date AS moment, 1 AS activities
    FROM courses_useractivity WHERE user_id = ANY(%(people)s)
    UNION ALL
    SELECT session.user_id,
        date_bin({QUARTER}, session.started, 'epoch') + (quarter.place - 1) * {QUARTER},
        quarter.activities
    FROM courses_archivedsession AS session
    CROSS JOIN LATERAL unnest(session.activity_counts) WITH ORDINALITY AS quarter(activities, place)
    WHERE session.user_id = ANY(%(people)s)
)
SELECT moments.user_id,
    extract(isodow FROM moments.moment AT TIME ZONE person.time_zone)::int - 1 AS weekday,
    extract(hour FROM moments.moment AT TIME ZONE person.time_zone)::int AS hour,
    sum(moments.activities)::int AS activities
FROM moments JOIN courses_user AS person ON person.id = moments.user_id
GROUP BY 1, 2, 3
"""  # noqa: S608 - made of constants

_SESSIONS = f"""
WITH spans AS (
    SELECT user_id, created_date AS started, created_date AS ended
    FROM courses_useractivity WHERE user_id = ANY(%(people)s)
    UNION ALL
    SELECT user_id, started, ended FROM courses_archivedsession WHERE user_id = ANY(%(people)s)
), placed AS (
    SELECT user_id, started, ended, max(ended) OVER (
        PARTITION BY user_id ORDER BY started, ended ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS until
    FROM spans
), joined AS (
    SELECT user_id, started, ended, until,
        coalesce(started <= until + {SESSION_GAP}, false) AS continues
    FROM placed
)
SELECT user_id, count(*) FILTER (WHERE NOT continues) AS sessions,
    floor(extract(epoch FROM sum(
        CASE WHEN continues THEN greatest(ended - until, interval '0') ELSE ended - started END
    )))::bigint AS seconds
FROM joined GROUP BY user_id
"""  # noqa: S608 - made of constants
"""Sessions: a span continues one when it starts at most half an hour after all spans before it have ended."""


def learner_figures(user_ids: Collection[int], *, now: datetime) -> list[UserStats]:
    """Return the statistics of these people as of `now`, unsaved, in five statements for all of them."""
    people = list(user_ids)
    habits, streaks = _habits(people), activity_streaks(people, now=now)
    return [
        UserStats(
            user_id=row.user_id,
            courses_enrolled=row.taken,
            courses_completed=row.completed,
            total_time_spent_seconds=row.seconds,
            assessment_avg_score=row.average,
            last_activity=row.last_activity,
            activity_streak=streaks[row.user_id],
            learning_habits=asdict(habits[row.user_id]),
            refreshed_at=now,
        )
        for row in fetch(_TOTALS, people=people)
    ]


def _habits(people: list[int]) -> dict[int, LearningHabits]:
    by_hour: dict[int, Counter[int]] = defaultdict(Counter)
    by_weekday: dict[int, Counter[int]] = defaultdict(Counter)
    for row in fetch(_HABITS, people=people):
        by_hour[row.user_id][row.hour] += row.activities
        by_weekday[row.user_id][row.weekday] += row.activities
    sessions: dict[int, Any] = {row.user_id: row for row in fetch(_SESSIONS, people=people)}
    return {
        pk: learning_habits(
            by_hour=by_hour[pk],
            by_weekday=by_weekday[pk],
            session_count=sessions[pk].sessions if pk in sessions else 0,
            session_seconds=sessions[pk].seconds if pk in sessions else 0,
        )
        for pk in people
    }
