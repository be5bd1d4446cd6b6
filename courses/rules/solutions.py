"""The solution of a question, as it is shown beside a response: only to those who may see the key."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from courses.constants import NO_CREDIT, QuestionType
from courses.rules.grading.fill_blank import blank_keys
from courses.rules.grading.matching import match_key
from courses.rules.grading.types import Answer, Question


@dataclass(frozen=True, slots=True)
class Solution:
    """What earns full credit, by ids of answers; only the members of the question's type are filled.

    `texts` are all accepted texts, best first. `matches` leads from each prompt to the first answer with its
    match text, which is the one that layouts offer. `blanks` holds the best accepted text of each key.
    """

    choices: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    matches: Mapping[int, int] = field(default_factory=dict)
    blanks: Mapping[str, str] = field(default_factory=dict)


def solution_of(question: Question) -> Solution:
    """Return the solution of a question; an essay has none."""
    answers = question.answers
    match question.type:
        case QuestionType.MULTIPLE_CHOICE | QuestionType.TRUE_FALSE:
            return Solution(choices=tuple(answer.id for answer in answers if answer.is_correct))
        case QuestionType.SHORT_ANSWER:
            return Solution(texts=tuple(answer.text for answer in _best_first(answers)))
        case QuestionType.MATCHING:
            return Solution(matches=_matches(answers))
        case QuestionType.FILL_BLANK:
            return Solution(blanks=_blanks(answers))
        case _:
            return Solution()


def _best_first(answers: tuple[Answer, ...]) -> list[Answer]:
    accepted = (answer for answer in answers if answer.worth > NO_CREDIT)
    return sorted(accepted, key=lambda answer: -answer.worth)


def _matches(answers: tuple[Answer, ...]) -> dict[int, int]:
    first_by_text: dict[str, int] = {}
    for answer in answers:
        first_by_text.setdefault(match_key(answer.match_text), answer.id)
    return {answer.id: first_by_text[match_key(answer.match_text)] for answer in answers if answer.is_prompt}


def _blanks(answers: tuple[Answer, ...]) -> dict[str, str]:
    best: dict[str, str] = {}
    for answer in _best_first(answers):
        best.setdefault(answer.blank_key, answer.text)
    return {key: best[key] for key in blank_keys(answers) if key in best}
