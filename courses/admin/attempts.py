"""Attempts, responses, changes of grades and interventions: records, which nobody edits here."""

from django.contrib import admin

from courses import models
from courses.admin.base import RecordAdmin

LEARNER = ("attempt__user__username", "attempt__user__display_name")


@admin.register(models.AssessmentAttempt)
class AssessmentAttemptAdmin(RecordAdmin):
    """Read-only list of attempts, with learner and result."""

    list_display = (
        "user",
        "assessment",
        "attempt_number",
        "score",
        "exact_score",
        "max_score",
        "is_completed",
        "is_passed",
    )
    list_filter = ("is_completed", "is_passed", "ended_by", "start_time")
    list_select_related = ("user", "assessment")
    search_fields = ("user__username", "user__display_name", "assessment__title")


@admin.register(models.AttemptAnswer)
class AttemptAnswerAdmin(RecordAdmin):
    """Read-only list of responses, with their grades."""

    list_display = (
        "learner",
        "question",
        "is_correct",
        "points_earned",
        "exact_points",
        "graded_by",
        "answered_at",
    )
    list_filter = ("is_correct", "question__question_type", "answered_at")
    list_select_related = ("attempt__user", "question", "graded_by")
    search_fields = (*LEARNER, "question__question_text")

    @admin.display(ordering="attempt__user__username")
    def learner(self, answer: models.AttemptAnswer) -> models.User:
        """Return the learner who gave the response."""
        return answer.attempt.user


@admin.register(models.GradeChange)
class GradeChangeAdmin(RecordAdmin):
    """Read-only list of changes of grades, with author and reason."""

    list_display = ("attempt_answer", "reason", "old_points", "new_points", "changed_by", "created_date")
    list_filter = ("reason", "created_date")
    list_select_related = ("attempt_answer__question", "changed_by")
    search_fields = ("note", "changed_by__username", *(f"attempt_answer__{path}" for path in LEARNER))


@admin.register(models.AttemptIntervention)
class AttemptInterventionAdmin(RecordAdmin):
    """Read-only list of extensions and ends of attempts by the staff, with author, reason and deadlines."""

    list_display = (
        "learner",
        "kind",
        "old_deadline_at",
        "new_deadline_at",
        "made_by",
        "reason",
        "created_date",
    )
    list_filter = ("kind", "created_date")
    list_select_related = ("attempt__user", "made_by")
    search_fields = ("reason", "made_by__username", *LEARNER)

    @admin.display(ordering="attempt__user__username")
    def learner(self, intervention: models.AttemptIntervention) -> models.User:
        """Return the learner of the attempt."""
        return intervention.attempt.user
