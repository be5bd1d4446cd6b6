"""Completing lessons, and with the last one the course."""

from decimal import Decimal

import pytest
from django.db import transaction

from courses import exceptions
from courses.constants import EnrollmentStatus
from courses.models import (
    Course,
    Enrollment,
    Lesson,
    LessonCompletion,
    Notification,
    StatisticsChange,
    User,
    UserActivity,
)
from courses.services.progress import complete_lesson, update_progress
from tests import factories
from tests.concurrency import at_once, one_after_the_other


@pytest.fixture
def course(db: None) -> Course:
    """A course of three lessons."""
    course = factories.make_course(title="Coffee")
    for _ in range(3):
        factories.make_lesson(course=course)
    return course


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


def _lessons(course: Course) -> list[Lesson]:
    return list(course.lessons.order_by("order"))


def test_progress_is_the_share_of_lessons_completed(course: Course, learner: User) -> None:
    progress = [
        complete_lesson(learner=learner, lesson_id=lesson.pk).progress_percentage
        for lesson in _lessons(course)
    ]
    assert progress == [Decimal("33.33"), Decimal("66.67"), Decimal("100.00")]


def test_the_last_lesson_completes_the_course_and_is_an_achievement(course: Course, learner: User) -> None:
    *first, last = _lessons(course)
    for lesson in first:
        assert complete_lesson(learner=learner, lesson_id=lesson.pk).status == EnrollmentStatus.ACTIVE
    assert not Notification.objects.exists()
    enrollment = complete_lesson(learner=learner, lesson_id=last.pk)
    assert enrollment.status == EnrollmentStatus.COMPLETED
    assert enrollment.completed_date is not None
    told = Notification.objects.get()
    assert (told.user, told.course, told.notification_type) == (learner, course, "achievement")
    assert told.message == "You have completed every lesson of “Coffee”. Well done!"
    assert told.action_url == f"/courses/{course.pk}"


def test_each_completion_is_recorded_once_and_makes_statistics_stale(course: Course, learner: User) -> None:
    lesson = _lessons(course)[0]
    StatisticsChange.objects.all().delete()
    complete_lesson(learner=learner, lesson_id=lesson.pk)
    activity = UserActivity.objects.get()
    assert (activity.user, activity.course, activity.lesson) == (learner, course, lesson)
    assert activity.activity_type == "complete_lesson"
    noted = set(StatisticsChange.objects.values_list("course", "user"))
    assert noted == {(course.pk, None), (None, learner.pk)}


def test_completing_a_lesson_again_changes_nothing(course: Course, learner: User) -> None:
    lesson = _lessons(course)[0]
    complete_lesson(learner=learner, lesson_id=lesson.pk)
    StatisticsChange.objects.all().delete()
    enrollment = complete_lesson(learner=learner, lesson_id=lesson.pk)
    assert enrollment.progress_percentage == Decimal("33.33")
    assert LessonCompletion.objects.count() == 1
    assert UserActivity.objects.count() == 1
    assert not StatisticsChange.objects.exists()


def test_a_lesson_added_later_lowers_progress_but_undoes_no_completion(course: Course, learner: User) -> None:
    finished = factories.make_learner(course)
    for lesson in _lessons(course):
        complete_lesson(learner=finished, lesson_id=lesson.pk)
    complete_lesson(learner=learner, lesson_id=_lessons(course)[0].pk)
    StatisticsChange.objects.all().delete()
    factories.make_lesson(course=course)
    update_progress(course=course)
    active, completed = (Enrollment.objects.get(user=person) for person in (learner, finished))
    assert (active.progress_percentage, active.status) == (Decimal("25.00"), EnrollmentStatus.ACTIVE)
    assert (completed.progress_percentage, completed.status) == (
        Decimal("100.00"),
        EnrollmentStatus.COMPLETED,
    )
    assert set(StatisticsChange.objects.values_list("course", "user")) == {(course.pk, None)}


def test_a_completed_course_stays_so_when_its_new_lesson_is_completed_too(
    course: Course, learner: User
) -> None:
    for lesson in _lessons(course):
        completed = complete_lesson(learner=learner, lesson_id=lesson.pk)
    new = factories.make_lesson(course=course)
    enrollment = complete_lesson(learner=learner, lesson_id=new.pk)
    assert enrollment.completed_date == completed.completed_date
    assert enrollment.progress_percentage == Decimal("100.00")
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("status", [None, EnrollmentStatus.WITHDRAWN])
def test_only_people_who_take_the_course_complete_its_lessons(course: Course, status: str | None) -> None:
    person = factories.make_user()
    if status:
        factories.enroll(person, course, status=status)
    _assert_refused(exceptions.NotEnrolled, person, _lessons(course)[0])


def test_a_lesson_that_cannot_be_seen_is_not_there(course: Course) -> None:
    Course.objects.update(is_published=False)
    _assert_refused(exceptions.NotFound, factories.make_user(), _lessons(course)[0])


def _assert_refused(refusal: type[exceptions.Refusal], person: User, lesson: Lesson) -> None:
    with pytest.raises(refusal) as refused:
        complete_lesson(learner=person, lesson_id=lesson.pk)
    assert refused.value.field == ("lessonId",)
    assert not LessonCompletion.objects.exists()
    assert not UserActivity.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_thirty_two_threads_completing_all_lessons_complete_the_course_once() -> None:
    course = factories.make_course()
    lessons = [factories.make_lesson(course=course) for _ in range(8)]
    learner = factories.make_learner(course)
    raised = at_once(lambda number: _complete(learner, lessons[number % 8]))
    enrollment = Enrollment.objects.get()
    assert raised == []
    assert (enrollment.status, enrollment.progress_percentage) == (
        EnrollmentStatus.COMPLETED,
        Decimal("100.00"),
    )
    assert LessonCompletion.objects.count() == 8
    assert UserActivity.objects.filter(activity_type="complete_lesson").count() == 8
    assert Notification.objects.count() == 1


def _complete(learner: User, lesson: Lesson) -> None:
    complete_lesson(learner=learner, lesson_id=lesson.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("meanwhile", "progress"), [("another lesson is completed", "66.67"), ("a lesson is added", "25.00")]
)
def test_progress_counts_what_happens_before_a_completion_is_committed(meanwhile: str, progress: str) -> None:
    course = factories.make_course()
    lessons = [factories.make_lesson(course=course) for _ in range(3)]
    learner = factories.make_learner(course)
    other = {
        "another lesson is completed": lambda: _complete(learner, lessons[1]),
        "a lesson is added": lambda: _add_lesson(course),
    }[meanwhile]
    one_after_the_other(lambda: _complete(learner, lessons[0]), other)
    assert Enrollment.objects.get().progress_percentage == Decimal(progress)


def _add_lesson(course: Course) -> None:
    """A lesson and everybody's progress, in one transaction, as authoring does it."""
    with transaction.atomic():
        factories.make_lesson(course=course)
        update_progress(course=course)
