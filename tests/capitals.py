"""An assessment about capitals, learners who take it, and a key that is corrected: for tests of regrading."""

from typing import Any

from courses.models import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    GradeChange,
    Notification,
    StatisticsChange,
    User,
)
from tests import factories


def make_capitals(instructor: User) -> Assessment:
    """Ten points, five to pass: a single choice of four, a short answer of one, a single choice of five."""
    course = factories.make_course(instructors=(instructor,))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), title="Capitals")
    factories.single_choice(assessment, right="Paris", wrong=("Lyon",), points=4)
    factories.short_answer(assessment, "Rome", points=1)
    factories.single_choice(assessment, right="Bern", wrong=("Basel",), points=5)
    return assessment


def take(assessment: Assessment, *texts: str | None) -> AssessmentAttempt:
    """Hand in an attempt of a new learner with these answers, in order; None leaves a question out."""
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    for question, text in zip(assessment.questions.order_by("order"), texts, strict=False):
        if text and question.question_type == "short_answer":
            factories.answer(attempt, question, {"text": text})
        elif text:
            factories.pick(attempt, question, text)
    attempt.complete()
    return attempt


def correct_the_key() -> None:
    """Lyon is right now, and Paris is not."""
    Answer.objects.filter(answer_text="Paris").update(is_correct=False)
    Answer.objects.filter(answer_text="Lyon").update(is_correct=True)


def all_that_a_regrade_may_write() -> list[Any]:
    """The rows that hold results, and how many records and notifications there are, and what is stale."""
    return [
        list(AssessmentAttempt.objects.order_by("pk").values()),
        list(AttemptAnswer.objects.order_by("pk").values()),
        *(model.objects.count() for model in (GradeChange, Notification)),
        set(StatisticsChange.objects.values_list("course", "user")),
    ]
