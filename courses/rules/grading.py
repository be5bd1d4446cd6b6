"""Grading of every response, through the kind of its question.

Saving a model and grading in a service both come here, so they cannot disagree.
"""

from decimal import Decimal

from courses import exceptions
from courses.constants import NO_CREDIT
from courses.rules.credit import correctness_of, earned_points, kept_credit, shown
from courses.rules.questions import kind_of
from courses.rules.values import Grade, Question, Response


def grade(question: Question, response: Response | None) -> Grade:
    """Grade a stored response.

    A blank one is UNANSWERED with 0, an essay is PENDING without credit or points, and everything else is
    decided here.
    """
    if response is None or is_unanswered(question.type, response):
        unanswered = correctness_of(NO_CREDIT, unanswered=True)
        return Grade(unanswered, NO_CREDIT, 0, ("Nothing was answered: no points.",))
    kind = kind_of(question.type)
    verdict = kind.grade(question, response[kind.member])
    if verdict.credit is None:
        return Grade(correctness_of(None, unanswered=False), None, None, verdict.steps)
    credit = kept_credit(verdict.credit)
    points = earned_points(question.points, credit)
    total = f"{question.points} possible x credit {shown(credit)}, rounded half up: {points} points."
    return Grade(correctness_of(credit, unanswered=False), credit, points, (*verdict.steps, total))


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
    credit = kept_credit(Decimal(points) / possible) if possible else Decimal(0)
    step = f"A person gave {points} of {possible} points."
    return Grade(correctness_of(credit, unanswered=unanswered), credit, points, (step,))
