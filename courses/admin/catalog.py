"""Courses, lessons, their material, and enrolments."""

from typing import Any

from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest

from courses import models
from courses.admin.announcements import announce
from courses.admin.base import FORM_FIELDS, RecordAdmin, WrittenAdmin, changed, kept_forms
from courses.services import course_authoring as services
from courses.services.course_removal import delete_course, delete_lesson
from courses.services.instructors import appoint_instructors


@admin.register(models.Course)
class CourseAdmin(WrittenAdmin):
    """Editing of courses and their instructors."""

    list_display = ("title", "slug", "is_published", "price", "currency", "created_date")
    list_filter = ("is_published", "currency", "created_date")
    search_fields = ("title", "slug")
    autocomplete_fields = ("instructors",)
    actions = (announce,)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Course) -> None:
        delete_course(author=request.user, course_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Course, form: ModelForm, formsets: list[Any]
    ) -> models.Course:
        settings = changed(form)
        instructors = settings.pop("instructors", None)
        if obj.pk:
            course = services.update_course(author=request.user, course_id=obj.pk, **settings)
        else:
            course = services.create_course(author=request.user, **settings)
        if instructors is None:
            return course
        return appoint_instructors(author=request.user, course_id=course.pk, instructors=instructors)


class ResourceInline(admin.TabularInline):
    """Material of a lesson."""

    model = models.Resource
    extra = 0
    formfield_overrides = FORM_FIELDS
    fields = ("title", "kind", "url")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    has_view_permission = has_change_permission = has_delete_permission = has_add_permission


@admin.register(models.Lesson)
class LessonAdmin(WrittenAdmin):
    """Editing of lessons together with their material."""

    list_display = ("title", "course", "order", "duration_seconds", "created_date")
    list_filter = ("course", "created_date")
    list_select_related = ("course",)
    search_fields = ("title", "course__title")
    ordering = ("course", "order")
    fields = ("course", "title", "content", "duration_seconds")
    autocomplete_fields = ("course",)
    inlines = (ResourceInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: models.Lesson | None = None) -> tuple[str, ...]:
        return ("course",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: models.Lesson) -> None:
        delete_lesson(author=request.user, lesson_id=obj.pk)

    def write(
        self, request: HttpRequest, obj: models.Lesson, form: ModelForm, formsets: list[Any]
    ) -> models.Lesson:
        draft = changed(form)
        course = draft.pop("course", None)
        fields = ResourceInline.fields
        draft["resources"] = [
            {name: part.cleaned_data[name] for name in fields} for part in kept_forms(formsets[0])
        ]
        if obj.pk:
            return services.update_lesson(author=request.user, lesson_id=obj.pk, **draft)
        return services.create_lesson(author=request.user, course_id=course.pk, **draft)


@admin.register(models.Resource)
class ResourceAdmin(RecordAdmin):
    """Read-only list of material, which is edited with its lesson."""

    list_display = ("title", "kind", "lesson", "url")
    list_filter = ("kind", "created_date")
    list_select_related = ("lesson",)
    search_fields = ("title", "url", "lesson__title")


@admin.register(models.Enrollment)
class EnrollmentAdmin(RecordAdmin):
    """Read-only list of enrolments."""

    list_display = ("user", "course", "status", "progress_percentage", "enrolled_date", "completed_date")
    list_filter = ("status", "course", "enrolled_date")
    list_select_related = ("user", "course")
    search_fields = ("user__username", "user__display_name", "course__title")


@admin.register(models.LessonCompletion)
class LessonCompletionAdmin(RecordAdmin):
    """Read-only list of completed lessons."""

    list_display = ("user", "lesson", "completed_date")
    list_filter = ("completed_date",)
    list_select_related = ("user", "lesson")
    search_fields = ("user__username", "lesson__title")
