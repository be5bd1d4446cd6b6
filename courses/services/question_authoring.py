"""Writing the questions of an assessment. Everything happens under the lock of the assessment's row, which
also numbers the questions: their order is 1, 2, 3, ... without a gap, whoever writes at the same time.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from courses import exceptions
from courses.models import Answer, Assessment, Question, User
from courses.rules.pairing import paired
from courses.selectors import assessments, authoring
from courses.services.authorship import locked_for_author
from courses.services.problems import Problems
from courses.services.question_drafts import (
    AnswerDraft,
    QuestionDraft,
    check_together,
    drafted_answers,
    drafted_question,
)

_ANSWER_FIELDS = (
    "answer_text",
    "is_correct",
    "explanation",
    "match_text",
    "blank_key",
    "text_match",
    "tolerance",
    "credit",
    "order",
    "updated_date",
)


@transaction.atomic
def create_question(*, author: User, assessment_id: int, draft: QuestionDraft) -> Question:
    """Add a question at the end of an assessment.

    Raises NotFound, PermissionDenied, and ValidationError for what can never be right.
    """
    assessment = locked_for_author(
        assessments.assessments_visible_to(author), assessment_id, field="assessmentId"
    )
    problems = Problems()
    written = new_questions(assessment, [draft], problems, [("question",)])
    problems.refuse_any()
    return store_questions(written)[0]


@transaction.atomic
def update_question(*, author: User, question_id: int, draft: QuestionDraft) -> Question:
    """Change what is given of a question. Answers that are given replace those that it had.

    Whatever refers to an answer goes on with it: answers that stayed the same keep their ids wherever they
    stand now, edited ones are changed in place, in their order, and only what is left over is removed.
    Results that learners have stay as they are until they are graded again.

    Raises NotFound, also for those who may see the course but not its questions; ValidationError for what
    can never be right; QuestionInUse for another type of a question that is in use, and for the removal of
    an answer that was picked or can be picked in an open attempt.
    """
    question = _locked_question(author, question_id)
    old_type = question.question_type
    stored = list(question.answers.order_by("order"))
    problems = Problems()
    drafted_question(question, draft, problems, ("question",))
    answers, removed = _edited_answers(stored, draft.get("answers"), problems)
    check_together(question, answers, problems, ("question",))
    problems.refuse_any()
    if question.question_type != old_type and authoring.is_in_use(question):
        raise exceptions.QuestionInUse(field=["question", "type"])
    if removed and authoring.are_in_use(question, [answer.pk for answer in removed]):
        raise exceptions.QuestionInUse(
            "Learners have picked, or can pick, an answer that is missing here. Please keep it.",
            field=["question", "answers"],
        )
    question.save()
    if "answers" in draft:
        _store_answers(question, answers, removed)
    return question


@transaction.atomic
def delete_question(*, author: User, question_id: int) -> None:
    """Remove a question that no attempt has, and close the gap that it leaves in the order.

    Raises NotFound, also for those who may see the course but not its questions, and QuestionInUse.
    """
    question = _locked_question(author, question_id)
    if authoring.is_in_use(question):
        raise exceptions.QuestionInUse(field=["questionId"])
    question.delete()
    behind = Question.objects.filter(assessment_id=question.assessment_id, order__gt=question.order)
    behind.update(order=F("order") - 1)


@transaction.atomic
def reorder_questions(*, author: User, assessment_id: int, question_ids: Sequence[int]) -> Assessment:
    """Put the questions of an assessment into the order given, which names each of them exactly once.

    Attempts keep the order that they began with. Raises NotFound, also for a question of another assessment,
    PermissionDenied, and Invalid for a list that is not complete or says something twice.
    """
    assessment = locked_for_author(
        assessments.assessments_visible_to(author), assessment_id, field="assessmentId"
    )
    questions = {question.pk: question for question in assessment.questions.all()}
    for place, pk in enumerate(question_ids):
        if pk not in questions:
            raise exceptions.NotFound(field=["questionIds", str(place)])
    if sorted(question_ids) != sorted(questions):
        raise exceptions.Invalid(
            "Name every question of the assessment exactly once. Perhaps one was added meanwhile.",
            field=["questionIds"],
        )
    for order, pk in enumerate(question_ids, start=1):
        questions[pk].order, questions[pk].updated_date = order, Now()
    Question.objects.bulk_update(questions.values(), ["order", "updated_date"])
    return assessment


def new_questions(
    assessment: Assessment,
    drafts: Sequence[QuestionDraft],
    problems: Problems,
    paths: Sequence[tuple[str, ...]],
) -> list[tuple[Question, list[Answer]]]:
    """The rows of new questions, each with those of its answers, and what is wrong with them, by path."""
    written = []
    for draft, path in zip(drafts, paths, strict=True):
        question = Question(assessment=assessment)
        drafted_question(question, draft, problems, path)
        answers = drafted_answers(draft.get("answers", ()), problems, path)
        check_together(question, answers, problems, path)
        written.append((question, answers))
    return written


def store_questions(written: Sequence[tuple[Question, list[Answer]]]) -> list[Question]:
    """Insert new questions behind those that the assessment has, all in one statement, then all answers."""
    questions: list[Question] = Question.objects.bulk_create(question for question, _ in written)
    for question, answers in written:
        for answer in answers:
            answer.question = question
    Answer.objects.bulk_create(answer for _, answers in written for answer in answers)
    return questions


def _locked_question(author: User, question_id: int) -> Question:
    """The question, locked together with its assessment, so that no attempt begins meanwhile."""
    questions = authoring.questions_to_author(author)
    parent = questions.filter(pk=question_id).values("assessment")
    Assessment.objects.select_for_update().filter(pk__in=parent).first()
    return locked_for_author(questions, question_id, field="questionId", completely=True)


def _edited_answers(
    stored: Sequence[Answer], drafts: Sequence[AnswerDraft] | None, problems: Problems
) -> tuple[list[Answer], list[Answer]]:
    """The answers as they will be, and those to remove."""
    if drafts is None:
        return list(stored), []
    pairs, removed = paired(stored, drafts, is_same=_is_same)
    ids = [row.pk if row else None for row in pairs]
    return drafted_answers(drafts, problems, ("question",), ids=ids), removed


def _is_same(answer: Answer, draft: AnswerDraft) -> bool:
    texts = (draft.get("text", ""), draft.get("match_text", ""), draft.get("blank_key", ""))
    return (answer.answer_text, answer.match_text, answer.blank_key) == texts


def _store_answers(question: Question, answers: Sequence[Answer], removed: Sequence[Answer]) -> None:
    """Write edited answers. Each statement leaves every order once, which the database checks after each."""
    Answer.objects.filter(pk__in=[answer.pk for answer in removed]).delete()
    for answer in answers:
        answer.question, answer.updated_date = question, Now()
    Answer.objects.bulk_update([answer for answer in answers if answer.pk], _ANSWER_FIELDS)
    Answer.objects.bulk_create(answer for answer in answers if not answer.pk)
