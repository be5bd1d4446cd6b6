"""Whether an assessment can be taken: what each question lacks, said so that its author can mend it."""

from collections.abc import Iterator, Sequence

from courses.constants import NO_CREDIT, QuestionType, TextMatch
from courses.rules.grading.fill_blank import blank_keys
from courses.rules.grading.text import as_number, normalise
from courses.rules.grading.types import Answer, Question


def assessment_problems(questions: Sequence[Question]) -> list[str]:
    """Return what keeps an assessment from being started, each sentence naming its question by position.

    Positions count from 1 in the author's order. An empty list means that it is ready.
    """
    if not questions:
        return ["Add at least one question."]
    return [
        f"Question {position}: {problem}"
        for position, question in enumerate(questions, start=1)
        for problem in question_problems(question)
    ]


def question_problems(question: Question) -> list[str]:
    """Return what a question lacks, one sentence each."""
    match question.type:
        case QuestionType.TRUE_FALSE:
            return list(_true_false(question.answers))
        case QuestionType.MULTIPLE_CHOICE:
            return list(_multiple_choice(question.answers))
        case QuestionType.MATCHING:
            return list(_matching(question.answers))
        case QuestionType.SHORT_ANSWER:
            return list(_accepted_texts(question.answers, "Add at least one accepted text."))
        case QuestionType.FILL_BLANK:
            return list(_fill_blank(question.answers))
        case _:
            return []


def _true_false(answers: Sequence[Answer]) -> Iterator[str]:
    if len(answers) != 2:
        yield "A true/false question needs exactly two answers."
    if sum(answer.is_correct for answer in answers) != 1:
        yield "Mark exactly one answer as correct."


def _multiple_choice(answers: Sequence[Answer]) -> Iterator[str]:
    if len(answers) < 2:
        yield "Add at least two answers."
    if not any(answer.is_correct for answer in answers):
        yield "Mark at least one answer as correct."


def _matching(answers: Sequence[Answer]) -> Iterator[str]:
    if sum(bool(normalise(answer.match_text)) for answer in answers) < 2:
        yield "Add at least two answers with a match."
    if not any(answer.is_prompt for answer in answers):
        yield "Give at least one match a prompt to pair it with."
    for answer in answers:
        if normalise(answer.text) and not normalise(answer.match_text):
            yield f"Give “{answer.text}” a match."


def _fill_blank(answers: Sequence[Answer]) -> Iterator[str]:
    keys = blank_keys(answers)
    if not keys:
        yield "Add at least one blank with an accepted text."
    if "" in keys and len(keys) > 1:
        yield "Say for every accepted text which blank it fills."
    for key in keys:
        texts = [answer for answer in answers if answer.blank_key == key]
        yield from _accepted_texts(texts, f"Add at least one accepted text for the blank “{key}”.")


def _accepted_texts(answers: Sequence[Answer], missing: str) -> Iterator[str]:
    """Check that some text earns credit, and that numeric ones are numbers."""
    if not any(answer.worth > NO_CREDIT and normalise(answer.text) for answer in answers):
        yield missing
    for answer in answers:
        if answer.text_match == TextMatch.NUMERIC and as_number(normalise(answer.text)) is None:
            yield f"“{answer.text}” is compared as a number but is none. Write it like -11.7 or 1e3."
