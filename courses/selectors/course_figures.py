"""Statistics of courses as of now, aggregated by the database for any number of courses at once.

Everything is read from the rows themselves, never from stored numbers, so that computing is idempotent.
"""

from collections import defaultdict
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from courses.constants import ACTIVE_STUDENT_DAYS
from courses.models import AssessmentAttempt, CourseStats, Enrollment
from courses.models.attempts import SCORE_PERCENTAGE, MeanPercentage
from courses.policies.grading import FULLY_GRADED
from courses.policies.participation import HAS_COMPLETED, TAKES
from courses.rules.engagement import engagement_score
from courses.utils.sql import fetch, in_sql

_LEARNERS = f"""
SELECT learner.course_id,
    count(*) AS students,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM courses_useractivity AS done
        WHERE done.course_id = learner.course_id AND done.user_id = learner.user_id
            AND done.created_date >= %(active_since)s
    ) OR EXISTS (
        SELECT FROM courses_archivedparticipation AS archived
        WHERE archived.course_id = learner.course_id AND archived.user_id = learner.user_id
            AND archived.last_activity >= %(active_since)s
    )) AS active,
    count(*) FILTER (WHERE {in_sql(HAS_COMPLETED, learner=Enrollment)}) AS completed,
    round(avg(greatest(0, floor(extract(epoch FROM learner.completed_date - learner.enrolled_date) / 86400)))
        FILTER (WHERE {in_sql(HAS_COMPLETED, learner=Enrollment)})) AS completion_days,
    avg(learner.progress_percentage) AS mean_progress,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM courses_assessmentattempt AS attempt
        JOIN courses_assessment AS assessment ON assessment.id = attempt.assessment_id
        JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
        WHERE attempt.user_id = learner.user_id AND lesson.course_id = learner.course_id AND attempt.is_completed
    )) AS finishers,
    count(*) FILTER (WHERE EXISTS (
        SELECT FROM courses_review AS review
        WHERE review.course_id = learner.course_id AND review.user_id = learner.user_id
    ) OR EXISTS (
        SELECT FROM courses_note AS note JOIN courses_lesson AS lesson ON lesson.id = note.lesson_id
        WHERE note.user_id = learner.user_id AND lesson.course_id = learner.course_id
    )) AS voices
FROM courses_enrollment AS learner
WHERE learner.course_id = ANY(%(courses)s) AND {in_sql(TAKES, learner=Enrollment)}
GROUP BY learner.course_id
"""  # noqa: S608 - made of constants
"""Learners of each course who have not withdrawn. Days are whole ones, and their mean is rounded half up."""

_ASSESSMENTS = f"""
SELECT lesson.course_id, attempt.assessment_id,
    count(*) AS attempts,
    count(DISTINCT attempt.user_id) AS learners,
    round(100.0 * count(*) FILTER (WHERE attempt.is_passed) / count(*), 2) AS pass_rate,
    {MeanPercentage.in_sql(in_sql(SCORE_PERCENTAGE, attempt=AssessmentAttempt))} AS average_percentage,
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY attempt.time_taken_seconds)::numeric) AS median_seconds
FROM courses_assessmentattempt AS attempt
JOIN courses_assessment AS assessment ON assessment.id = attempt.assessment_id
JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
WHERE lesson.course_id = ANY(%(courses)s) AND {in_sql(FULLY_GRADED, attempt=AssessmentAttempt)}
GROUP BY lesson.course_id, attempt.assessment_id
"""  # noqa: S608 - made of constants

_REVENUE = """
SELECT course_id, currency, sum(price_paid) AS gross, count(*) AS enrollments
FROM courses_enrollment WHERE course_id = ANY(%(courses)s)
GROUP BY course_id, currency ORDER BY currency
"""
"""Revenue of all enrolments: leaving a course gives no money back."""


def course_figures(course_ids: Collection[int], *, now: datetime) -> list[CourseStats]:
    """Return the statistics of these courses as of `now`, unsaved, in three statements for all of them."""
    courses = list(course_ids)
    active_since = now - timedelta(days=ACTIVE_STUDENT_DAYS)
    learners = {row.course_id: row for row in fetch(_LEARNERS, courses=courses, active_since=active_since)}
    assessments = _by_course(_ASSESSMENTS, courses, _assessment_entry)
    revenue = _by_course(_REVENUE, courses, _revenue_entry)
    return [
        CourseStats(
            course_id=pk,
            assessment_stats=assessments[pk],
            revenue_data=revenue[pk],
            refreshed_at=now,
            **(_learner_columns(learners[pk]) if pk in learners else {}),
        )
        for pk in courses
    ]


def _learner_columns(row: Any) -> dict[str, Any]:
    return {
        "total_students": row.students,
        "active_students": row.active,
        "completion_count": row.completed,
        "average_completion_days": row.completion_days or 0,
        "engagement_score": engagement_score(
            students=row.students,
            active=row.active,
            mean_progress_percentage=row.mean_progress,
            finishers=row.finishers,
            voices=row.voices,
        ),
    }


def _by_course(
    statement: str, courses: list[int], entry: Callable[[Any], tuple[str, dict[str, Any]]]
) -> dict[int, dict[str, Any]]:
    """Run `statement` and return the JSON object that is stored of each course."""
    objects: dict[int, dict[str, Any]] = defaultdict(dict)
    for row in fetch(statement, courses=courses):
        key, value = entry(row)
        objects[row.course_id][key] = value
    return objects


def _assessment_entry(row: Any) -> tuple[str, dict[str, Any]]:
    """Return the stored entry of an assessment. Percentages are texts: JSON would make binary fractions of them."""
    average = row.average_percentage
    return str(row.assessment_id), {
        "attempts": row.attempts,
        "learners": row.learners,
        "pass_rate": str(row.pass_rate),
        "average_percentage": None if average is None else str(average),
        "median_seconds": int(row.median_seconds),
    }


def _revenue_entry(row: Any) -> tuple[str, dict[str, Any]]:
    return row.currency, {"gross": str(row.gross), "enrollments": row.enrollments}
