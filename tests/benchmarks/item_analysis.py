"""Duration of the item analysis of 10,000 attempts at 40 questions: aim, under two seconds.

Run with `uv run python -m tests.benchmarks.item_analysis`. Everything is written in one transaction that is
rolled back, in the database of this deployment.
"""

import os
import time

import django

ATTEMPTS = 10_000
QUESTIONS = 40

_QUESTIONS = """
INSERT INTO courses_question (assessment_id, question_text, question_type, points, "order")
SELECT %(assessment)s, 'Question', 'short_answer', 1 + number %% 3, number
FROM generate_series(1, %(questions)s) AS number
"""

_ATTEMPTS = """
WITH person AS (
    INSERT INTO courses_user (username, name_skeleton, password, first_name, last_name, email, is_superuser,
        is_staff, is_active, date_joined)
    SELECT name, name, '!', '', '', '', false, false, true, now()
    FROM (SELECT 'benchmark-' || number AS name FROM generate_series(1, %(attempts)s) AS number) AS named
    RETURNING id
)
INSERT INTO courses_assessmentattempt (user_id, assessment_id, start_time, end_time, time_taken_seconds,
    is_completed, is_passed, attempt_number, ended_by, revision, layout, passing_score)
SELECT id, %(assessment)s, now(), now(), 0, true, false, 1, 'learner', 1, '{"questions": []}', 50
FROM person
"""

_ANSWERS = """
INSERT INTO courses_attemptanswer (attempt_id, question_id, text_answer, is_correct, answered_at, response, credit,
    revision)
SELECT attempt.id, question.id, 'x', earned.credit = 1, now(), '{"text": "x"}', earned.credit, 1
FROM courses_assessmentattempt AS attempt
CROSS JOIN courses_question AS question
CROSS JOIN LATERAL (SELECT ((attempt.id * 7 + question.id * 13) %% 7) / 6.0 AS exact) AS drawn
CROSS JOIN LATERAL (SELECT round(drawn.exact, 10) AS credit) AS earned
WHERE attempt.assessment_id = %(assessment)s AND question.assessment_id = %(assessment)s
"""


def main() -> None:
    """Fill one assessment, and print the seconds of its item analysis."""
    from django.db import transaction

    from courses.models import Assessment, Course, Lesson, User
    from courses.selectors.item_analysis import item_analyses
    from courses.utils.sql import execute

    with transaction.atomic():
        execute("SET LOCAL statement_timeout = 0")
        course = Course.objects.create(slug="benchmark-item-analysis", title="A course with many attempts")
        lesson = Lesson.objects.create(course=course, title="The lesson")
        assessment = Assessment.objects.create(lesson=lesson, title="The assessment")
        execute(_QUESTIONS, assessment=assessment.pk, questions=QUESTIONS)
        execute(_ATTEMPTS, assessment=assessment.pk, attempts=ATTEMPTS)
        execute(_ANSWERS, assessment=assessment.pk)
        execute("ANALYZE courses_attemptanswer, courses_assessmentattempt, courses_question")
        staff = User.objects.create_user("benchmark-staff", is_staff=True)
        started = time.perf_counter()
        analysis = item_analyses(staff, [assessment.pk])[assessment.pk]
        seconds = time.perf_counter() - started
        print(f"{analysis.learner_count:,} attempts x {len(analysis.items)} questions: {seconds:.3f} s")
        transaction.set_rollback(True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
