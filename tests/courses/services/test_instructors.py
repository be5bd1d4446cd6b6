"""Instructors come and go, and one always stays."""

import pytest

from courses import exceptions
from courses.models import Course, User
from courses.services.erasure import erase_person
from courses.services.instructors import add_instructor, appoint_instructors, remove_instructor
from tests import factories
from tests.concurrency import at_once


@pytest.fixture
def teacher(db: None) -> User:
    return factories.make_user(username="ada")


@pytest.fixture
def course(teacher: User) -> Course:
    return factories.make_course(instructors=(teacher,))


def _instructors(course: Course) -> set[User]:
    return set(course.instructors.all())


def test_an_instructor_is_added_by_user_name_and_may_do_the_same_at_once(
    course: Course, teacher: User
) -> None:
    bob, eve = factories.make_user(username="bob"), factories.make_user(username="eve")
    for author, username in ((teacher, "bob"), (bob, "eve"), (bob, "eve")):
        assert add_instructor(author=author, course_id=course.pk, username=username) == course
    assert _instructors(course) == {teacher, bob, eve}


def test_somebody_who_takes_the_course_can_teach_it(course: Course, teacher: User) -> None:
    learner = factories.make_learner(course)
    add_instructor(author=teacher, course_id=course.pk, username=learner.username)
    assert _instructors(course) == {teacher, learner}
    assert learner.enrollments.get().status == "active"


@pytest.mark.parametrize("username", ["nobody", "", "BOB", "gone", "x" * 1_000])
def test_nobody_is_added_whom_nobody_knows_or_who_cannot_sign_in(
    course: Course, teacher: User, username: str
) -> None:
    factories.make_user(username="bob")
    factories.make_user(username="gone", is_active=False)
    with pytest.raises(exceptions.NotFound) as refused:
        add_instructor(author=teacher, course_id=course.pk, username=username)
    assert refused.value.field == ("username",)
    assert _instructors(course) == {teacher}


def test_an_instructor_is_removed_by_another_one_or_leaves(course: Course, teacher: User) -> None:
    bob, eve = factories.make_user(), factories.make_user()
    course.instructors.add(bob, eve)
    remove_instructor(author=teacher, course_id=course.pk, user_id=bob.pk)
    remove_instructor(author=teacher, course_id=course.pk, user_id=teacher.pk)
    assert _instructors(course) == {eve}


def test_the_last_instructor_stays_also_when_staff_of_the_platform_ask(course: Course, teacher: User) -> None:
    course.instructors.add(factories.make_user(is_active=False))
    for author in (teacher, factories.make_staff()):
        with pytest.raises(exceptions.Conflict) as refused:
            remove_instructor(author=author, course_id=course.pk, user_id=teacher.pk)
        assert refused.value.field == ("userId",)
        assert refused.value.message == (
            "Nobody else teaches this course. Please add another instructor first."
        )
    assert teacher in _instructors(course)


def test_nobody_is_removed_who_does_not_teach_the_course(course: Course, teacher: User) -> None:
    course.instructors.add(factories.make_user())
    before = _instructors(course)
    for user_id in (factories.make_learner(course).pk, 10**9):
        with pytest.raises(exceptions.NotFound) as refused:
            remove_instructor(author=teacher, course_id=course.pk, user_id=user_id)
        assert refused.value.field == ("userId",)
    assert _instructors(course) == before


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
def test_only_the_staff_of_the_course_choose_its_instructors(
    course: Course, teacher: User, is_published: bool, refusal: type[exceptions.Refusal]
) -> None:
    Course.objects.update(is_published=is_published)
    course.instructors.add(factories.make_user(username="bob"))
    before = _instructors(course)
    stranger = factories.make_user(username="eve")
    factories.make_course(instructors=(stranger,))
    for change in (
        lambda: add_instructor(author=stranger, course_id=course.pk, username="eve"),
        lambda: add_instructor(author=stranger, course_id=course.pk, username="nobody"),
        lambda: remove_instructor(author=stranger, course_id=course.pk, user_id=teacher.pk),
    ):
        with pytest.raises(refusal) as refused:
            change()
        assert refused.value.field == ("courseId",)
    assert _instructors(course) == before


def test_nobody_at_all_is_not_appointed(course: Course, teacher: User) -> None:
    with pytest.raises(exceptions.Conflict):
        appoint_instructors(author=teacher, course_id=course.pk, instructors=[])
    assert _instructors(course) == {teacher}


def test_an_instructor_who_is_erased_teaches_no_more(course: Course, teacher: User) -> None:
    bob = factories.make_user(username="bob")
    add_instructor(author=teacher, course_id=course.pk, username="bob")
    erase_person(person=teacher)
    assert _instructors(course) == {bob}
    with pytest.raises(exceptions.NotFound):
        add_instructor(author=bob, course_id=course.pk, username=User.objects.get(pk=teacher.pk).username)
    with pytest.raises(exceptions.Conflict):
        remove_instructor(author=bob, course_id=course.pk, user_id=bob.pk)
    assert _instructors(course) == {bob}


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_one_stays_whoever_removes_them_at_the_same_moment() -> None:
    for _ in range(5):
        teachers = [factories.make_user() for _ in range(2)]
        course = factories.make_course(instructors=tuple(teachers))

        def remove(number: int, course: Course = course, teachers: list[User] = teachers) -> None:
            remove_instructor(
                author=teachers[number // 2], course_id=course.pk, user_id=teachers[number % 2].pk
            )

        raised = at_once(remove, writers=4)
        assert course.instructors.count() == 1
        assert {type(refusal) for refusal in raised} <= {
            exceptions.Conflict,
            exceptions.NotFound,
            exceptions.PermissionDenied,
        }
        assert len(raised) == 3


@pytest.mark.django_db(transaction=True)
def test_of_the_last_two_one_stays_when_one_is_erased_while_the_other_is_removed() -> None:
    for _ in range(5):
        teachers = [factories.make_user() for _ in range(2)]
        course = factories.make_course(instructors=tuple(teachers))

        def leave(number: int, course: Course = course, teachers: list[User] = teachers) -> None:
            if number:
                remove_instructor(author=teachers[1], course_id=course.pk, user_id=teachers[1].pk)
            else:
                erase_person(person=teachers[0])

        raised = at_once(leave, writers=2)
        assert [type(refusal) for refusal in raised] == [exceptions.Conflict]
        assert course.instructors.filter(is_active=True).count() == 1
