"""Rows that statistics are made of note by themselves what makes them stale, and people can be erased."""

from django.db import migrations, models
from django.db.models import Q

from courses.utils.batched_operations import batched
from courses.utils.frozen_columns import FrozenColumns
from courses.utils.statistics_inputs import StatisticsInput, StatisticsInputRow, StatisticsOwner

NOTE_ALL = """
INSERT INTO courses_statisticschange (course_id) SELECT course_id FROM courses_coursestats;
INSERT INTO courses_statisticschange (user_id) SELECT user_id FROM courses_userstats;
"""
"""What was changed past the services until now was not noted."""

INPUTS = [
    (
        "archivedparticipation",
        StatisticsInput(
            name="archived_participation_in_statistics",
            owners=("course",),
            columns=("user", "course", "last_activity"),
        ),
    ),
    (
        "archivedsession",
        StatisticsInput(
            name="archived_session_in_statistics",
            owners=("user",),
            columns=("user", "started", "ended", "time_spent_seconds", "activity_counts"),
        ),
    ),
    (
        "assessment",
        StatisticsInput(name="assessment_in_statistics", owners=("lesson__course",), columns=("lesson",)),
    ),
    (
        "assessmentattempt",
        StatisticsInputRow(
            name="attempt_in_statistics",
            owners=("user", "assessment__lesson__course"),
            columns=("user", "assessment", "score", "max_score", "is_passed", "time_taken_seconds"),
            counts=Q(is_completed=True),
        ),
    ),
    (
        "attemptanswer",
        StatisticsInputRow(
            name="waiting_answer_in_statistics",
            owners=("attempt__user", "attempt__assessment__lesson__course"),
            columns=("attempt",),
            counts=Q(credit__isnull=True),
            within=("attempt", "is_completed"),
        ),
    ),
    ("course", StatisticsOwner(name="course_has_statistics")),
    (
        "enrollment",
        StatisticsInput(
            name="enrollment_in_statistics_of_course",
            owners=("course",),
            columns=(
                "user",
                "course",
                "status",
                "progress_percentage",
                "enrolled_date",
                "completed_date",
                "price_paid",
                "currency",
            ),
        ),
    ),
    (
        "enrollment",
        StatisticsInput(
            name="enrollment_in_statistics_of_person", owners=("user",), columns=("user", "status")
        ),
    ),
    ("lesson", StatisticsInput(name="lesson_in_statistics", owners=("course",), columns=("course",))),
    ("note", StatisticsInput(name="note_in_statistics", owners=("lesson__course",), columns=("user", "lesson"))),
    ("review", StatisticsInput(name="review_in_statistics", owners=("course",), columns=("user", "course"))),
    ("user", StatisticsOwner(name="person_has_statistics", columns=("time_zone",))),
    (
        "useractivity",
        StatisticsInput(
            name="activity_in_statistics",
            owners=("user", "course"),
            columns=("user", "course", "created_date", "data"),
        ),
    ),
]


class Migration(migrations.Migration):
    dependencies = [("courses", "0009_marks_of_trust")]

    operations = batched([
        migrations.AddField(
            "user",
            "erased_at",
            models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When the account was erased and this row became a stub. Null: it was not.",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            "user",
            models.CheckConstraint(
                name="person_erased_is_nobody",
                condition=Q(erased_at__isnull=True)
                | Q(is_active=False, is_staff=False, is_superuser=False)
                & Q(email="", first_name="", last_name=""),
                violation_error_message="This account was erased. It cannot be used again.",
            ),
        ),
        migrations.RemoveConstraint("attemptanswer", "attempt_answer_frozen_at_the_end"),
        migrations.AddConstraint(
            "attemptanswer",
            FrozenColumns(
                name="attempt_answer_frozen_at_the_end",
                reference="attempt",
                flag="is_completed",
                columns=(
                    "attempt",
                    "question",
                    "response",
                    "text_answer",
                    "answered_at",
                    "revision",
                    "is_flagged",
                ),
                unless=("user", "erased_at"),
            ),
        ),
        *(migrations.AddConstraint(model, constraint) for model, constraint in INPUTS),
        migrations.RunSQL(NOTE_ALL, migrations.RunSQL.noop),
    ])
