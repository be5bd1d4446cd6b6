"""Assessments, with their questions. The answers of a question are edited on its own page."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.base import WrittenAdmin, changed, kept_forms
from courses.services import assessment_authoring as services
from courses.services import question_authoring
from courses.services.question_editing import update_question


class QuestionInline(admin.StackedInline):
    """Questions of an assessment, without their answers."""

    model = models.Question
    extra = 0
    show_change_link = True
    ordering = ("order",)
    fields = ("question_text", "question_type", "points", "scoring", "explanation")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_view_permission = has_change_permission = has_delete_permission = has_add_permission


@admin.register(models.Assessment)
class AssessmentAdmin(WrittenAdmin):
    """Editing of assessments, with settings and questions."""

    list_display = ("title", "lesson", "passing_score", "max_attempts", "time_limit", "created_date")
    list_filter = ("show_results", "show_correct_answers", "randomize_questions", "created_date")
    list_select_related = ("lesson",)
    search_fields = ("title", "lesson__title", "lesson__course__title")
    autocomplete_fields = ("lesson",)
    inlines = (QuestionInline,)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Assessment | None = None
    ) -> tuple[str, ...]:
        return ("lesson",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Assessment) -> None:
        services.delete_assessment(author=request.user, assessment_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Assessment, form: ModelForm, formsets: list[Any]
    ) -> models.Assessment:
        settings = changed(form)
        lesson = settings.pop("lesson", None)
        if obj.pk:
            assessment = services.update_assessment(author=request.user, assessment_id=obj.pk, **settings)
        else:
            assessment = services.create_assessment(author=request.user, lesson_id=lesson.pk, **settings)
        self._write_questions(request, assessment, formsets[0])
        return assessment

    def _write_questions(self, request: HttpRequest, assessment: models.Assessment, formset: Any) -> None:
        for form in formset.deleted_forms:
            if form.instance.pk:
                question_authoring.delete_question(author=request.user, question_id=form.instance.pk)
        for form in kept_forms(formset):
            draft = changed(form)
            if form.instance.pk and draft:
                update_question(author=request.user, question_id=form.instance.pk, draft=draft)
            elif draft:
                question_authoring.create_question(
                    author=request.user, assessment_id=assessment.pk, draft=draft
                )
