"""The Django application `courses`: what is true of courses, whoever asks."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Registers the models under the label `courses`."""

    name = "courses"
    verbose_name = "Courses"
