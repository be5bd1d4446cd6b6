"""Deleting courses and lessons: only where learners lose nothing, and the rest closes up behind."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses import exceptions
from courses.constants import EnrollmentStatus
from courses.models import (
    Assessment,
    Course,
    Enrollment,
    Lesson,
    LessonCompletion,
    Notification,
    Question,
    Resource,
    User,
    UserActivity,
)
from courses.services.course_removal import delete_course, delete_lesson
from courses.services.progress import complete_lesson
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def teacher() -> User:
    return factories.make_user()


@pytest.fixture
def course(teacher: User) -> Course:
    """A course of three lessons, the second with material and an assessment, that somebody takes."""
    course = factories.make_course(title="Tea", instructors=(teacher,))
    _, second, _ = (factories.make_lesson(course=course) for _ in range(3))
    factories.make_resource(lesson=second)
    factories.single_choice(factories.make_assessment(lesson=second))
    factories.make_learner(course)
    return course


def _lesson(course: Course) -> Lesson:
    return course.lessons.get(order=2)


def _attempt(lesson: Lesson, learner: User) -> None:
    factories.make_attempt(learner, Assessment.objects.get(lesson=lesson))


def _completion(lesson: Lesson, learner: User) -> None:
    LessonCompletion.objects.create(lesson=lesson, user=learner)


def _note(lesson: Lesson, learner: User) -> None:
    factories.make_note(learner, lesson)


def _review(lesson: Lesson, learner: User) -> None:
    factories.make_review(learner, lesson.course, is_approved=False)


WORK: dict[str, Callable[[Lesson, User], None]] = {
    "attempts": _attempt,
    "lesson completions": _completion,
    "notes": _note,
    "reviews": _review,
}


def _everything() -> dict[str, list[int]]:
    models = apps.get_app_config("courses").get_models()
    return {model.__name__: sorted(model._default_manager.values_list("pk", flat=True)) for model in models}


def test_a_course_goes_with_everything_of_it_and_an_enrolment_alone_does_not_keep_it(
    course: Course, teacher: User
) -> None:
    other = factories.make_lesson(course=factories.make_course(instructors=(teacher,)))
    seen = factories.make_activity(Enrollment.objects.get().user, course=course)
    delete_course(author=teacher, course_id=course.pk)
    assert (list(Course.objects.all()), list(Lesson.objects.all())) == ([other.course], [other])
    for model in (Assessment, Question, Resource, Enrollment):
        assert not model._default_manager.exists()
    seen.refresh_from_db()
    assert seen.course is None


@pytest.mark.parametrize("kind", WORK)
def test_a_course_in_which_learners_have_something_stays(course: Course, teacher: User, kind: str) -> None:
    WORK[kind](_lesson(course), Enrollment.objects.get().user)
    before = _everything()
    with pytest.raises(exceptions.InUse) as refused:
        delete_course(author=teacher, course_id=course.pk)
    assert refused.value.message == (
        f"Learners would lose {kind} with this course. You can unpublish it instead."
    )
    assert refused.value.field == ("courseId",)
    assert _everything() == before


def test_everything_that_would_be_lost_is_named(course: Course, teacher: User) -> None:
    for add in WORK.values():
        add(_lesson(course), Enrollment.objects.get().user)
    with pytest.raises(exceptions.InUse, match="lose attempts, lesson completions, notes and reviews with"):
        delete_course(author=teacher, course_id=course.pk)
    with pytest.raises(exceptions.InUse, match="lose attempts, lesson completions and notes with"):
        delete_lesson(author=teacher, lesson_id=_lesson(course).pk)


@pytest.mark.parametrize("kind", sorted(WORK.keys() - {"reviews"}))
def test_a_lesson_on_which_learners_have_something_stays(course: Course, teacher: User, kind: str) -> None:
    lesson = _lesson(course)
    WORK[kind](lesson, Enrollment.objects.get().user)
    before = _everything()
    with pytest.raises(exceptions.InUse) as refused:
        delete_lesson(author=teacher, lesson_id=lesson.pk)
    assert refused.value.message == f"Learners would lose {kind} with this lesson. You can edit it instead."
    assert refused.value.field == ("lessonId",)
    assert _everything() == before


def test_what_learners_who_left_have_counts_too(course: Course, teacher: User) -> None:
    _attempt(_lesson(course), Enrollment.objects.get().user)
    Enrollment.objects.update(status=EnrollmentStatus.WITHDRAWN)
    with pytest.raises(exceptions.InUse):
        delete_lesson(author=teacher, lesson_id=_lesson(course).pk)
    assert course.lessons.count() == 3


def test_a_lesson_goes_with_its_assessment_and_the_others_close_up(course: Course, teacher: User) -> None:
    first, second, third = course.lessons.order_by("order")
    _note(first, Enrollment.objects.get().user)
    _review(first, Enrollment.objects.get().user)
    delete_lesson(author=teacher, lesson_id=second.pk)
    assert list(course.lessons.order_by("order").values_list("pk", "order")) == [(first.pk, 1), (third.pk, 2)]
    assert not Assessment.objects.exists()
    assert not Resource.objects.exists()


def test_progress_rises_when_there_is_less_to_complete(course: Course, teacher: User) -> None:
    learner = Enrollment.objects.get().user
    complete_lesson(learner=learner, lesson_id=course.lessons.get(order=1).pk)
    delete_lesson(author=teacher, lesson_id=_lesson(course).pk)
    enrollment = Enrollment.objects.get()
    assert (enrollment.progress_percentage, enrollment.status) == (Decimal("50.00"), EnrollmentStatus.ACTIVE)
    assert not Notification.objects.exists()
    assert UserActivity.objects.get().lesson == course.lessons.get(order=1)


def test_whoever_has_completed_all_that_is_left_has_completed_the_course(
    course: Course, teacher: User
) -> None:
    done, behind, gone = Enrollment.objects.get().user, factories.make_learner(course), factories.make_user()
    factories.enroll(gone, course, status=EnrollmentStatus.WITHDRAWN)
    for lesson in course.lessons.exclude(order=2):
        complete_lesson(learner=done, lesson_id=lesson.pk)
        LessonCompletion.objects.create(user=gone, lesson=lesson)
    delete_lesson(author=teacher, lesson_id=_lesson(course).pk)
    statuses = dict(Enrollment.objects.values_list("user", "status"))
    assert statuses == {done.pk: "completed", behind.pk: "active", gone.pk: "withdrawn"}
    completed = Enrollment.objects.get(user=done)
    assert completed.completed_date is not None
    assert completed.progress_percentage == 100
    told = Notification.objects.get()
    assert (told.user, told.title) == (done, "Course completed")


def test_nobody_completes_a_course_whose_last_lesson_is_removed(teacher: User) -> None:
    lesson = factories.make_lesson(course=factories.make_course(instructors=(teacher,)))
    factories.make_learner(lesson.course)
    delete_lesson(author=teacher, lesson_id=lesson.pk)
    enrollment = Enrollment.objects.get()
    assert (enrollment.status, enrollment.progress_percentage) == ("active", 0)


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
def test_only_the_staff_of_a_course_delete_anything_of_it(
    course: Course, is_published: bool, refusal: type[exceptions.Refusal]
) -> None:
    Course.objects.update(is_published=is_published)
    stranger = factories.make_user()
    factories.make_course(instructors=(stranger,))
    before = _everything()
    with pytest.raises(refusal) as refused:
        delete_course(author=stranger, course_id=course.pk)
    assert refused.value.field == ("courseId",)
    with pytest.raises(refusal) as refused:
        delete_lesson(author=stranger, lesson_id=_lesson(course).pk)
    assert refused.value.field == ("lessonId",)
    assert _everything() == before


def test_what_is_gone_is_not_found(course: Course, teacher: User) -> None:
    lesson = _lesson(course)
    delete_lesson(author=teacher, lesson_id=lesson.pk)
    with pytest.raises(exceptions.NotFound):
        delete_lesson(author=teacher, lesson_id=lesson.pk)
    delete_course(author=teacher, course_id=course.pk)
    with pytest.raises(exceptions.NotFound):
        delete_course(author=teacher, course_id=course.pk)


def test_as_many_statements_for_twenty_learners_and_lessons_as_for_two(teacher: User) -> None:
    counted = []
    for size in (2, 20):
        course = factories.make_course(instructors=(teacher,))
        for _ in range(size):
            factories.single_choice(factories.make_assessment(lesson=factories.make_lesson(course=course)))
            factories.make_learner(course)
        with CaptureQueriesContext(connection) as statements:
            delete_lesson(author=teacher, lesson_id=course.lessons.get(order=1).pk)
            delete_course(author=teacher, course_id=course.pk)
        counted.append(len(statements))
    assert counted[0] == counted[1]
