"""Addition, removal and ordering of the questions of an assessment.

Everything happens under the lock of the assessment's row: the order of its questions is 1, 2, 3, ... without
a gap under concurrent writes.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F

from courses import exceptions
from courses.constants import MAX_QUESTIONS
from courses.models import Answer, Assessment, Question, User
from courses.selectors import assessments, authoring
from courses.services import events
from courses.services.authorship import locked_for_author, locked_question, reorder
from courses.services.problems import Problems
from courses.services.question_drafts import (
    QuestionDraft,
    drafted_answers,
    drafted_question,
    settle_together,
)


@transaction.atomic
def create_question(*, author: User, assessment_id: int, draft: QuestionDraft) -> Question:
    """Append a question to an assessment.

    Raises NotFound, PermissionDenied, and ValidationError for what can never be right.
    """
    assessment = locked_for_author(
        assessments.assessments_visible_to(author), assessment_id, field="assessmentId"
    )
    problems = Problems()
    written = new_questions(assessment, [draft], problems, [("question",)])
    problems.refuse_any()
    [question] = store_questions(written)
    events.record_assessment_changed(assessment.pk)
    return question


@transaction.atomic
def delete_question(*, author: User, question_id: int) -> None:
    """Delete a question that no attempt has, and close the gap that it leaves in the order.

    Raises NotFound, also for those who may see the course but not its questions, and QuestionInUse.
    """
    question = locked_question(author, question_id)
    if authoring.is_in_use(question):
        raise exceptions.QuestionInUse(field=["questionId"])
    question.delete()
    behind = Question.objects.filter(assessment_id=question.assessment_id, order__gt=question.order)
    behind.update(order=F("order") - 1)
    events.record_assessment_changed(question.assessment_id)


@transaction.atomic
def reorder_questions(*, author: User, assessment_id: int, question_ids: Sequence[int]) -> Assessment:
    """Put the questions of an assessment into the order given, which names each of them exactly once.

    Attempts keep the order that they began with. Raises NotFound, also for a question of another assessment,
    PermissionDenied, and Invalid for a list that is incomplete or has duplicates.
    """
    assessment = locked_for_author(
        assessments.assessments_visible_to(author), assessment_id, field="assessmentId"
    )
    reorder(assessment.questions.all(), question_ids, field="questionIds", of="question of the assessment")
    events.record_assessment_changed(assessment.pk)
    return assessment


def new_questions(
    assessment: Assessment,
    drafts: Sequence[QuestionDraft],
    problems: Problems,
    paths: Sequence[tuple[str, ...]],
) -> list[tuple[Question, list[Answer]]]:
    """Return the rows of new questions, each with those of its answers; collect their problems by path."""
    written = []
    stored = assessment.questions.count() if assessment.pk else 0
    if stored + len(drafts) > MAX_QUESTIONS:
        problems.add(paths[-1][:1], f"An assessment has at most {MAX_QUESTIONS:,} questions.")
    for draft, path in zip(drafts, paths, strict=True):
        question = Question(assessment=assessment)
        drafted_question(question, draft, problems, path)
        answers = drafted_answers(draft.get("answers", ()), problems, path)
        settle_together(question, answers, problems, path)
        written.append((question, answers))
    return written


def store_questions(written: Sequence[tuple[Question, list[Answer]]]) -> list[Question]:
    """Insert new questions behind those of the assessment, in one statement, then all their answers."""
    questions: list[Question] = Question.objects.bulk_create(question for question, _ in written)
    for question, answers in written:
        for answer in answers:
            answer.question = question
    Answer.objects.bulk_create(answer for _, answers in written for answer in answers)
    return questions
