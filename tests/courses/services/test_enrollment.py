"""Enrolling and withdrawing: learners themselves, and staff for many at once, by the same rules."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import exceptions
from courses.constants import EnrollmentAction, EnrollmentStatus
from courses.models import Course, Enrollment, LessonCompletion, Notification, User
from courses.services.course_removal import delete_lesson
from courses.services.enrollment import LearnerOutcome, enroll, update_enrollments, withdraw
from courses.services.erasure import erase_person
from courses.services.progress import complete_lesson
from tests import factories
from tests.concurrency import at_once

ENROLL, WITHDRAW = EnrollmentAction.ENROLL, EnrollmentAction.WITHDRAW


@pytest.fixture
def teacher(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def course(teacher: User) -> Course:
    return factories.make_course(instructors=(teacher,), price=Decimal("12.50"), currency="USD")


def _said(outcomes: Sequence[LearnerOutcome]) -> list[tuple[str | None, str | None, str | None]]:
    """Of each outcome the learner's name, the status, and the code of the refusal."""
    return [
        (
            outcome.learner.username if outcome.learner else None,
            outcome.enrollment.status if outcome.enrollment else None,
            outcome.refusal.code if outcome.refusal else None,
        )
        for outcome in outcomes
    ]


def _statuses(course: Course) -> dict[str, str]:
    return dict(course.enrollments.values_list("user__username", "status"))


# ---------------------------------------------------------------- by learners


def test_an_enrolment_is_made_once_at_the_price_of_that_day(course: Course) -> None:
    learner = factories.make_user()
    first = enroll(learner=learner, course_id=course.pk)
    Course.objects.update(price=99)
    assert enroll(learner=learner, course_id=course.pk) == first
    stored = Enrollment.objects.get()
    assert (stored.status, stored.price_paid, stored.currency) == ("active", Decimal("12.50"), "USD")


def test_coming_back_renews_what_was_and_says_when_the_learner_left_last(course: Course) -> None:
    learner = factories.make_learner(course)
    enrollment = Enrollment.objects.get()
    left = withdraw(learner=learner, course_id=course.pk)
    assert (left, left.status) == (enrollment, "withdrawn")
    assert left.updated_date > enrollment.updated_date
    assert withdraw(learner=learner, course_id=course.pk).withdrawn_date == left.withdrawn_date
    back = enroll(learner=learner, course_id=course.pk)
    assert (back, back.status, back.withdrawn_date) == (enrollment, "active", left.withdrawn_date)


def test_who_completed_a_course_and_left_comes_back_as_somebody_who_completed_it(course: Course) -> None:
    lesson = factories.make_lesson(course=course)
    learner = factories.make_learner(course)
    completed = complete_lesson(learner=learner, lesson_id=lesson.pk).completed_date
    withdraw(learner=learner, course_id=course.pk)
    back = enroll(learner=learner, course_id=course.pk)
    assert (back.status, back.completed_date) == ("completed", completed)
    assert Notification.objects.count() == 1


def test_who_left_before_the_last_lesson_was_removed_completes_the_course_on_coming_back(
    course: Course, teacher: User
) -> None:
    done, removed = (factories.make_lesson(course=course) for _ in range(2))
    learner = factories.make_learner(course)
    LessonCompletion.objects.create(user=learner, lesson=done)
    withdraw(learner=learner, course_id=course.pk)
    delete_lesson(author=teacher, lesson_id=removed.pk)
    assert Enrollment.objects.get().status == "withdrawn"
    back = enroll(learner=learner, course_id=course.pk)
    assert (back.status, back.progress_percentage) == ("completed", 100)
    assert Notification.objects.get().user == learner


def test_a_draft_is_not_there_to_enrol_in_even_for_those_who_see_it(course: Course, teacher: User) -> None:
    Course.objects.update(is_published=False)
    for person in (teacher, factories.make_user(), factories.make_staff()):
        with pytest.raises(exceptions.NotFound) as refused:
            enroll(learner=person, course_id=course.pk)
        assert refused.value.field == ("courseId",)
    assert not Enrollment.objects.exists()


def test_who_was_never_enrolled_cannot_withdraw(course: Course) -> None:
    with pytest.raises(exceptions.NotEnrolled) as refused:
        withdraw(learner=factories.make_user(), course_id=course.pk)
    assert refused.value.field == ("courseId",)


# ---------------------------------------------------------------- by staff


def test_staff_enrol_people_by_user_name_and_by_id_and_are_told_of_each(
    course: Course, teacher: User
) -> None:
    ada, bob, eve = (factories.make_user(username=name) for name in ("ada", "bob", "eve"))
    factories.enroll(eve, course, status=EnrollmentStatus.WITHDRAWN)
    outcomes = update_enrollments(
        author=teacher,
        course_id=course.pk,
        action=ENROLL,
        usernames=["bob", "nobody", "ada", "bob"],
        user_ids=[eve.pk, None, 10**9, ada.pk],
    )
    assert _said(outcomes) == [
        ("bob", "active", None),
        (None, None, "NOT_FOUND"),
        ("ada", "active", None),
        ("bob", "active", None),
        ("eve", "active", None),
        (None, None, "NOT_FOUND"),
        (None, None, "NOT_FOUND"),
        ("ada", "active", None),
    ]
    assert _statuses(course) == dict.fromkeys(("ada", "bob", "eve"), "active")
    assert Enrollment.objects.get(user=bob).price_paid == Decimal("12.50")


def test_staff_withdraw_people_and_nothing_of_theirs_is_lost(course: Course, teacher: User) -> None:
    lesson = factories.make_lesson(course=course)
    ada, bob = (factories.make_learner(course, username=name) for name in ("ada", "bob"))
    factories.make_user(username="eve")
    complete_lesson(learner=ada, lesson_id=lesson.pk)
    asked: dict[str, Any] = {"author": teacher, "course_id": course.pk, "action": WITHDRAW}
    said = [("ada", "withdrawn", None), ("eve", None, "NOT_ENROLLED"), ("bob", "withdrawn", None)]
    for _ in range(2):
        outcomes = update_enrollments(**asked, usernames=["ada", "eve"], user_ids=[bob.pk])
        assert _said(outcomes) == said
    assert _statuses(course) == {"ada": "withdrawn", "bob": "withdrawn"}
    again = update_enrollments(**asked | {"action": ENROLL}, usernames=["ada", "bob"])
    assert _said(again) == [("ada", "completed", None), ("bob", "active", None)]
    assert LessonCompletion.objects.get().user == ada


def test_staff_may_fill_a_draft(course: Course, teacher: User) -> None:
    Course.objects.update(is_published=False)
    factories.make_user(username="ada")
    [outcome] = update_enrollments(author=teacher, course_id=course.pk, action=ENROLL, usernames=["ada"])
    assert outcome.enrollment == Enrollment.objects.get()


def test_an_id_names_only_people_whom_the_staff_see_or_who_took_the_course(
    course: Course, teacher: User
) -> None:
    stranger = factories.make_user()
    gone = factories.make_user(username="gone")
    factories.enroll(gone, course, status=EnrollmentStatus.WITHDRAWN)
    asked: dict[str, Any] = {"course_id": course.pk, "action": ENROLL, "user_ids": [stranger.pk, gone.pk]}
    said = _said(update_enrollments(author=teacher, **asked))
    assert said == [(None, None, "NOT_FOUND"), ("gone", "active", None)]
    assert _said(update_enrollments(author=factories.make_staff(), **asked)) == [
        (stranger.username, "active", None),
        ("gone", "active", None),
    ]


def test_people_who_cannot_sign_in_are_not_enrolled_but_can_be_withdrawn(
    course: Course, teacher: User
) -> None:
    factories.make_user(username="ada", is_active=False)
    erased = factories.make_learner(course)
    erase_person(person=erased)
    stub = User.objects.get(pk=erased.pk).username
    asked: dict[str, Any] = {"author": teacher, "course_id": course.pk}
    names = ["ada", stub]
    said = _said(update_enrollments(**asked, action=ENROLL, usernames=names, user_ids=[erased.pk]))
    assert said == [(None, None, "NOT_FOUND")] * 3
    assert Enrollment.objects.get().user == erased
    outcomes = update_enrollments(**asked, action=WITHDRAW, user_ids=[erased.pk])
    assert _said(outcomes) == [(stub, "withdrawn", None)]


@pytest.mark.parametrize(
    ("usernames", "user_ids", "refusal", "field"),
    [
        ([], [], exceptions.Required, "usernames"),
        (["ada"] * 201, [], exceptions.Invalid, "usernames"),
        ([], [1] * 201, exceptions.Invalid, "userIds"),
        (["ada"] * 101, [1] * 100, exceptions.Invalid, "usernames"),
    ],
)
@pytest.mark.parametrize("action", EnrollmentAction)
def test_a_call_names_one_to_two_hundred_people(
    course: Course,
    teacher: User,
    action: EnrollmentAction,
    usernames: list[str],
    user_ids: list[int],
    refusal: type[exceptions.Refusal],
    field: str,
) -> None:
    factories.make_user(username="ada")
    with pytest.raises(refusal) as refused:
        update_enrollments(
            author=teacher, course_id=course.pk, action=action, usernames=usernames, user_ids=user_ids
        )
    assert refused.value.field == (field,)
    assert not Enrollment.objects.exists()


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
@pytest.mark.parametrize("action", EnrollmentAction)
def test_only_the_staff_of_the_course_enrol_others(
    course: Course, is_published: bool, refusal: type[exceptions.Refusal], action: EnrollmentAction
) -> None:
    learner = factories.make_learner(course, username="ada")
    Course.objects.update(is_published=is_published)
    stranger = factories.make_user(username="eve")
    factories.make_course(instructors=(stranger,))
    for author in (stranger, learner):
        expected = exceptions.PermissionDenied if author == learner else refusal
        with pytest.raises(expected) as refused:
            update_enrollments(
                author=author, course_id=course.pk, action=action, usernames=["ada", "eve", "nobody"]
            )
        assert refused.value.field == ("courseId",)
    assert _statuses(course) == {"ada": "active"}


@pytest.mark.parametrize("action", EnrollmentAction)
def test_two_hundred_people_cost_as_many_statements_as_two(
    teacher: User, course: Course, action: EnrollmentAction
) -> None:
    people = User.objects.bulk_create(
        User(username=f"person{n}", name_skeleton=f"person{n}") for n in range(200)
    )
    status = {ENROLL: EnrollmentStatus.WITHDRAWN, WITHDRAW: EnrollmentStatus.ACTIVE}[action]
    counted = []
    for size in (2, 200):
        Enrollment.objects.all().delete()
        for person in people[: size // 2]:
            factories.enroll(person, course, status=status)
        names = [person.username for person in people[:size]]
        with CaptureQueriesContext(connection) as statements:
            outcomes = update_enrollments(author=teacher, course_id=course.pk, action=action, usernames=names)
        assert [outcome.learner.username for outcome in outcomes if outcome.learner] == names
        counted.append(len(statements))
    assert counted[0] == counted[1]
    assert counted[1] <= {ENROLL: 13, WITHDRAW: 12}[action]


@pytest.mark.django_db(transaction=True)
def test_staff_and_learners_who_enrol_at_the_same_moment_make_one_enrolment_each() -> None:
    teacher = factories.make_user()
    course = factories.make_course(instructors=(teacher,))
    people = [factories.make_user() for _ in range(8)]
    names = [person.username for person in people]

    def act(number: int) -> None:
        if number < 8:
            enroll(learner=people[number], course_id=course.pk)
        else:
            given = names if number % 2 else list(reversed(names))
            update_enrollments(author=teacher, course_id=course.pk, action=ENROLL, usernames=given)

    assert at_once(act, writers=16) == []
    assert _statuses(course) == dict.fromkeys(names, "active")
