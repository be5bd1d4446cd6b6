"""Django's admin: a view of every model, with all writes through the services.

Staff of the platform may do here what the API lets them do. Records (attempts, grades, activity, statistics) are
shown and never edited. People and their tokens are for those who have Django's permissions.
"""

from courses.admin import (
    accommodations,
    activity,
    assessments,
    attempts,
    catalog,
    documents,
    events,
    exports,
    idempotency,
    notes,
    partners,
    people,
    questions,
    reviews,
    statistics,
    webhooks,
)

__all__ = [
    "accommodations",
    "activity",
    "assessments",
    "attempts",
    "catalog",
    "documents",
    "events",
    "exports",
    "idempotency",
    "notes",
    "partners",
    "people",
    "questions",
    "reviews",
    "statistics",
    "webhooks",
]
