"""Grading of every response, through the kind of its question.

Saving a model and grading in a service both come here, so they cannot disagree.
"""

from fractions import Fraction

from courses import exceptions
from courses.rules.credit import correctness_of, shown, whole_points, written_points
from courses.rules.questions import kind_of
from courses.rules.values import Grade, Question, Response


def grade(question: Question, response: Response | None) -> Grade:
    """Grade a stored response.

    A blank one is UNANSWERED with 0, an essay is PENDING without credit or points, and everything else is
    decided here.
    """
    if response is None or is_unanswered(question.type, response):
        return _grade(Fraction(0), Fraction(0), ("Nothing was answered: no points.",), unanswered=True)
    kind = kind_of(question.type)
    verdict = kind.grade(question, response[kind.member])
    if verdict.credit is None:
        return Grade(correctness_of(None, unanswered=False), None, None, None, verdict.steps)
    points = question.points * verdict.credit
    total = f"{question.points} possible x credit {shown(verdict.credit)}: {written_points(points)}."
    return _grade(verdict.credit, points, (*verdict.steps, total))


def is_unanswered(question_type: str, response: Response | None) -> bool:
    """Return whether a stored response is blank: no pick, no pair, or only blank texts."""
    kind = kind_of(question_type)
    return response is None or kind.member not in response or kind.is_blank(response[kind.member])


def grade_by_person(*, points: int, possible: int, unanswered: bool = False) -> Grade:
    """Return the grade that a person gave.

    Raises exceptions.Invalid, field `points`, for fewer than 0 or more than the possible points.
    """
    if not 0 <= points <= possible:
        raise exceptions.Invalid(f"Please give between 0 and {possible} points.", field=("points",))
    credit = Fraction(points, possible) if possible else Fraction(0)
    step = f"A person gave {points} of {possible} points."
    return _grade(credit, Fraction(points), (step,), unanswered=unanswered)


def _grade(credit: Fraction, points: Fraction, steps: tuple[str, ...], *, unanswered: bool = False) -> Grade:
    return Grade(correctness_of(credit, unanswered=unanswered), credit, points, whole_points(points), steps)
