"""Short answer: the accepted text with the highest credit that matches wins."""

from collections.abc import Sequence
from decimal import Decimal

from courses.constants import NO_CREDIT, TextMatch
from courses.rules.grading.points import shown
from courses.rules.grading.text import best_match, normalise
from courses.rules.grading.types import Answer, Question, Response, Verdict

_COMPARISONS = {
    TextMatch.IGNORE_CASE: "upper and lower case are the same",
    TextMatch.EXACT: "upper and lower case differ",
    TextMatch.WILDCARD: "* stands for any run of characters",
    TextMatch.NUMERIC: "compared as numbers",
}


def grade(question: Question, response: Response) -> Verdict:
    """Give the credit of the best accepted text that matches."""
    credit, explanation = explain_match(response["text"], question.answers)
    return Verdict(credit, ("Short answer: the best accepted text that matches counts.", explanation))


def explain_match(text: str, accepted: Sequence[Answer]) -> tuple[Decimal, str]:
    """Return the credit that a text earns among accepted ones, and a sentence that says why.

    A blank text matches nothing, not even the wildcard `*`.
    """
    given = normalise(text)
    if not given:
        return NO_CREDIT, "nothing was filled in (credit 0)."
    match = best_match(given, accepted)
    if match is None:
        return NO_CREDIT, f"“{given}” matches no accepted text (credit 0)."
    return (
        match.worth,
        f"“{given}” matches “{match.text}” ({_comparison(match)}): credit {shown(match.worth)}.",
    )


def _comparison(answer: Answer) -> str:
    """Say how the answer's text was compared."""
    comparison = _COMPARISONS[TextMatch(answer.text_match)]
    if answer.text_match == TextMatch.NUMERIC and answer.tolerance:
        return f"{comparison}, give or take {answer.tolerance.normalize():f}"
    return comparison
