"""Indexes of reviews of a course, and of courses, by change. They are built while both are read and written."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

PATIENTLY = migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout")
AS_EVER = migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("courses", "0025_exports")]

    operations = [
        PATIENTLY,
        AddIndexConcurrently(
            "review", models.Index(fields=["course", "-updated_date"], name="review_changed")
        ),
        AddIndexConcurrently("course", models.Index(fields=["-updated_date"], name="course_changed")),
        AS_EVER,
    ]
