"""Duration of refreshing the statistics of one course with a million activities: aim, under a second.

Run with `uv run python -m tests.benchmarks.course_refresh`. Everything is written in one transaction that is
rolled back, in the database of this deployment.
"""

import os
import time

import django

ACTIVITIES = 1_000_000
LEARNERS = 2_000

_LEARNERS = """
WITH person AS (
    INSERT INTO courses_user (username, name_skeleton, password, first_name, last_name, email, time_zone,
        is_superuser, is_staff, is_active, date_joined)
    SELECT name, name, '!', '', '', '', 'Europe/Berlin', false, false, true, now()
    FROM (SELECT 'benchmark-' || number AS name FROM generate_series(1, %(learners)s) AS number) AS named
    RETURNING id
)
INSERT INTO courses_enrollment (user_id, course_id, progress_percentage, enrolled_date, price_paid)
SELECT id, %(course)s, 50, now() - interval '300 days', 10 FROM person
"""

_ACTIVITIES = """
INSERT INTO courses_useractivity (user_id, course_id, activity_type, data, created_date)
SELECT learner.user_id, %(course)s, 'view_course', '{"time_spent": 60}',
    now() - number * interval '299 days' / %(each)s
FROM generate_series(1, %(each)s) AS number
CROSS JOIN courses_enrollment AS learner WHERE learner.course_id = %(course)s
"""


def main() -> None:
    """Fill one course, and print the seconds of refreshing it and of refreshing one of its learners."""
    from django.db import transaction

    from courses.models import Course, Enrollment
    from courses.services import statistics
    from courses.utils.sql import execute

    with transaction.atomic():
        execute("SET LOCAL statement_timeout = 0")
        course = Course.objects.create(slug="benchmark-course-refresh", title="A course with many learners")
        execute(_LEARNERS, course=course.pk, learners=LEARNERS)
        execute(_ACTIVITIES, course=course.pk, each=ACTIVITIES // LEARNERS)
        execute("ANALYZE courses_useractivity, courses_enrollment")
        learner_id = Enrollment.objects.filter(course=course).values_list("user_id", flat=True)[0]
        for name, owners in (
            ("course", {"course_ids": [course.pk]}),
            ("learner", {"user_ids": [learner_id]}),
        ):
            started = time.perf_counter()
            statistics.compute_missing(**owners)
            print(f"{name} of {ACTIVITIES:,} activities: {time.perf_counter() - started:.3f} s")
        course.refresh_from_db()
        print(f"students {course.stats.total_students}, active {course.stats.active_students}")
        transaction.set_rollback(True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    main()
