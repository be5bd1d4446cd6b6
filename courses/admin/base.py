"""Base of all admin pages: permissions, and display of the services' refusals."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Model, QuerySet
from django.forms import BaseInlineFormSet, DecimalField, ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from courses.exceptions import Refusal
from courses.policies.participation import is_platform_staff
from courses.rules.numbers import as_number


def sentences_of(refusal: Refusal | ValidationError) -> list[str]:
    """Return the messages of a refusal."""
    if isinstance(refusal, Refusal):
        return [refusal.message]
    if not hasattr(refusal, "error_dict"):
        return list(refusal.messages)
    return [f"{place}: {text}" for place, texts in refusal.message_dict.items() for text in texts]


class PlainDecimalField(DecimalField):
    """Decimal field with the number syntax of all other inputs: Python's own takes digits of any script, and 1_000."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip() and as_number(value.strip()) is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


FORM_FIELDS: dict[Any, Any] = {
    models.DecimalField: {"form_class": PlainDecimalField},
    models.URLField: {"assume_scheme": "https"},
}
"""Arguments of form fields beside those of the fields of models."""


def stored(name: str) -> Callable[[Model], Any]:
    """Return a column of a list that shows a choice by its value. The label is a sentence, for the filter beside it."""

    @admin.display(description=name, ordering=name)
    def column(row: Model) -> Any:
        return getattr(row, name)

    return column


def said(page: admin.ModelAdmin, request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Return the view's response; or, when a service refuses, the page again with the reason, and roll back."""
    try:
        with transaction.atomic():
            return view()
    except (Refusal, ValidationError) as refusal:
        for sentence in sentences_of(refusal):
            page.message_user(request, sentence, messages.ERROR)
        return HttpResponseRedirect(request.get_full_path())


class RecordAdmin(admin.ModelAdmin):
    """Page of a read-only model, for staff of the platform."""

    show_full_result_count = False
    list_per_page = 50
    formfield_overrides = FORM_FIELDS

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_platform_staff(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Return the list, with refusals of its actions shown."""
        return said(self, request, lambda: super(RecordAdmin, self).changelist_view(request, extra_context))

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the form, with refusals of a service shown after the form found its values valid."""
        return said(self, request, lambda: super(RecordAdmin, self).changeform_view(request, *args, **kwargs))

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return the question whether to delete, with a refusal shown."""
        return said(self, request, lambda: super(RecordAdmin, self).delete_view(request, *args, **kwargs))


class WrittenAdmin(RecordAdmin):
    """Page of a model that staff of the platform write through services. Subclasses name the services."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_platform_staff(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_platform_staff(request.user)

    def write(self, request: HttpRequest, obj: Any, form: ModelForm, formsets: list[Any]) -> Model:
        """Write the form and its inline forms by a service; return the row."""
        raise NotImplementedError

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        """Do nothing yet: a service writes a row together with its parts, in `save_related`."""

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list[Any], change: bool) -> None:
        """Write everything, and note which parts are new, changed and deleted for the history."""
        for formset in formsets:
            formset.save(commit=False)
        form.instance.pk = self.write(request, form.instance, form, formsets).pk

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, Any, set[str], list[Any]]:
        """Return the rows to delete. Permission is for the service to decide, and not for the pages of its parts."""
        going, counts, _, protected = super().get_deleted_objects(objs, request)
        return going, counts, set(), protected

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the rows by the service, all of them or none."""
        for obj in queryset:
            self.delete_model(request, obj)


def changed(form: ModelForm) -> dict[str, Any]:
    """Return the changed values of a form, by the names of their fields."""
    return {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}


def kept_forms(formset: BaseInlineFormSet) -> list[ModelForm]:
    """Return the inline forms that are filled and not marked for deletion, in their order."""
    filled = [form for form in formset.forms if form.instance.pk or form.has_changed()]
    return [form for form in filled if form not in formset.deleted_forms]
