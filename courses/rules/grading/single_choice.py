"""Single choice and true/false: the chosen answer's credit is the credit."""

from courses.constants import NO_CREDIT
from courses.rules.grading.points import shown
from courses.rules.grading.types import Question, Response, Verdict


def grade(question: Question, response: Response) -> Verdict:
    """Give the credit of the one picked answer; a pick that the question no longer offers earns nothing."""
    rule = "One choice: the credit of the picked answer counts."
    picked = next((answer for answer in question.answers if answer.id in response["choices"]), None)
    if picked is None:
        return Verdict(NO_CREDIT, (rule, "Picked: an answer that is no longer offered (credit 0)."))
    return Verdict(picked.worth, (rule, f"Picked: “{picked.text}” (credit {shown(picked.worth)})."))
