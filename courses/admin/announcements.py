"""Admin action that notifies everybody in the selected courses, after a page that asks for the message."""

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

from courses import models
from courses.admin import base
from courses.services import notifications
from courses.validators import validate_not_blank


class AnnouncementForm(forms.Form):
    """Form of an announcement."""

    title = forms.CharField(max_length=255, validators=[validate_not_blank])
    message = forms.CharField(widget=forms.Textarea, validators=[validate_not_blank])
    action_url = forms.CharField(
        label="Link", required=False, help_text="An https address, or a path on this site such as /courses/1."
    )


@admin.action(description="Announce something to everybody in the selected courses")
def announce(
    modeladmin: "base.RecordAdmin", request: HttpRequest, courses: QuerySet[models.Course]
) -> TemplateResponse | None:
    """Ask for an announcement, and then send it to everybody who takes one of the courses: all of them or nobody."""
    form = AnnouncementForm(request.POST if "announce" in request.POST else None)
    if not form.is_valid():
        context = {
            **modeladmin.admin_site.each_context(request),
            "title": "Announce",
            "opts": modeladmin.model._meta,
            "form": form,
            "courses": courses,
        }
        return TemplateResponse(request, "admin/courses/announce.html", context)
    told = 0
    for course in courses:
        told += notifications.announce(author=request.user, course_id=course.pk, **form.cleaned_data)
    modeladmin.message_user(request, f"{told} people were told.", messages.SUCCESS)
    return None
