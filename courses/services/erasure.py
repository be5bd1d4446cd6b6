"""Erasure of people: rows that others need are anonymised, everything else is deleted.

The row of the person stays as an inactive stub that nobody can sign in to. So attempts keep counting,
courses keep their reviews, and a grade its grader, without anybody being named.
"""

from dataclasses import dataclass
from enum import Enum
from secrets import token_hex

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.db import models, transaction
from django.db.models import Q

from courses import exceptions
from courses.constants import AttemptEnd, EventType
from courses.models import (
    AssessmentAttempt,
    AttemptAnswer,
    AttemptIntervention,
    Course,
    Event,
    PendingEvent,
    Review,
    User,
)
from courses.policies.grading import HAS_UNGRADED
from courses.policies.results import COURSE_OF_ATTEMPT
from courses.rules.questions import KINDS, SpecifiedColumns
from courses.services import attempt_endings, events
from courses.services.changes import tell_attempts_changed, tell_people_notified
from courses.services.exports import delete_files_of
from courses.utils.clock import database_now

DELETED_USER = "Deleted user"
"""Name that others see of somebody who was erased."""


class Fate(Enum):
    """Treatment of rows that refer to a person who is erased."""

    GOES = "goes"
    STAYS = "stays"
    RELEASED = "stays, and refers to nobody"


_NOTED = "courses.StatisticsChange.user"

FATES = {
    "account.EmailAddress.user": Fate.GOES,
    "admin.LogEntry.user": Fate.STAYS,
    "allauth_idp_oidc.Client.owner": Fate.RELEASED,
    "allauth_idp_oidc.Token.user": Fate.GOES,
    "courses.AccessToken.user": Fate.GOES,
    "courses.Accommodation.granted_by": Fate.STAYS,
    "courses.Accommodation.user": Fate.GOES,
    "courses.ArchivedParticipation.user": Fate.GOES,
    "courses.ArchivedSession.user": Fate.GOES,
    "courses.AssessmentAttempt.user": Fate.STAYS,  # except those that wait for a person
    "courses.AttemptAnswer.graded_by": Fate.STAYS,
    "courses.AttemptIntervention.made_by": Fate.STAYS,
    "courses.Course_instructors.user": Fate.GOES,
    "courses.Enrollment.user": Fate.STAYS,
    "courses.Export.user": Fate.GOES,  # its file, too
    "courses.GradeChange.changed_by": Fate.STAYS,
    "courses.IdempotencyKey.user": Fate.GOES,
    "courses.LessonCompletion.user": Fate.STAYS,
    "courses.Note.user": Fate.GOES,
    "courses.Notification.user": Fate.GOES,
    "courses.Review.user": Fate.STAYS,  # except those that nobody has approved
    "courses.ReviewVote.user": Fate.STAYS,
    "courses.User_groups.user": Fate.GOES,
    "courses.User_user_permissions.user": Fate.GOES,
    "courses.UserActivity.user": Fate.GOES,
    "courses.UserStats.user": Fate.GOES,
    "courses.WebhookEndpoint.user": Fate.GOES,
    _NOTED: Fate.GOES,  # last: it is noted when others go
}
"""Treatment of every reference to a person, as `app.Model.field`."""


@dataclass(frozen=True)
class Effects:
    """Effects of erasing a person: rows deleted and rows kept, by the names of their kinds."""

    goes: dict[str, int]
    stays: dict[str, int]


def effects_of_erasing(*, person: User) -> Effects:
    """Return the effects of `erase_person` as of now; nothing is written."""
    goes: dict[str, int] = {}
    stays: dict[str, int] = {}
    for reference, fate in FATES.items():
        if reference == _NOTED:
            continue
        rows = _rows(reference, person)
        left_over = _not_kept(rows)
        kind = str(rows.model._meta.verbose_name_plural)
        for counts, count in (
            (goes, rows.count() if fate is Fate.GOES else left_over.count()),
            (stays, 0 if fate is Fate.GOES else rows.count() - left_over.count()),
        ):
            if count:
                counts[kind] = counts.get(kind, 0) + count
    return Effects(goes, stays)


@transaction.atomic
def erase_person(*, person: User) -> None:
    """Erase a person and end their sessions, tokens and open attempts. Erasing again deletes what came since.

    Finished attempts, votes, enrolments and approved reviews stay, with nobody's name. Essays, feedback, and
    the network address and user agent of attempts are emptied. Attempts and reviews that still wait for
    somebody's decision are deleted.

    Raises Conflict for the only instructor of a course and for the last superuser.
    """
    person = _locked(person)
    _refuse_only_instructor(person)
    attempts = AssessmentAttempt.objects.filter(user=person)
    locked = list(attempts.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
    _record_emptied(attempts.filter(is_completed=True))
    for attempt in attempt_endings.to_end(attempts.filter(is_completed=False)):
        attempt_endings.end_attempt(attempt, AttemptEnd.TIMER if attempt.is_overdue else AttemptEnd.STAFF)
    _empty(person)
    _empty_attempts(person)
    for review in Review.objects.filter(pk__in=_not_kept(_rows("courses.Review.user", person))):
        events.record_of_review(EventType.REVIEW_DELETED, review)
    delete_files_of(person)
    for reference, fate in FATES.items():
        rows = _rows(reference, person)
        if fate is Fate.RELEASED:
            rows.update(**{reference.rpartition(".")[2]: None})
        else:
            (rows if fate is Fate.GOES else _not_kept(rows)).delete()
    _rows("courses.Review.user", person).update(moderation_notes="")
    _forget_events(person)
    _end_sessions(person)
    _forget_name(person)
    tell_attempts_changed(locked)
    tell_people_notified([person.pk])


def _rows(reference: str, person: User) -> models.QuerySet[models.Model]:
    """Return the rows that refer to the person by `app.Model.field`."""
    label, _, field = reference.rpartition(".")
    rows: models.QuerySet[models.Model] = apps.get_model(label)._default_manager.filter(**{field: person})
    return rows


def _not_kept(rows: models.QuerySet[models.Model]) -> models.QuerySet[models.Model]:
    """Return those of the rows to keep that still wait for somebody's decision, and so are of no use to anybody."""
    match rows.model.__name__:
        case "Review":
            return rows.filter(is_approved=False)
        case "AssessmentAttempt":
            return rows.filter(HAS_UNGRADED)
        case _:
            return rows.none()


def _locked(person: User) -> User:
    """Return the person's row, locked together with those of the superusers. Raises Conflict for the last of these."""
    rows = User.objects.filter(Q(pk=person.pk) | Q(is_superuser=True, is_active=True))
    people = {row.pk: row for row in rows.select_for_update(no_key=True).order_by("pk")}
    if people[person.pk].is_superuser and len(people) == 1:
        raise exceptions.Conflict(
            "Nobody else is a superuser. Please make somebody else one first, who can look after the platform."
        )
    return people[person.pk]


def _refuse_only_instructor(person: User) -> None:
    """Raise Conflict naming the courses that would be left without an instructor."""
    taught = Course.objects.filter(instructors=person).select_for_update(no_key=True, of=("self",))
    others = User.objects.filter(is_active=True).exclude(pk=person.pk)
    alone = [course for course in taught.order_by("pk") if not others.filter(taught_courses=course).exists()]
    if alone:
        titles = ", ".join(f"“{course.title}”" for course in alone)
        raise exceptions.Conflict(f"Nobody else teaches {titles}. Please add another instructor there first.")


def _empty(person: User) -> None:
    """Make the row a stub. The name is random, so the old one may be taken by somebody else."""
    if person.erased_at:
        return
    person.username, person.display_name = f"deleted-{token_hex(16)}", DELETED_USER
    person.first_name = person.last_name = person.email = ""
    person.time_zone, person.last_login = "UTC", None
    person.is_active = person.is_staff = person.is_superuser = person.is_vouched_for = False
    person.erased_at = person.date_joined = database_now()
    person.set_unusable_password()
    person.save()


def _record_emptied(finished: models.QuerySet[AssessmentAttempt]) -> None:
    """Record that responses of finished attempts are cleared, or the attempts deleted; of an open one its end tells."""
    rows = finished.values_list("pk", COURSE_OF_ATTEMPT, "revision")
    subjects = [events.Subject(pk, course, revision=revision) for pk, course, revision in rows]
    events.record(EventType.ATTEMPT_SAVED, subjects)


def _empty_attempts(person: User) -> None:
    """Clear network address and user agent of attempts, the essays, feedback of graders, and reasons of the staff."""
    AttemptIntervention.objects.filter(attempt__user=person).update(reason="")
    AssessmentAttempt.objects.filter(user=person).update(ip_address=None, user_agent="")
    answers = AttemptAnswer.objects.filter(attempt__user=person)
    answers.exclude(feedback="").update(feedback="")
    by_people = [kind.type for kind in KINDS.values() if not kind.has_key]
    answers.filter(question__question_type__in=by_people).update(
        response=None, **SpecifiedColumns()._asdict()
    )


def _forget_events(person: User) -> None:
    """Clear the person from events. The outbox comes first: what is being moved is waited for, and in the feed then."""
    for model in (PendingEvent, Event):
        model._default_manager.filter(learner_id=person.pk).update(learner_id=None)


def _end_sessions(person: User) -> None:
    """Delete the browser sessions, which name their person only inside."""
    sessions = apps.get_model("sessions.Session")._default_manager
    own = [row.pk for row in sessions.iterator() if row.get_decoded().get(SESSION_KEY) == str(person.pk)]
    sessions.filter(pk__in=own).delete()


def _forget_name(person: User) -> None:
    """Clear the name in the administration's history of the account."""
    history = apps.get_model("admin.LogEntry")._default_manager
    of_people = Q(content_type__app_label="courses", content_type__model="user")
    history.filter(of_people, object_id=str(person.pk)).update(object_repr=DELETED_USER)
