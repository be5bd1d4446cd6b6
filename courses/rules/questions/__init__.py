"""Question types as strategies: `kind_of(type)` is everything that depends on a question's type.

A new type is a class here (choices, texts, blanks and matching are base classes), a member of
`constants.QuestionType` and a line in `_kind`: mypy names what is missing.
"""

from typing import assert_never

from courses.constants import QuestionType, Selection
from courses.rules.questions.blanks import FillBlank
from courses.rules.questions.choices import MultipleChoice, TrueFalse
from courses.rules.questions.kind import QuestionKind, SpecifiedColumns
from courses.rules.questions.matching import Matching
from courses.rules.questions.texts import Essay, ShortAnswer
from courses.rules.values import Question

__all__ = ["KINDS", "QuestionKind", "SpecifiedColumns", "kind_of", "selection_of"]


def _kind(type: QuestionType) -> QuestionKind:
    match type:
        case QuestionType.MULTIPLE_CHOICE:
            return MultipleChoice()
        case QuestionType.TRUE_FALSE:
            return TrueFalse()
        case QuestionType.SHORT_ANSWER:
            return ShortAnswer()
        case QuestionType.ESSAY:
            return Essay()
        case QuestionType.MATCHING:
            return Matching()
        case QuestionType.FILL_BLANK:
            return FillBlank()
        case never:
            assert_never(never)


KINDS: dict[str, QuestionKind] = {type_.value: _kind(type_) for type_ in QuestionType}
"""Registry of question kinds, keyed by the stored type."""


def kind_of(type: str) -> QuestionKind:
    """Return the kind of a stored question type. Raises KeyError for one that is not registered."""
    return KINDS[type]


def selection_of(question: Question) -> Selection | None:
    """Return the number of choices that may be picked; None for a question without choices."""
    return kind_of(question.type).selection(question)
