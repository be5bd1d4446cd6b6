"""Writing assessments: all of it or nothing, drafts, and what attempts keep."""

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import QuestionType
from courses.models import Answer, Assessment, Question, StatisticsChange, User
from courses.services import assessment_authoring as services
from courses.services.question_drafts import AnswerDraft, QuestionDraft
from tests import factories

pytestmark = pytest.mark.django_db

CHOICE: QuestionDraft = {
    "question_type": QuestionType.MULTIPLE_CHOICE,
    "text": "Which is a leaf?",
    "points": 2,
    "answers": [{"text": "Tea", "is_correct": True}, {"text": "Coffee"}],
}
ESSAY: QuestionDraft = {"question_type": QuestionType.ESSAY, "text": "Why?"}


@pytest.fixture
def author() -> User:
    return factories.make_user()


@pytest.fixture
def lesson(author):
    return factories.make_lesson(course=factories.make_course(instructors=(author,)))


def test_an_assessment_is_created_with_all_its_questions_in_their_order(author, lesson):
    assessment = services.create_assessment(
        author=author, lesson_id=lesson.pk, title="Leaves", time_limit_minutes=20, questions=[CHOICE, ESSAY]
    )
    assessment.refresh_from_db()
    assert (assessment.passing_score, assessment.max_attempts, assessment.time_limit) == (70, 1, 20)
    assert list(assessment.questions.order_by("order").values_list("order", "question_text", "points")) == [
        (1, "Which is a leaf?", 2),
        (2, "Why?", 1),
    ]
    answers = Answer.objects.filter(question__assessment=assessment).order_by("order")
    assert list(answers.values_list("order", "answer_text", "is_correct")) == [
        (1, "Tea", True),
        (2, "Coffee", False),
    ]


def test_creating_costs_the_same_number_of_statements_for_any_number_of_questions(
    author, lesson, django_assert_num_queries, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20) as one:
        services.create_assessment(author=author, lesson_id=lesson.pk, title="One", questions=[CHOICE])
    other = factories.make_lesson(course=lesson.course)
    with django_assert_num_queries(len(one)):
        services.create_assessment(author=author, lesson_id=other.pk, title="Many", questions=[CHOICE] * 20)


def test_everything_that_can_never_be_right_is_said_with_its_path(author, lesson):
    three: list[AnswerDraft] = [
        {"text": text, "is_correct": text == "True"} for text in ("True", "False", "Perhaps")
    ]
    unpaired: QuestionDraft = {
        "question_type": QuestionType.MATCHING,
        "text": "Match.",
        "answers": [{"text": "a"}],
    }
    with pytest.raises(ValidationError) as error:
        services.create_assessment(
            author=author,
            lesson_id=lesson.pk,
            title="L",
            time_limit_minutes=-1,
            questions=[
                CHOICE,
                {"question_type": QuestionType.TRUE_FALSE, "text": "Is it?", "answers": three},
                unpaired | {"points": 0},
            ],
        )
    assert error.value.message_dict == {
        "title": ["Ensure this value has at least 2 characters (it has 1)."],
        "time_limit_minutes": [
            "Ensure this value is greater than or equal to 0.",
            "Please give a time limit of 0 or more minutes.",
        ],
        "questions.1.answers": ["A true/false question has two answers: please remove the others."],
        "questions.2.points": ["Ensure this value is greater than or equal to 1."],
        "questions.2.answers.0.match_text": ["Give this prompt the text that belongs to it."],
    }
    assert not Assessment.objects.exists()
    assert not Question.objects.exists()


def test_a_draft_is_stored_though_it_cannot_be_started(author, lesson):
    unfinished: QuestionDraft = {
        "question_type": QuestionType.MULTIPLE_CHOICE,
        "text": "Which?",
        "answers": [{"text": "a"}],
    }
    assessment = services.create_assessment(
        author=author, lesson_id=lesson.pk, title="Draft", questions=[unfinished]
    )
    assert assessment.questions.count() == 1


def test_a_lesson_has_one_assessment(author, lesson):
    factories.make_assessment(lesson=lesson)
    with pytest.raises(exceptions.Conflict) as refusal:
        services.create_assessment(author=author, lesson_id=lesson.pk, title="Second", questions=[CHOICE])
    assert refusal.value.message == "This lesson has an assessment. Please edit that one."
    assert refusal.value.field == ("lessonId",)
    assert Assessment.objects.count() == 1
    assert not Question.objects.exists()


def test_an_edit_changes_the_settings_that_are_given_and_nothing_else(author, lesson):
    assessment = factories.make_assessment(lesson=lesson, title="Leaves", time_limit=20, passing_score=60)
    services.update_assessment(
        author=author, assessment_id=assessment.pk, time_limit_minutes=0, show_results=False
    )
    assessment.refresh_from_db()
    assert (assessment.title, assessment.time_limit, assessment.passing_score) == ("Leaves", 0, 60)
    assert (assessment.show_results, assessment.show_correct_answers) == (False, True)


def test_settings_that_are_not_valid_change_nothing(author, lesson):
    assessment = factories.make_assessment(lesson=lesson, passing_score=60, max_attempts=2)
    with pytest.raises(ValidationError) as error:
        services.update_assessment(
            author=author, assessment_id=assessment.pk, passing_score=101, max_attempts=0
        )
    assert set(error.value.message_dict) == {"passing_score", "max_attempts"}
    assessment.refresh_from_db()
    assert (assessment.passing_score, assessment.max_attempts) == (60, 2)


def test_an_open_attempt_keeps_the_deadline_and_pass_mark_it_began_with(author, lesson):
    assessment = factories.make_assessment(lesson=lesson, time_limit=20, passing_score=60)
    attempt = factories.make_attempt(factories.make_learner(lesson.course), assessment)
    before = (attempt.deadline_at, attempt.passing_score)
    services.update_assessment(
        author=author, assessment_id=assessment.pk, time_limit_minutes=1, passing_score=90
    )
    attempt.refresh_from_db()
    assert (attempt.deadline_at, attempt.passing_score) == before


def test_an_assessment_that_nobody_has_begun_can_be_removed(author, lesson):
    assessment = factories.make_assessment(lesson=lesson)
    factories.single_choice(assessment)
    services.delete_assessment(author=author, assessment_id=assessment.pk)
    assert not Assessment.objects.exists()
    assert not Question.objects.exists()


def test_the_statistics_of_a_course_count_a_new_assessment_and_forget_a_removed_one(author, lesson):
    StatisticsChange.objects.all().delete()
    assessment = services.create_assessment(author=author, lesson_id=lesson.pk, title="Leaves")
    assert StatisticsChange.objects.get().course == lesson.course
    StatisticsChange.objects.all().delete()
    services.delete_assessment(author=author, assessment_id=assessment.pk)
    assert StatisticsChange.objects.get().course == lesson.course


def test_an_assessment_that_was_taken_cannot_be_removed(author, lesson):
    assessment = factories.make_assessment(lesson=lesson)
    factories.make_attempt(factories.make_learner(lesson.course), assessment)
    with pytest.raises(exceptions.QuestionInUse) as refusal:
        services.delete_assessment(author=author, assessment_id=assessment.pk)
    assert refusal.value.message == "Learners have taken this assessment, so it cannot be removed."
    assert refusal.value.field == ("assessmentId",)
    assert Assessment.objects.filter(pk=assessment.pk).exists()


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
def test_only_instructors_edit_an_assessment_and_a_hidden_one_does_not_exist(is_published, refusal):
    stranger = factories.make_user()
    course = factories.make_course(is_published=is_published)
    empty = factories.make_lesson(course=course)
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), title="Leaves")
    edits = {
        "lessonId": lambda: services.create_assessment(author=stranger, lesson_id=empty.pk, title="Mine"),
        "assessmentId": lambda: services.delete_assessment(author=stranger, assessment_id=assessment.pk),
    }
    for field, edit in edits.items():
        with pytest.raises(refusal) as refused:
            edit()
        assert refused.value.field == (field,)
    with pytest.raises(refusal):
        services.update_assessment(author=stranger, assessment_id=assessment.pk, title="Mine")
    assert list(Assessment.objects.values_list("title", flat=True)) == ["Leaves"]
