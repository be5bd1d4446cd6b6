"""Several authors, and learners, at one moment, on connections of their own."""

import pytest

from courses import exceptions
from courses.constants import QuestionType
from courses.models import AssessmentAttempt, Course, Question, QuestionVersion
from courses.services import assessment_authoring, course_authoring, question_authoring
from courses.services.attempts import start_attempt
from courses.services.question_drafts import QuestionDraft
from courses.services.question_editing import update_question
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)

DRAFT: QuestionDraft = {"question_type": QuestionType.ESSAY, "text": "Why?"}


def test_questions_stay_numbered_without_a_gap_whoever_writes():
    author = factories.make_user()
    course = factories.make_course(instructors=(author,))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    first = [factories.essay(assessment).pk for _ in range(8)]

    def write(number: int) -> None:
        match number % 4:
            case 0:
                question_authoring.delete_question(author=author, question_id=first[number // 4])
            case 1:
                ids = list(assessment.questions.order_by("-order").values_list("pk", flat=True))
                question_authoring.reorder_questions(
                    author=author, assessment_id=assessment.pk, question_ids=ids
                )
            case _:
                question_authoring.create_question(author=author, assessment_id=assessment.pk, draft=DRAFT)

    refused = at_once(write)
    assert {type(refusal) for refusal in refused} <= {exceptions.Invalid, exceptions.NotFound}
    orders = sorted(assessment.questions.values_list("order", flat=True))
    assert orders == list(range(1, 17))
    assert not Question.objects.filter(pk__in=first).exists()


def test_a_lesson_gets_one_assessment_however_many_authors_create_it():
    author = factories.make_user()
    lesson = factories.make_lesson(course=factories.make_course(instructors=(author,)))

    def create(number: int) -> None:
        assessment_authoring.create_assessment(
            author=author, lesson_id=lesson.pk, title=f"Number {number}", questions=[DRAFT]
        )

    refused = at_once(create, writers=8)
    assert [type(refusal) for refusal in refused] == [exceptions.Conflict] * 7
    assert Question.objects.count() == 1


def test_a_slug_goes_to_one_of_many_courses():
    author = factories.make_staff()
    refused = at_once(
        lambda number: course_authoring.create_course(author=author, title=f"Tea {number}", slug="tea"),
        writers=8,
    )
    assert [type(refusal) for refusal in refused] == [exceptions.Conflict] * 7
    assert Course.objects.count() == 1


def test_an_assessment_is_removed_or_taken_but_never_both():
    author = factories.make_user()
    course = factories.make_course(instructors=(author,))
    learners = [factories.make_learner(course) for _ in range(7)]
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    factories.single_choice(assessment)

    def act(number: int) -> None:
        if number == 0:
            assessment_authoring.delete_assessment(author=author, assessment_id=assessment.pk)
        else:
            factories.make_attempt(learners[number - 1], assessment)

    refused = at_once(act, writers=8)
    was_removed = not type(assessment).objects.filter(pk=assessment.pk).exists()
    assert was_removed != any(type(refusal) is exceptions.QuestionInUse for refusal in refused)
    assert AssessmentAttempt.objects.exists() != was_removed


def test_whatever_is_asked_keeps_its_type_so_that_saves_are_checked_by_it():
    """Saving reads the type of a question as it stands, which is that of the version asked."""
    author = factories.make_user()
    course = factories.make_course(instructors=(author,))
    learners = [factories.make_learner(course) for _ in range(7)]
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    question = factories.single_choice(assessment)
    draft: QuestionDraft = {"question_type": QuestionType.ESSAY, "answers": []}

    def act(number: int) -> None:
        if number == 0:
            update_question(author=author, question_id=question.pk, draft=draft)
        else:
            start_attempt(learner=learners[number - 1], assessment_id=assessment.pk)

    refused = at_once(act, writers=8)

    assert {type(refusal) for refusal in refused} <= {exceptions.QuestionInUse}
    question.refresh_from_db()
    assert (question.question_type == QuestionType.ESSAY) == (not refused)
    asked = [version.shown["type"] for version in QuestionVersion.objects.all()]
    assert asked == [question.question_type]
    assert AssessmentAttempt.objects.count() == 7
