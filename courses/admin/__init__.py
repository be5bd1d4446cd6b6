"""Django's admin: every model can be looked at, and whatever can be changed is changed by the services.

What the API lets staff of the platform do, they may do here. What is recorded (attempts, grades, activity,
statistics) is shown and never edited. People and their tokens are for those who have Django's permissions.
"""

from courses.admin import (
    activity,
    assessments,
    attempts,
    catalog,
    notes,
    partners,
    people,
    questions,
    reviews,
    statistics,
)

__all__ = [
    "activity",
    "assessments",
    "attempts",
    "catalog",
    "notes",
    "partners",
    "people",
    "questions",
    "reviews",
    "statistics",
]
