"""Authors who delete while learners work: whichever comes first, nothing that a learner has is lost."""

from collections.abc import Callable
from functools import partial

import pytest

from courses import exceptions
from courses.models import (
    Assessment,
    AssessmentAttempt,
    Course,
    Enrollment,
    Lesson,
    LessonCompletion,
    Note,
    Review,
    User,
)
from courses.services.attempts import start_attempt
from courses.services.course_removal import delete_course, delete_lesson
from courses.services.enrollment import enroll
from courses.services.notes import create_note
from courses.services.progress import complete_lesson
from courses.services.reviews import create_review
from schema.core.database_failures import begun_again
from tests import factories
from tests.concurrency import at_once, one_after_the_other

pytestmark = pytest.mark.django_db(transaction=True)


def _lesson() -> Lesson:
    lesson = factories.make_lesson(course=factories.make_course(instructors=(factories.make_user(),)))
    factories.make_lesson(course=lesson.course)
    factories.single_choice(factories.make_assessment(lesson=lesson))
    return lesson


def _delete_lesson(lesson: Lesson) -> None:
    delete_lesson(author=lesson.course.instructors.get(), lesson_id=lesson.pk)


def _delete_course(lesson: Lesson) -> None:
    delete_course(author=lesson.course.instructors.get(), course_id=lesson.course_id)


def _start(learner: User, lesson: Lesson) -> None:
    start_attempt(learner=learner, assessment_id=lesson.assessment.pk)


def _complete(learner: User, lesson: Lesson) -> None:
    complete_lesson(learner=learner, lesson_id=lesson.pk)


def _write_note(learner: User, lesson: Lesson) -> None:
    create_note(author=learner, lesson_id=lesson.pk, content="Remember.")


def _review(learner: User, lesson: Lesson) -> None:
    create_review(author=learner, course_id=lesson.course_id, rating=5, content="I learned a lot here.")


WORK: dict[
    str, tuple[Callable[[User, Lesson], None], type[AssessmentAttempt | LessonCompletion | Note | Review]]
] = {
    "attempt": (_start, AssessmentAttempt),
    "completion": (_complete, LessonCompletion),
    "note": (_write_note, Note),
    "review": (_review, Review),
}
REMOVALS = {"lesson": _delete_lesson, "course": _delete_course}
RACES = [(what, by) for what in WORK for by in REMOVALS if (what, by) != ("review", "lesson")]


@pytest.mark.parametrize(("what", "by"), RACES)
def test_at_the_same_moment_there_is_either_the_work_of_learners_or_nothing_left(what: str, by: str) -> None:
    work, model = WORK[what]
    for _ in range(3):
        lesson = _lesson()
        learners = [factories.make_learner(lesson.course) for _ in range(7)]
        assert lesson.assessment.questions.exists()  # loaded before anything is deleted

        def act(number: int, lesson: Lesson = lesson, learners: list[User] = learners) -> None:
            deed = partial(work, learners[number - 1], lesson) if number else partial(REMOVALS[by], lesson)
            begun_again(deed)

        raised = at_once(act, writers=8)
        was_removed = not Lesson.objects.filter(pk=lesson.pk).exists()
        kinds = {type(refusal) for refusal in raised}
        if was_removed:
            assert kinds <= {exceptions.NotFound, exceptions.NotEnrolled}
            assert len(raised) == 7
            assert not model._default_manager.exists()
        else:
            assert kinds == {exceptions.InUse}
            assert len(raised) == 1
            assert model._default_manager.count() == 7
        model._default_manager.all().delete()


@pytest.mark.parametrize(("what", "by"), [race for race in RACES if race[0] in ("attempt", "completion")])
def test_work_that_is_about_to_be_committed_keeps_what_it_stands_on(what: str, by: str) -> None:
    work, model = WORK[what]
    lesson = _lesson()
    learner, refused = factories.make_learner(lesson.course), []
    assert lesson.assessment.questions.exists()

    def remove() -> None:
        try:
            begun_again(partial(REMOVALS[by], lesson))
        except exceptions.InUse as refusal:
            refused.append(refusal)

    one_after_the_other(partial(work, learner, lesson), remove)
    assert len(refused) == 1
    assert model._default_manager.count() == 1


@pytest.mark.parametrize(("what", "by"), RACES)
def test_work_on_what_is_about_to_be_deleted_finds_nothing_there(what: str, by: str) -> None:
    work, model = WORK[what]
    lesson = _lesson()
    learner, refused = factories.make_learner(lesson.course), []
    assert lesson.assessment.questions.exists()

    def do() -> None:
        try:
            begun_again(partial(work, learner, lesson))
        except exceptions.Refusal as refusal:
            refused.append(type(refusal))

    one_after_the_other(partial(REMOVALS[by], lesson), do)
    assert len(refused) == 1
    assert refused[0] in (exceptions.NotFound, exceptions.NotEnrolled)
    assert not model._default_manager.exists()
    assert not Lesson.objects.filter(pk=lesson.pk).exists()


def test_whoever_enrols_in_a_course_that_is_about_to_be_deleted_finds_none() -> None:
    lesson, learner, refused = _lesson(), factories.make_user(), []

    def do() -> None:
        try:
            begun_again(partial(enroll, learner=learner, course_id=lesson.course_id))
        except exceptions.NotFound as refusal:
            refused.append(refusal)

    one_after_the_other(partial(_delete_course, lesson), do)
    assert len(refused) == 1
    assert not Course.objects.exists()
    assert not Enrollment.objects.exists()


def test_of_several_authors_one_deletes_and_the_others_find_nothing() -> None:
    lesson = _lesson()
    raised = at_once(lambda number: [_delete_lesson, _delete_course][number % 2](lesson), writers=8)
    assert {type(refusal) for refusal in raised} == {exceptions.NotFound}
    assert not Lesson.objects.filter(pk=lesson.pk).exists()
    assert not Assessment.objects.exists()
