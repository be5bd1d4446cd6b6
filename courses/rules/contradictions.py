"""What in a question can never be right for its type, so that not even a draft of it is stored.

A question that only lacks something is a draft: readiness.py says what it lacks, and it can be stored.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from courses.constants import QuestionType, TextMatch
from courses.rules.grading.fill_blank import blank_keys
from courses.rules.grading.text import as_number, normalise
from courses.rules.grading.types import Answer, Question

_MARK = re.compile(r"\[\[([^\[\]]+)\]\]")


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is wrong, and where: a path inside the question such as `("answers", "1", "match_text")`."""

    path: tuple[str, ...]
    message: str


def marked_blanks(text: str) -> list[str]:
    """Return the keys that a text marks as `[[key]]`, each once, in their order."""
    return list(dict.fromkeys(_MARK.findall(text)))


def contradictions(question: Question, text: str) -> list[Contradiction]:
    """Return everything in a question, which asks `text`, that no further editing of other parts can mend."""
    answers = question.answers
    match question.type:
        case QuestionType.TRUE_FALSE:
            return [*_choices(answers), *_true_false(answers)]
        case QuestionType.MULTIPLE_CHOICE:
            return list(_choices(answers))
        case QuestionType.MATCHING:
            return list(_matching(answers))
        case QuestionType.SHORT_ANSWER:
            return list(_texts(answers))
        case QuestionType.FILL_BLANK:
            return [*_texts(answers), *_blanks(answers, marked_blanks(text))]
        case _:
            return []


def _choices(answers: Sequence[Answer]) -> Iterator[Contradiction]:
    for place, answer in enumerate(answers):
        if not normalise(answer.text):
            yield _at(place, "text", "Write down what this choice says.")


def _true_false(answers: Sequence[Answer]) -> Iterator[Contradiction]:
    if len(answers) > 2:
        yield Contradiction(("answers",), "A true/false question has two answers: please remove the others.")
    if sum(answer.is_correct for answer in answers) > 1:
        yield Contradiction(("answers",), "Only one answer of a true/false question can be correct.")


def _matching(answers: Sequence[Answer]) -> Iterator[Contradiction]:
    for place, answer in enumerate(answers):
        if not normalise(answer.match_text):
            yield _at(place, "match_text", "Give this prompt the text that belongs to it.")


def _texts(answers: Sequence[Answer]) -> Iterator[Contradiction]:
    for place, answer in enumerate(answers):
        if not normalise(answer.text):
            yield _at(place, "text", "Write down the text that is accepted.")
        elif answer.text_match == TextMatch.NUMERIC and as_number(normalise(answer.text)) is None:
            yield _at(place, "text", "This is compared as a number but is none. Write it like -11.7 or 1e3.")


def _blanks(answers: Sequence[Answer], marked: Sequence[str]) -> Iterator[Contradiction]:
    """Where the text marks its blanks, the accepted texts name exactly these; a mark may wait in a draft
    without any answers.
    """
    if not marked:
        return
    for place, answer in enumerate(answers):
        if answer.blank_key not in marked:
            known = ", ".join(f"[[{key}]]" for key in marked)
            yield _at(place, "blank_key", f"The text marks no such blank, but {known}.")
    for key in marked if answers else ():
        if key not in blank_keys(answers):
            yield Contradiction(("answers",), f"Add an accepted text for the blank [[{key}]].")


def _at(place: int, name: str, message: str) -> Contradiction:
    return Contradiction(("answers", str(place), name), message)
