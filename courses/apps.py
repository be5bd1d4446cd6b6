"""Django application `courses`."""

from django.apps import AppConfig


class CoursesConfig(AppConfig):
    """Registration of the models under the label `courses`."""

    name = "courses"
    verbose_name = "Courses"
