"""Questions, with the answers that are their key."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.base import FORM_FIELDS, RecordAdmin, WrittenAdmin, changed, kept_forms
from courses.services import question_authoring as services
from courses.services.question_editing import update_question


class AnswerInline(admin.TabularInline):
    """Answers of a question."""

    model = models.Answer
    extra = 0
    ordering = ("order",)
    formfield_overrides = FORM_FIELDS
    fields = (
        "answer_text",
        "is_correct",
        "match_text",
        "blank_key",
        "text_match",
        "tolerance",
        "credit",
        "explanation",
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_view_permission = has_change_permission = has_delete_permission = has_add_permission


@admin.register(models.Question)
class QuestionAdmin(WrittenAdmin):
    """Editing of questions together with their answers."""

    list_display = ("__str__", "assessment", "order", "question_type", "points", "scoring")
    list_filter = ("question_type", "scoring", "created_date")
    list_select_related = ("assessment",)
    search_fields = ("question_text", "assessment__title")
    ordering = ("assessment", "order")
    fields = ("assessment", "question_text", "question_type", "points", "scoring", "explanation")
    autocomplete_fields = ("assessment",)
    inlines = (AnswerInline,)

    def get_readonly_fields(
        self, request: HttpRequest, obj: models.Question | None = None
    ) -> tuple[str, ...]:
        return ("assessment",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Question) -> None:
        services.delete_question(author=request.user, question_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Question, form: ModelForm, formsets: list[Any]
    ) -> models.Question:
        draft = changed(form)
        assessment = draft.pop("assessment", None)
        draft["answers"] = [
            {name.removeprefix("answer_"): part.cleaned_data[name] for name in AnswerInline.fields}
            for part in kept_forms(formsets[0])
        ]
        if obj.pk:
            return update_question(author=request.user, question_id=obj.pk, draft=draft)
        return services.create_question(author=request.user, assessment_id=assessment.pk, draft=draft)


@admin.register(models.QuestionVersion)
class QuestionVersionAdmin(RecordAdmin):
    """Read-only list of versions of questions, as attempts were asked or graded by them."""

    list_display = ("question", "number", "digest", "created_date")
    list_filter = ("created_date",)
    list_select_related = ("question",)
    search_fields = ("question__question_text", "digest")
    ordering = ("-pk",)


@admin.register(models.Answer)
class AnswerAdmin(RecordAdmin):
    """Read-only list of answers, which are edited with their question."""

    list_display = ("__str__", "question", "order", "is_correct", "credit")
    list_filter = ("is_correct", "text_match")
    list_select_related = ("question",)
    search_fields = ("answer_text", "match_text", "question__question_text")
