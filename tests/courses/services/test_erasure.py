"""Erasing people: a decision for everything that refers to them, and nothing of them left."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.idp.oidc.models import Client, Token
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection, models, transaction
from django.test import Client as Browser

from courses import exceptions
from courses.constants import NotificationType
from courses.models import (
    ActivityArchive,
    ArchivedParticipation,
    ArchivedSession,
    AssessmentAttempt,
    AttemptAnswer,
    AttemptIntervention,
    Course,
    CourseStats,
    Enrollment,
    Export,
    GradeChange,
    IdempotencyKey,
    LessonCompletion,
    Notification,
    Review,
    ReviewVote,
    StatisticsChange,
    User,
    UserActivity,
)
from courses.services import erasure, notifications, statistics
from courses.services.activity_archives import archive_activity, restore_activity
from courses.services.erasure import FATES, Fate, effects_of_erasing, erase_person
from courses.utils.clock import database_now
from courses.utils.sql import fetch
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

NAMES = {"username": "zaphod.b", "display_name": "Zaphod Beeblebrox", "email": "zaphod@heartofgold.example"}


def _references() -> dict[str, type[models.Model]]:
    """Every column of every model, Django's and allauth's included, that refers to a person."""
    return {
        f"{model._meta.label}.{field.name}": model
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.remote_field is not None and field.remote_field.model is User
    }


def test_there_is_a_decision_for_everything_that_refers_to_a_person() -> None:
    """A new model fails here until somebody decides what becomes of its rows."""
    assert set(FATES) == set(_references())


class Life:
    """A person who has a row in everything that refers to people, and the course it all happened in."""

    def __init__(self) -> None:
        self.person = person = factories.make_user(
            **NAMES, first_name="Zaphod", last_name="Beeblebrox", time_zone="Asia/Tokyo", password="secret"
        )
        self.colleague = factories.make_user()
        self.course = factories.make_course()
        self.taught = factories.make_course(instructors=(person, self.colleague))
        lesson = factories.make_lesson(course=self.course)
        self.assessment = factories.make_assessment(lesson=lesson, max_attempts=9)
        self.essay = factories.essay(self.assessment, points=2)
        self.choice = factories.single_choice(self.assessment)
        factories.enroll(person, self.course, price_paid=10)
        LessonCompletion.objects.create(user=person, lesson=lesson)
        self.graded = self._graded_attempt()
        self.waiting = self._attempt()
        self.waiting.complete()
        self.open = factories.make_attempt(person, self.assessment)
        factories.pick(self.open, self.choice, "right")
        self.review = factories.make_review(person, self.course, moderation_notes="Zaphod Beeblebrox again")
        self.unseen_review = factories.make_review(person, factories.make_course(), is_approved=False)
        other = factories.make_learner(self.course)
        ReviewVote.objects.create(user=person, review=factories.make_review(other, self.course))
        self.graded_by_person = self._grade_of(other)
        factories.accommodate(person, self.course, reason="Zaphod Beeblebrox has two heads.")
        factories.accommodate(other, self.course, granted_by=person)
        AttemptIntervention.objects.create(attempt=self.graded, kind="extended", reason="Zaphod Beeblebrox")
        AttemptIntervention.objects.create(
            attempt=self.graded_by_person.attempt, kind="closed", made_by=person
        )
        factories.make_note(person, lesson, content="I, Zaphod Beeblebrox, was here.")
        factories.make_notification(person, message="Dear Zaphod Beeblebrox")
        factories.make_activity(person, course=self.course, data={"by": "zaphod.b"})
        self._accounts()
        statistics.refresh_all()

    def _attempt(self) -> AssessmentAttempt:
        attempt = factories.make_attempt(
            self.person, self.assessment, ip_address="203.0.113.7", user_agent="Improbability Drive"
        )
        factories.answer(attempt, self.essay, {"text": "My name is Zaphod Beeblebrox."})
        factories.pick(attempt, self.choice, "right")
        return attempt

    def _graded_attempt(self) -> AssessmentAttempt:
        attempt = self._attempt()
        attempt.complete()
        attempt.answers.filter(question=self.essay).update(
            credit=1,
            is_correct=True,
            points_earned=2,
            graded_at=database_now(),
            feedback="Well done, Zaphod Beeblebrox!",
        )
        factories.rescore(attempt)
        return attempt

    def _grade_of(self, learner: User) -> AttemptAnswer:
        attempt = factories.make_attempt(learner, self.assessment)
        answer = factories.answer(attempt, self.essay, {"text": "Because."})
        attempt.complete()
        AttemptAnswer.objects.filter(pk=answer.pk).update(
            credit=1, is_correct=True, points_earned=2, graded_by=self.person, graded_at=database_now()
        )
        GradeChange.objects.create(attempt_answer=answer, changed_by=self.person, reason="manual")
        return answer

    def _accounts(self) -> None:
        person, now = self.person, database_now()
        address = EmailAddress.objects.create(user=person, email=NAMES["email"], verified=True, primary=True)
        EmailConfirmation.objects.create(email_address=address, key="k" * 20)
        self.client = Client.objects.create(name="A partner", owner=person)
        Token.objects.create(type=Token.Type.ACCESS_TOKEN, hash="h" * 64, user=person, client=self.client)
        factories.make_access_token(person, "cat_" + "s" * 40, name="zaphod.b's script")
        factories.make_webhook_endpoint(person, url="https://zaphod.example/events")
        Export.objects.create(user=person, principal=f"user:{person.pk}", kind="attempts")
        IdempotencyKey.objects.create(
            user=person, digest="0" * 64, mutation="createNote", fingerprint="0" * 64
        )
        person.groups.add(Group.objects.create(name="Presidents"))
        person.user_permissions.add(Permission.objects.earliest("pk"))
        LogEntry.objects.create(
            user=person, action_flag=CHANGE, object_repr="A course", content_type=None, object_id="1"
        )
        LogEntry.objects.create(
            user=self.colleague,
            action_flag=CHANGE,
            object_repr=str(person),
            content_type=ContentType.objects.get_for_model(User),
            object_id=str(person.pk),
        )
        archive = ActivityArchive.objects.create(digest="0" * 64, before=now, row_count=1)
        ArchivedSession.objects.create(
            archive=archive,
            user=person,
            started=now,
            ended=now,
            time_spent_seconds=1,
            activity_counts=[1],
        )
        ArchivedParticipation.objects.create(
            archive=archive, user=person, course=self.course, last_activity=now
        )
        StatisticsChange.objects.create(user=person)
        self.browser = Browser()
        self.browser.force_login(person)


@pytest.fixture
def life() -> Life:
    return Life()


def _count(reference: str, person: User) -> int:
    label, _, field = reference.rpartition(".")
    return apps.get_model(label)._default_manager.filter(**{field: person}).count()


def test_what_goes_is_gone_and_what_stays_is_there(life: Life) -> None:
    StatisticsChange.objects.create(user=life.person)
    before = {reference: _count(reference, life.person) for reference in FATES}
    assert min(before.values()) > 0, before

    erase_person(person=life.person)

    after = {reference: _count(reference, life.person) for reference in FATES}
    stays = {reference: before[reference] for reference, fate in FATES.items() if fate is Fate.STAYS}
    stays["courses.AssessmentAttempt.user"] -= 1  # the one that nobody can grade any more
    stays["courses.Review.user"] -= 1  # the one that nobody has seen
    assert after == dict.fromkeys(FATES, 0) | stays


def test_the_row_of_the_person_becomes_a_stub(life: Life) -> None:
    erase_person(person=life.person)
    stub = User.objects.get(pk=life.person.pk)
    assert (stub.shown_name, stub.email, stub.first_name, stub.last_name) == ("Deleted user", "", "", "")
    assert (stub.is_active, stub.is_staff, stub.is_superuser, stub.last_login) == (False, False, False, None)
    assert stub.username.startswith("deleted-")
    assert not stub.has_usable_password()
    assert stub.time_zone == "UTC"
    assert stub.date_joined == stub.erased_at


def test_no_text_in_the_whole_database_names_the_person(life: Life) -> None:
    sought = [*NAMES.values(), "Beeblebrox", "203.0.113.7", "Improbability"]
    assert _found(sought)

    erase_person(person=life.person)

    assert _found(sought) == []


def _found(sought: list[str]) -> list[tuple[str, str]]:
    """The tables, and the words, where a row has one of the words in any column."""
    tables = connection.introspection.table_names()
    return [
        (table, word)
        for table in tables
        for word in sought
        if fetch(f'SELECT FROM "{table}" AS line WHERE position(%(word)s IN line::text) > 0', word=word)
    ]


def test_attempts_keep_their_results_without_the_persons_words(life: Life) -> None:
    erase_person(person=life.person)
    attempt = AssessmentAttempt.objects.get(pk=life.graded.pk)
    assert (attempt.score, attempt.is_passed, attempt.ip_address, attempt.user_agent) == (3, True, None, "")
    essay, choice = (attempt.answers.get(question=question) for question in (life.essay, life.choice))
    assert (essay.response, essay.text_answer, essay.feedback) == (None, "", "")
    assert (essay.credit, essay.points_earned) == (1, 2)
    assert choice.response == {"choices": [life.choice.answers.get(answer_text="right").pk]}


def test_an_open_attempt_is_ended_with_what_was_saved(life: Life) -> None:
    erase_person(person=life.person)
    attempt = AssessmentAttempt.objects.get(pk=life.open.pk)
    assert (attempt.is_completed, attempt.ended_by, attempt.score) == (True, "staff", 1)
    assert not AssessmentAttempt.objects.filter(pk=life.waiting.pk).exists()


def test_the_answers_of_everybody_else_stay_frozen(life: Life) -> None:
    other = AttemptAnswer.objects.filter(pk=life.graded_by_person.pk)
    erase_person(person=life.person)
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        other.update(text_answer="")
    assert other.get().text_answer == "Because."


def test_statistics_keep_counting_what_stays_and_are_as_from_scratch(life: Life) -> None:
    before = CourseStats.objects.get(course=life.course)
    erase_person(person=life.person)
    statistics.refresh_stale()
    after = CourseStats.objects.get(course=life.course)
    assert (after.total_students, after.revenue_data) == (before.total_students, before.revenue_data)
    kept = before.assessment_stats[str(life.assessment.pk)]
    now = after.assessment_stats[str(life.assessment.pk)]
    assert (kept["attempts"], now["attempts"]) == (2, 3)  # the one that was open counts as well
    assert life.course.reviews.filter(is_approved=True).count() == 2
    life.course.refresh_from_db()
    assert life.course.rating_counts == [0, 0, 0, 0, 2]
    statistics.refresh_all()
    again = CourseStats.objects.get(course=life.course)
    assert (again.assessment_stats, again.engagement_score) == (
        after.assessment_stats,
        after.engagement_score,
    )


def test_erasing_again_changes_nothing_but_takes_what_came_since(life: Life) -> None:
    erase_person(person=life.person)
    first = User.objects.values().get(pk=life.person.pk)
    factories.make_note(life.person, life.assessment.lesson)
    erase_person(person=User.objects.get(pk=life.person.pk))
    assert _count("courses.Note.user", life.person) == 0
    again = User.objects.values().get(pk=life.person.pk)
    assert first | {"password": ""} == again | {"password": ""}


def test_the_name_and_the_address_may_be_taken_again(life: Life) -> None:
    erase_person(person=life.person)
    successor = factories.make_user(**NAMES)
    EmailAddress.objects.create(user=successor, email=NAMES["email"], verified=True, primary=True)
    assert successor.pk != life.person.pk


def test_sessions_end_and_those_of_others_do_not(life: Life) -> None:
    other = Browser()
    other.force_login(life.colleague)
    key = life.browser.cookies[settings.SESSION_COOKIE_NAME].value
    erase_person(person=life.person)
    store = import_module(settings.SESSION_ENGINE).SessionStore
    assert not store().exists(key)
    assert store().exists(other.cookies[settings.SESSION_COOKIE_NAME].value)


def test_nobody_is_told_anything_any_more(life: Life) -> None:
    erase_person(person=life.person)
    stub = User.objects.get(pk=life.person.pk)
    told = notifications.announce(
        author=factories.make_staff(), course_id=life.course.pk, title="News", message="Dear all"
    )
    assert told == Enrollment.objects.filter(course=life.course).count() - 1
    custom = NotificationType.CUSTOM
    assert notifications.notify(recipients=[stub], type=custom, title="News", message="Dear you") == []
    assert not Notification.objects.filter(user=stub).exists()


def test_an_archive_brings_back_nothing_of_an_erased_person(tmp_path: Any) -> None:
    person, other = factories.make_user(), factories.make_user()
    long_ago = database_now() - timedelta(days=400)
    for somebody in (person, other):
        factories.make_activity(somebody, at=long_ago)
    archive_activity(before=database_now() - timedelta(days=300), path=tmp_path / "old.gz")
    erase_person(person=person)
    restore_activity(path=tmp_path / "old.gz")
    assert UserActivity.objects.get().user == other


def test_a_stub_cannot_be_used_again(life: Life) -> None:
    erase_person(person=life.person)
    for values in ({"is_active": True}, {"is_staff": True}, {"email": "new@example.org"}):
        with pytest.raises(IntegrityError, match="person_erased_is_nobody"), transaction.atomic():
            User.objects.filter(pk=life.person.pk).update(**values)


class TestRefusals:
    def test_the_only_instructor_of_a_course_stays_until_there_is_another_one(self, life: Life) -> None:
        former = factories.make_user(is_active=False)
        alone = factories.make_course(title="Tea", instructors=(life.person, former))
        also = factories.make_course(title="Coffee", instructors=(life.person,))
        before = _everything()
        with pytest.raises(exceptions.Conflict) as refused:
            erase_person(person=life.person)
        assert refused.value.message == (
            "Nobody else teaches “Tea”, “Coffee”. Please add another instructor there first."
        )
        assert _everything() == before
        for course in (alone, also):
            course.instructors.add(life.colleague)
        erase_person(person=life.person)
        assert list(Course.objects.filter(instructors=life.person)) == []

    def test_the_last_superuser_stays(self) -> None:
        superuser = factories.make_user(is_staff=True, is_superuser=True)
        factories.make_user(is_superuser=True, is_active=False)
        before = _everything()
        with pytest.raises(exceptions.Conflict, match="Nobody else is a superuser"):
            erase_person(person=superuser)
        assert _everything() == before
        factories.make_user(is_superuser=True)
        erase_person(person=superuser)
        assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def _everything() -> list[Any]:
    tables = connection.introspection.table_names()
    return [
        sorted(row.line for row in fetch(f'SELECT line::text AS line FROM "{table}" AS line'))
        for table in tables
        if table != "django_session"
    ]


@pytest.mark.django_db(transaction=True)
def test_of_two_instructors_who_erase_themselves_at_once_one_stays() -> None:
    people = [factories.make_user(), factories.make_user()]
    course = factories.make_course(instructors=tuple(people))
    raised = at_once(lambda number: erase_person(person=people[number]), writers=2)
    assert [type(refusal) for refusal in raised] == [exceptions.Conflict]
    assert course.instructors.filter(is_active=True).count() == 1
    assert User.objects.exclude(erased_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_superusers_who_erase_themselves_at_once_one_stays() -> None:
    people = [factories.make_user(is_superuser=True), factories.make_user(is_superuser=True)]
    raised = at_once(lambda number: erase_person(person=people[number]), writers=2)
    assert [type(refusal) for refusal in raised] == [exceptions.Conflict]
    assert User.objects.filter(is_superuser=True, is_active=True).count() == 1


def test_its_effects_are_told_before_and_nothing_is_written(life: Life) -> None:
    before = _everything()
    effects = effects_of_erasing(person=life.person)
    assert _everything() == before
    assert (effects.goes["notes"], effects.goes["reviews"], effects.stays["reviews"]) == (1, 1, 1)
    assert (effects.goes["assessment attempts"], effects.stays["assessment attempts"]) == (1, 2)
    assert "notes" not in effects.stays


def test_a_stub_is_named_like_that_wherever_somebody_is_shown(life: Life) -> None:
    erase_person(person=life.person)
    assert Review.objects.get(pk=life.review.pk).user.shown_name == erasure.DELETED_USER
