"""Stamps of the keys that were left behind, and an index of open attempts, both beside whoever works meanwhile.

Whoever left a course after an attempt could read its key then, and might have come back: so it is stamped. A thousand
attempts at a time, each batch a transaction of its own that locks these attempts only. Interrupted, it is run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q

ATTEMPTS_AT_A_TIME = 1_000

STAMP = """
UPDATE courses_assessmentattempt AS attempt SET key_opened_at = learner.withdrawn_date
FROM courses_assessment AS assessment
JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
JOIN courses_enrollment AS learner ON learner.course_id = lesson.course_id
WHERE attempt.id BETWEEN %s AND %s AND attempt.is_completed AND attempt.key_opened_at IS NULL
    AND assessment.id = attempt.assessment_id AND assessment.show_correct_answers
    AND learner.user_id = attempt.user_id AND learner.withdrawn_date > attempt.start_time
"""


def stamp(apps, schema_editor):
    """Stamp the completed attempts of everybody who left a course after them, in the order of primary keys."""
    attempts = apps.get_model("courses", "assessmentattempt").objects.order_by("pk").values_list("pk", flat=True)
    first, last = attempts.first(), attempts.last()
    if first is None:
        return
    for start in range(first, last + 1, ATTEMPTS_AT_A_TIME):
        with schema_editor.connection.cursor() as cursor:
            cursor.execute(STAMP, [start, start + ATTEMPTS_AT_A_TIME - 1])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("courses", "0021_credentials_that_end")]

    operations = [
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        migrations.RunPython(stamp, migrations.RunPython.noop),
        # One that an interrupted run left invalid, or that was built within a transaction before this release.
        migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS attempt_open", migrations.RunSQL.noop),
        AddIndexConcurrently(
            "assessmentattempt",
            models.Index(condition=Q(is_completed=False), fields=["assessment"], name="attempt_open"),
        ),
        migrations.RunSQL("RESET statement_timeout", migrations.RunSQL.noop),
    ]
