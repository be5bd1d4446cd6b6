"""Accommodations: granting them to learners, and revoking them. For the staff of the course."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import MAX_ACCOMMODATED_LEARNERS
from courses.models import Accommodation, Assessment, AssessmentAttempt, Course, Enrollment, User
from courses.models.accommodations import effective_closes_at, effective_time_limit
from courses.policies.attempt_time import is_open
from courses.policies.participation import TAKES
from courses.rules.attempt_limits import deadline
from courses.rules.words import trimmed
from courses.selectors import accommodations, assessments, catalog, people
from courses.services.answer_keys import stamp_before_accommodating
from courses.services.attempt_interventions import Extension, extend
from courses.services.authorship import assign, found_for_staff
from courses.services.problems import Problems

_TIME = {"time_factor", "extra_minutes"}


class AccommodationSettings(TypedDict, total=False):
    """Settings of an accommodation. A missing key keeps its value; None leaves it to the course or assessment."""

    time_factor: Decimal | None
    extra_minutes: int | None
    extra_attempts: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    may_retake_after_key: bool | None
    reason: str


@dataclass(frozen=True)
class AccommodationOutcome:
    """Outcome for one of the learners whom a call names: what was granted, or why nothing was."""

    learner_id: int | None = None
    accommodation_id: int | None = None
    refusal: exceptions.Refusal | None = None


@transaction.atomic
def grant_accommodation(
    *,
    author: User,
    learner_ids: Sequence[int | None],
    course_id: int | None = None,
    assessment_id: int | None = None,
    apply_to_open_attempts: bool = False,
    **settings: Unpack[AccommodationSettings],
) -> list[AccommodationOutcome]:
    """Grant an accommodation in an assessment, or in a whole course, to each of the learners; return their outcomes in
    the same order. A second grant replaces the settings that it names and leaves the rest.

    All that can be done is done, in the same number of statements for any number of learners: who does not take the
    course has the outcome NotEnrolled, an id that is None NotFound, and settings that contradict those granted before
    Invalid. `apply_to_open_attempts` moves deadlines of open attempts to what counts now, never to an earlier moment.

    Raises NotFound, PermissionDenied for all but the staff of the course, Required without a course or a setting,
    Invalid for too many learners or an assessment of another course, and ValidationError for wrong settings.
    """
    course, assessment = _place(author, course_id, assessment_id)
    if len(learner_ids) > MAX_ACCOMMODATED_LEARNERS:
        raise exceptions.Invalid(
            f"At most {MAX_ACCOMMODATED_LEARNERS} learners at once; {len(learner_ids)} were named.",
            field=["learnerIds"],
        )
    named = _checked(settings)
    learners = _locked_learners(course, {pk for pk in learner_ids if pk is not None})
    place = {"course": course, "assessment": assessment}
    stored = {row.user_id: row for row in Accommodation.objects.filter(user__in=learners, **place)}
    rows = {pk: stored.get(pk) or Accommodation(user_id=pk, **place) for pk in learners}
    refused = _assigned({**named, "granted_by": author}, rows)
    granted = {pk: row for pk, row in rows.items() if pk not in refused}
    stamp_before_accommodating(
        course_id=course.pk,
        assessment_id=assessment.pk if assessment else None,
        learner_ids=list(granted),
        moves_close="closes_at" in named,
    )
    Accommodation.objects.bulk_create([row for row in granted.values() if row.pk is None])
    changed = [row for row in granted.values() if row.user_id in stored]
    Accommodation.objects.bulk_update(changed, [*named, "granted_by", "updated_date"])
    if apply_to_open_attempts:
        attempts = AssessmentAttempt.objects.filter(user__in=granted, assessment__lesson__course=course)
        reasons = {pk: row.reason for pk, row in granted.items()}
        _move_deadlines(author, attempts.filter(assessment=assessment) if assessment else attempts, reasons)
    missing = [pk for pk in learner_ids if pk not in learners]
    shown = {person.pk for person in people.people_named(author, course, usernames=(), user_ids=missing)}
    return [_outcome(pk, granted, refused, shown) for pk in learner_ids]


@transaction.atomic
def revoke_accommodation(*, author: User, accommodation_id: int) -> None:
    """Revoke an accommodation. Attempts that run keep their deadlines.

    Raises NotFound, and PermissionDenied for the learner whose it is.
    """
    visible = accommodations.accommodations_visible_to(author)
    found = found_for_staff(visible.select_related("course"), accommodation_id, field="accommodationId")
    list(Enrollment.objects.select_for_update(no_key=True).filter(user=found.user_id, course=found.course_id))
    stamp_before_accommodating(
        course_id=found.course_id,
        assessment_id=found.assessment_id,
        learner_ids=[found.user_id],
        moves_close=found.closes_at is not None,
    )
    found.delete()


def _place(
    author: User, course_id: int | None, assessment_id: int | None
) -> tuple[Course, Assessment | None]:
    """Return the course, and the assessment if one is named, that the author may accommodate learners in."""
    assessment = None
    if assessment_id is not None:
        visible = assessments.assessments_visible_to(author).filter(pk=assessment_id)
        assessment = visible.select_related("lesson").first()
        if assessment is None:
            raise exceptions.NotFound(field=["assessmentId"])
        if course_id not in (None, assessment.lesson.course_id):
            raise exceptions.Invalid(
                "The assessment belongs to another course. Please name one of the two.",
                field=["assessmentId"],
            )
        course_id = assessment.lesson.course_id
    if course_id is None:
        raise exceptions.Required("Name a course or an assessment.", field=["courseId"])
    course = found_for_staff(
        catalog.courses_visible_to(author),
        course_id,
        field="assessmentId" if assessment else "courseId",
        refusal="Only the instructors of a course grant accommodations in it.",
    )
    return course, assessment


def _checked(settings: AccommodationSettings) -> AccommodationSettings:
    """Return the settings to assign: factor and minutes together, as they are one setting."""
    if not settings:
        raise exceptions.Required("Name at least one setting.", field=None)
    checked = settings.copy()
    if _TIME & set(settings):
        checked["time_factor"], checked["extra_minutes"] = (
            settings.get("time_factor"),
            settings.get("extra_minutes"),
        )
    if "reason" in checked:
        checked["reason"] = trimmed(checked["reason"])
    problems = Problems()
    problems.check(Accommodation(**checked), apart_from=("user", "course", "assessment"))
    problems.refuse_any()
    return checked


def _locked_learners(course: Course, learners: set[int]) -> set[int]:
    """Lock the enrolments of those who take the course, so that they start nothing meanwhile; return who they are."""
    enrollments = Enrollment.objects.filter(TAKES, course=course, user__in=learners)
    return set(enrollments.select_for_update(no_key=True).order_by("pk").values_list("user_id", flat=True))


def _assigned(
    values: Mapping[str, object], rows: Mapping[int, Accommodation]
) -> dict[int, exceptions.Refusal]:
    """Assign the values to everybody's row, and return the refusals of rows that contradict themselves then."""
    refused: dict[int, exceptions.Refusal] = {}
    for learner, row in rows.items():
        assign(row, {**values, "updated_date": Now()})
        try:
            row.clean()
        except ValidationError as error:
            refused[learner] = exceptions.Invalid(" ".join(error.messages))
    return refused


def _move_deadlines(author: User, attempts: QuerySet[AssessmentAttempt], reasons: Mapping[int, str]) -> None:
    """Move the deadlines of attempts that are open to what counts for their learners now, where that is later."""
    learner, path = OuterRef("user_id"), "assessment__"
    running = attempts.filter(is_open(), deadline_at__isnull=False).annotate(
        effective_time_limit=effective_time_limit(learner, path),
        effective_closes_at=effective_closes_at(learner, path),
    )
    extensions = []
    running = running.select_related("assessment__lesson")
    for attempt in running.select_for_update(no_key=True, of=("self",)).order_by("pk"):
        due = deadline(
            attempt.start_time, time_limit=attempt.effective_time_limit, closes_at=attempt.effective_closes_at
        )
        if due and attempt.deadline_at and due > attempt.deadline_at:
            extensions.append(Extension(attempt, due, reasons[attempt.user_id]))
    extend(extensions, author)


def _outcome(
    learner: int | None,
    granted: Mapping[int, Accommodation],
    refused: Mapping[int, exceptions.Refusal],
    shown: Collection[int],
) -> AccommodationOutcome:
    """Return the outcome for a learner. Who does not take the course is `shown` only to those who may name them."""
    if learner is None:
        return AccommodationOutcome(refusal=exceptions.NotFound())
    if learner in granted:
        return AccommodationOutcome(learner, granted[learner].pk)
    if learner in refused:
        return AccommodationOutcome(learner, refusal=refused[learner])
    refusal = exceptions.NotEnrolled("Does not take this course. Please enroll them first.")
    return AccommodationOutcome(learner if learner in shown else None, refusal=refusal)
