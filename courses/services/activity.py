"""Recording of activity: noticed by the server itself, or reported by clients of their own person."""

import json
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model, QuerySet

from courses import exceptions
from courses.constants import MAX_ACTIVITY_DATA_BYTES, ActivityType
from courses.models import Assessment, AssessmentAttempt, Course, Lesson, Resource, User, UserActivity
from courses.selectors import assessments, catalog
from courses.utils.row_writes import Insertion
from courses.utils.sql import fetch
from courses.validators import validate_activity_data

M = TypeVar("M", bound=Model)

RECORDED_BY_THE_SERVER = frozenset(
    {ActivityType.COMPLETE_LESSON, ActivityType.TAKE_QUIZ, ActivityType.GIVE_REVIEW}
)
"""Types that follow from another action of a person, and that clients therefore cannot report."""

_NEEDED = {
    ActivityType.VIEW_COURSE: "course",
    ActivityType.START_LESSON: "lesson",
    ActivityType.DOWNLOAD_RESOURCE: "resource",
}
"""Parts that a type of activity requires."""

RECORD = Insertion(UserActivity)
"""Recording of an activity that is known to be one, by the statement that a short transaction ends with."""

_REFERENCES = ("user", "course", "lesson", "resource", "assessment")


def record(
    *,
    actor: User,
    type: ActivityType,
    course: Course | None = None,
    lesson: Lesson | None = None,
    resource: Resource | None = None,
    assessment: Assessment | None = None,
    data: dict[str, Any] | None = None,
) -> UserActivity:
    """Record that `actor` did something: part of a service's transaction.

    Parents are filled in: the lesson of an assessment or resource, the course of a lesson. Raises ValidationError for
    `data` that no activity can hold.
    """
    part = assessment or resource
    lesson = lesson or (part.lesson if part else None)
    activity = UserActivity(
        user=actor,
        activity_type=type,
        course=course or (lesson.course if lesson else None),
        lesson=lesson,
        resource=resource,
        assessment=assessment,
        data={} if data is None else data,
    )
    activity.clean_fields(exclude=_REFERENCES)
    activity.save(force_insert=True)
    return activity


def activity_of_attempt(
    attempt: AssessmentAttempt, event: str, *, lesson_id: int, course_id: int, at: datetime, **data: object
) -> UserActivity:
    """Return the activity of a learner who has started or completed the attempt `at` a moment, for RECORD."""
    return UserActivity(
        user_id=attempt.user_id,
        activity_type=ActivityType.TAKE_QUIZ,
        course_id=course_id,
        lesson_id=lesson_id,
        assessment_id=attempt.assessment_id,
        data={"event": event, "attempt": attempt.attempt_number, **data},
        created_date=at,
    )


@transaction.atomic
def record_activity(
    *,
    actor: User,
    type: ActivityType,
    course_id: int | None = None,
    lesson_id: int | None = None,
    resource_id: int | None = None,
    assessment_id: int | None = None,
    data: Any = None,
) -> UserActivity:
    """Record an activity that a client reports of its person.

    Raises PermissionDenied for types that only the server records, NotFound for parts that the person may not see,
    Required for an activity without its subject, and Invalid for parts that do not belong together or `data`
    that is no small JSON object.
    """
    if type in RECORDED_BY_THE_SERVER:
        raise exceptions.PermissionDenied(
            "The server records this itself when it happens. Please leave it out.", field=["type"]
        )
    parts: dict[str, Any] = {
        "course": _visible(catalog.courses_visible_to(actor), course_id, "courseId"),
        "lesson": _visible(catalog.lessons_visible_to(actor), lesson_id, "lessonId"),
        "resource": _visible(catalog.resources_visible_to(actor), resource_id, "resourceId"),
        "assessment": _visible(assessments.assessments_visible_to(actor), assessment_id, "assessmentId"),
    }
    needed = _NEEDED.get(type)
    if needed and parts[needed] is None:
        raise exceptions.Required(f"Please say which {needed} this is about.", field=[f"{needed}Id"])
    _check_belonging(**parts)
    if data is not None:
        _check_data(data)
    return record(actor=actor, type=type, data=data, **parts)


def _visible(rows: QuerySet[M], pk: int | None, field: str) -> M | None:
    if pk is None:
        return None
    row = rows.filter(pk=pk).first()
    if row is None:
        raise exceptions.NotFound(field=[field])
    return row


def _check_belonging(
    *,
    course: Course | None,
    lesson: Lesson | None,
    resource: Resource | None,
    assessment: Assessment | None,
) -> None:
    """Raise Invalid, naming the part that does not belong to the others."""
    for part, field in ((resource, "resourceId"), (assessment, "assessmentId")):
        if part and lesson and part.lesson_id != lesson.pk:
            raise exceptions.Invalid("This does not belong to the lesson that is named.", field=[field])
        lesson = lesson or (part.lesson if part else None)
    if lesson and course and lesson.course_id != course.pk:
        raise exceptions.Invalid("This does not belong to the course that is named.", field=["courseId"])


def _check_data(data: object) -> None:
    """Raise Invalid for data that is no small JSON object, also as the database writes it: 1e300 grows there."""
    try:
        validate_activity_data(data)
    except ValidationError as error:
        raise exceptions.Invalid(error.messages[0], field=["data"]) from error
    [(size,)] = fetch("SELECT octet_length(%(data)s::jsonb::text)", data=json.dumps(data))
    if size > MAX_ACTIVITY_DATA_BYTES:
        raise exceptions.Invalid(f"Please give at most {MAX_ACTIVITY_DATA_BYTES} bytes.", field=["data"])
