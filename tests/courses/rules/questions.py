"""Short notation of questions for the tests of the rules."""

from dataclasses import replace
from decimal import Decimal

from courses.constants import QuestionType, ScoringPolicy, TextMatch
from courses.rules.values import Answer, Question

RIGHT_MINUS_WRONG = ScoringPolicy.RIGHT_MINUS_WRONG


def question(
    type: QuestionType, *answers: Answer, points: int = 1, scoring: ScoringPolicy = RIGHT_MINUS_WRONG
) -> Question:
    return Question(type, scoring, points, answers)


def choices(
    key: str, *, points: int = 1, scoring: ScoringPolicy = RIGHT_MINUS_WRONG, credits: tuple[str, ...] = ()
) -> Question:
    """A multiple choice question: `key` has a + for every right answer and a - for every wrong one.

    The answers have the ids 0, 1, 2, ...; `credits` overrides the credit of the first ones.
    """
    answers = (
        Answer(
            number,
            f"answer {number}",
            is_correct=sign == "+",
            credit=Decimal(credits[number]) if number < len(credits) else None,
        )
        for number, sign in enumerate(key)
    )
    return question(QuestionType.MULTIPLE_CHOICE, *answers, points=points, scoring=scoring)


def true_false(*, points: int = 1) -> Question:
    """True (id 1) is right, False (id 2) is not; the author wrote False first."""
    return question(
        QuestionType.TRUE_FALSE, Answer(2, "False"), Answer(1, "True", is_correct=True), points=points
    )


def matching(*pairs: tuple[str, str], points: int = 1) -> Question:
    """Prompts with their matches, ids 0, 1, 2, ...; a pair without a prompt is a distractor."""
    answers = (Answer(number, text, match_text=match) for number, (text, match) in enumerate(pairs))
    return question(QuestionType.MATCHING, *answers, points=points)


def accepted(
    text: str,
    *,
    id: int = 1,
    how: TextMatch = TextMatch.IGNORE_CASE,
    credit: str | None = None,
    tolerance: str | None = None,
    key: str = "",
) -> Answer:
    return Answer(
        id,
        text,
        is_correct=True,
        blank_key=key,
        text_match=how,
        tolerance=None if tolerance is None else Decimal(tolerance),
        credit=None if credit is None else Decimal(credit),
    )


def short_answer(*answers: Answer, points: int = 1, decimal_comma: bool = False) -> Question:
    asked = question(QuestionType.SHORT_ANSWER, *answers, points=points)
    return replace(asked, decimal_comma=decimal_comma)


def blanks(*answers: Answer, points: int = 1) -> Question:
    return question(QuestionType.FILL_BLANK, *answers, points=points)


def essay(*, points: int = 1) -> Question:
    return question(QuestionType.ESSAY, points=points)
