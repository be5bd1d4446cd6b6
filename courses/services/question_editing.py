"""Editing of a question with its key, such that stored responses stay meaningful."""

from collections.abc import Sequence

from django.db import transaction
from django.db.models.functions import Now

from courses import exceptions
from courses.models import Answer, Question, User
from courses.rules import values
from courses.rules.layout import part_ids, trial_entry
from courses.rules.pairing import paired
from courses.rules.questions.blanks import blank_keys
from courses.selectors import authoring
from courses.services import events
from courses.services.authorship import locked_question
from courses.services.problems import Problems
from courses.services.question_drafts import (
    AnswerDraft,
    QuestionDraft,
    drafted_answers,
    drafted_question,
    settle_together,
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
def update_question(*, author: User, question_id: int, draft: QuestionDraft) -> Question:
    """Change the parts of a question that are given. Answers that are given replace those that it had.

    References to answers stay valid: equal answers keep their ids wherever they stand now, edited ones are changed
    in place, in their order, and only the rest is deleted. Results of learners stay as they are until a regrade.

    Raises NotFound, also for those who may see the course but not its questions; ValidationError for what
    can never be right; QuestionInUse for another type of a question that is in use, and for the removal of a choice,
    prompt, match or blank that an attempt was asked: its texts, key and points may change.
    """
    question = locked_question(author, question_id)
    old_type = question.question_type
    stored = list(question.answers.order_by("order"))
    before = question.to_rule(stored)
    problems = Problems()
    drafted_question(question, draft, problems, ("question",))
    answers, removed = _edited_answers(stored, draft.get("answers"), problems)
    settle_together(question, answers, problems, ("question",))
    problems.refuse_any()
    if question.question_type != old_type and authoring.is_in_use(question):
        raise exceptions.QuestionInUse(field=["question", "type"])
    if question.question_type == old_type:
        _keep_what_was_asked(question, before, question.to_rule(answers))
    question.save()
    if "answers" in draft:
        _store_answers(question, answers, removed)
    events.record_assessment_changed(question.assessment_id)
    return question


def _keep_what_was_asked(question: Question, before: values.Question, after: values.Question) -> None:
    """Raise QuestionInUse for parts that an attempt was asked and that are missing after the edit."""
    offered, kept = (part_ids(trial_entry(question.pk, rule)) for rule in (before, after))
    lost = {pk for _, pk in offered - kept}
    if lost and authoring.are_in_use(question, lost):
        raise exceptions.QuestionInUse(
            "Learners were asked an answer that is missing here. Please keep it.",
            field=["question", "answers"],
        )
    if set(blank_keys(before.answers)) - set(blank_keys(after.answers)) and authoring.is_in_use(question):
        raise exceptions.QuestionInUse(
            "Learners have filled, or can fill, a blank that is missing here. Please keep its key.",
            field=["question", "answers"],
        )


def _edited_answers(
    stored: Sequence[Answer], drafts: Sequence[AnswerDraft] | None, problems: Problems
) -> tuple[list[Answer], list[Answer]]:
    """Return the answers after the edit, and those to delete."""
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
