"""Enrolment in a course, and withdrawal from it: by learners themselves, and by the staff of the course.

Both follow the same rules, which hold for any number of people in as many statements as for one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Case, QuerySet, Value, When
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import MAX_PEOPLE_AT_ONCE, EnrollmentAction, EnrollmentStatus
from courses.models import Course, Enrollment, User
from courses.selectors import catalog, people
from courses.selectors.catalog import SeenCourse
from courses.services import events, progress
from courses.services.answer_keys import stamp_before_enrolling
from courses.services.authorship import found_for_staff
from courses.utils.clock import database_now
from courses.utils.sql import fetch

ACTIVE, COMPLETED, WITHDRAWN = EnrollmentStatus.ACTIVE, EnrollmentStatus.COMPLETED, EnrollmentStatus.WITHDRAWN

_ENROLL = f"""
INSERT INTO {Enrollment._meta.db_table} (user_id, course_id, price_paid, currency, enrolled_date)
SELECT learner, %(course)s, %(price)s, %(currency)s, statement_timestamp()
FROM unnest(%(learners)s::bigint[]) AS new (learner)
ON CONFLICT DO NOTHING
RETURNING user_id AS learner
"""  # noqa: S608 - a name of the models only


@dataclass(frozen=True)
class LearnerOutcome:
    """Outcome for one of the people whom a call names: what was done, or why it was refused."""

    learner: User | None = None
    enrollment: Enrollment | None = None
    refusal: exceptions.Refusal | None = None


@transaction.atomic
def enroll(*, learner: User, course_id: int) -> Enrollment:
    """Enrol the learner, or renew a withdrawn enrolment. Idempotent.

    Raises NotFound for a course that the learner may not see or that is not published.
    """
    course = _visible_course(learner, course_id)
    if not course.is_published:
        raise exceptions.NotFound(field=["courseId"])
    return _enrolled(course, [learner])[learner.pk]


@transaction.atomic
def withdraw(*, learner: User, course_id: int) -> Enrollment:
    """Withdraw from the course. Progress stays. Idempotent. Raises NotEnrolled."""
    course = _visible_course(learner, course_id)
    withdrawn = _withdrawn(course, [learner])
    if learner.pk not in withdrawn:
        raise exceptions.NotEnrolled(field=["courseId"])
    return withdrawn[learner.pk]


@transaction.atomic
def update_enrollments(
    *,
    author: User,
    course_id: int,
    action: EnrollmentAction,
    usernames: Sequence[str] = (),
    user_ids: Sequence[int | None] = (),
) -> list[LearnerOutcome]:
    """Enrol or withdraw people, also in a draft; return an outcome for each, those of `usernames` first. Idempotent.

    All that can be done is done. The outcome of people who are not here is NotFound, as for None among `user_ids`, and
    of those to withdraw who never enrolled NotEnrolled.

    Raises NotFound, PermissionDenied for all but the staff of the course, Required when nobody is named, and Invalid
    for more than MAX_PEOPLE_AT_ONCE.
    """
    course = found_for_staff(
        catalog.courses_visible_to(author),
        course_id,
        field="courseId",
        refusal="Only the instructors of the course enrol and withdraw others.",
    )
    count = len(usernames) + len(user_ids)
    if not count:
        raise exceptions.Required("Name somebody, by `usernames` or `userIds`.", field=["usernames"])
    if count > MAX_PEOPLE_AT_ONCE:
        raise exceptions.Invalid(
            f"At most {MAX_PEOPLE_AT_ONCE} people at once; {count} were named.",
            field=["usernames" if usernames else "userIds"],
        )
    named = _named(author, course, usernames, user_ids)
    if action == EnrollmentAction.ENROLL:
        named = [person if person and person.is_active else None for person in named]
    learners = {person for person in named if person}
    changed = (
        _enrolled(course, learners) if action == EnrollmentAction.ENROLL else _withdrawn(course, learners)
    )
    return [_outcome(person, changed) for person in named]


def _named(
    author: User, course: Course, usernames: Sequence[str], user_ids: Sequence[int | None]
) -> list[User | None]:
    """Return the people who are named, in that order, None for nobody."""
    found = people.people_named(author, course, usernames=usernames, user_ids=user_ids)
    by_name = {person.username: person for person in found}
    by_id: dict[int | None, User] = {person.pk: person for person in by_name.values()}
    return [*map(by_name.get, usernames), *map(by_id.get, user_ids)]


def _outcome(person: User | None, changed: Mapping[int, Enrollment]) -> LearnerOutcome:
    if person is None:
        return LearnerOutcome(
            refusal=exceptions.NotFound("Nobody here has this user name or id. Please check it.")
        )
    if person.pk not in changed:
        return LearnerOutcome(
            person,
            refusal=exceptions.NotEnrolled(
                "This person was never enrolled, so there is nothing to withdraw."
            ),
        )
    return LearnerOutcome(person, changed[person.pk])


def _enrolled(course: Course, learners: Collection[User]) -> dict[int, Enrollment]:
    """Enrol people at today's price, renew what was withdrawn, and return the enrolments by learner.

    A renewed enrolment is completed if the course was. Who has meanwhile no lesson left completes it now.
    """
    stamp_before_enrolling(course_id=course.pk, learner_ids=[learner.pk for learner in learners])
    new = fetch(
        _ENROLL,
        learners=sorted(learner.pk for learner in learners),
        course=course.pk,
        price=course.price,
        currency=course.currency,
    )
    enrollments = _locked(course, learners)
    left = _with_status(enrollments, WITHDRAWN)
    events.record_enrollments_changed([*(enrollments[row.learner] for row in new), *left])
    if not left:
        return enrollments
    renewed = Enrollment.objects.filter(pk__in=[each.pk for each in left])
    has_completed = When(completed_date__isnull=False, then=Value(COMPLETED))
    renewed.update(status=Case(has_completed, default=Value(ACTIVE)), updated_date=Now())
    progress.complete_finished(course=course, enrollments=renewed)
    return enrollments | _by_learner(renewed)


def _withdrawn(course: Course, learners: Collection[User]) -> dict[int, Enrollment]:
    """Withdraw those who are enrolled; return the enrolments by learner."""
    enrollments = _locked(course, learners)
    if not (taking := _with_status(enrollments, ACTIVE, COMPLETED)):
        return enrollments
    withdrawn = Enrollment.objects.filter(pk__in=[each.pk for each in taking])
    withdrawn.update(status=WITHDRAWN, withdrawn_date=database_now(), updated_date=Now())
    events.record_enrollments_changed(taking)
    return enrollments | _by_learner(withdrawn)


def _locked(course: Course, learners: Collection[User]) -> dict[int, Enrollment]:
    """Lock the enrolments of people in a course; return them by learner."""
    enrollments = Enrollment.objects.filter(course=course, user__in=learners)
    return _by_learner(enrollments.select_for_update(no_key=True).order_by("pk"))


def _by_learner(enrollments: QuerySet[Enrollment]) -> dict[int, Enrollment]:
    return {each.user_id: each for each in enrollments}


def _with_status(enrollments: Mapping[int, Enrollment], *statuses: EnrollmentStatus) -> list[Enrollment]:
    return [each for each in enrollments.values() if each.status in statuses]


def _visible_course(viewer: User, course_id: int) -> SeenCourse:
    course = catalog.courses_visible_to(viewer).filter(pk=course_id).first()
    if course is None:
        raise exceptions.NotFound(field=["courseId"])
    return course
