"""Short answer and essay: one text, compared with accepted texts or graded by a person."""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any

from courses.constants import NO_CREDIT, QuestionType, TextMatch
from courses.rules.credit import shown
from courses.rules.numbers import as_number, as_written_number, may_separate_thousands
from courses.rules.questions.kind import QuestionKind, SpecifiedColumns, written
from courses.rules.text import best_match, normalise
from courses.rules.values import (
    Answer,
    Contradiction,
    LayoutEntry,
    Question,
    ResponseMember,
    Solution,
    Verdict,
)
from courses.rules.words import is_blank

_COMPARISONS = {
    TextMatch.IGNORE_CASE: "upper and lower case are the same",
    TextMatch.EXACT: "upper and lower case differ",
    TextMatch.WILDCARD: "* stands for any run of characters",
    TextMatch.NUMERIC: "compared as numbers",
}


class Text(QuestionKind):
    """Base of the types whose response is one text."""

    member = ResponseMember.TEXT

    def offer(self, question: Question) -> LayoutEntry:
        return {}

    def check(self, entry: LayoutEntry, given: Any) -> str:
        return written(given)

    def is_blank(self, value: Any) -> bool:
        return is_blank(value)

    def columns(self, value: Any) -> SpecifiedColumns:
        return SpecifiedColumns(text_answer=value)

    def from_columns(self, columns: SpecifiedColumns, question: Question) -> Any:
        return columns.text_answer or None


class ShortAnswer(Text):
    """Short answer, graded by the matching accepted text with the highest credit."""

    type = QuestionType.SHORT_ANSWER
    listing_accepts = True

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        return unacceptable_texts(question.answers)

    def problems(self, question: Question) -> Iterator[str]:
        return problems_of_texts(question.answers, "Add at least one accepted text.")

    def grade(self, question: Question, value: Any) -> Verdict:
        credit, explanation = explain_match(value, question.answers, decimal_comma=question.decimal_comma)
        return Verdict(credit, ("Short answer: the best accepted text that matches counts.", explanation))

    def solution(self, question: Question) -> Solution:
        return Solution(texts=tuple(answer.text for answer in best_first(question.answers)))


class Essay(Text):
    """Essay, graded by a person."""

    type = QuestionType.ESSAY
    has_key = False

    def contradictions(self, question: Question, text: str) -> Iterable[Contradiction]:
        return ()

    def problems(self, question: Question) -> Iterable[str]:
        return ()

    def grade(self, question: Question, value: Any) -> Verdict:
        return Verdict(None, ("Essay: a person grades it.",))

    def solution(self, question: Question) -> Solution:
        return Solution()


def explain_match(text: str, accepted: Sequence[Answer], *, decimal_comma: bool) -> tuple[Fraction, str]:
    """Return the credit of a text among accepted ones, and a sentence that says why.

    A blank text matches nothing, not even the wildcard `*`.
    """
    if is_blank(text):
        return Fraction(0), "nothing was filled in (credit 0)."
    given = normalise(text)
    match = best_match(given, accepted, decimal_comma=decimal_comma)
    if match is None:
        comma = _why_no_number(given, accepted, decimal_comma)
        return Fraction(0), f"“{given}” matches no accepted text{comma} (credit 0)."
    comparison = _comparison(match)
    if match.text_match == TextMatch.NUMERIC and as_number(given) is None:
        comparison += f", {given} read as {as_written_number(given, decimal_comma=decimal_comma)}"
    return (
        Fraction(match.worth),
        f"“{given}” matches “{match.text}” ({comparison}): credit {shown(match.worth)}.",
    )


def best_first(answers: Iterable[Answer]) -> list[Answer]:
    """Return the accepted texts with credit, the best ones first."""
    accepted = (answer for answer in answers if answer.worth > NO_CREDIT)
    return sorted(accepted, key=lambda answer: -answer.worth)


def unacceptable_texts(answers: Sequence[Answer]) -> Iterator[Contradiction]:
    """Yield accepted texts that no response can match: blank ones, and numeric ones that are not numbers."""
    for place, answer in enumerate(answers):
        path = ("answers", str(place), "text")
        if is_blank(answer.text):
            yield Contradiction(path, "Write down the text that is accepted.")
        elif _is_no_number(answer):
            yield Contradiction(path, "This is compared as a number but is none. Write it like -11.7 or 1e3.")


def problems_of_texts(answers: Sequence[Answer], missing: str) -> Iterator[str]:
    """Yield `missing` unless some text earns credit, and a sentence for each numeric one that is not a number."""
    if not any(answer.worth > NO_CREDIT and not is_blank(answer.text) for answer in answers):
        yield missing
    for answer in answers:
        if _is_no_number(answer):
            yield f"“{answer.text}” is compared as a number but is none. Write it like -11.7 or 1e3."


def _is_no_number(answer: Answer) -> bool:
    return answer.text_match == TextMatch.NUMERIC and as_number(normalise(answer.text)) is None


def _why_no_number(given: str, accepted: Sequence[Answer], decimal_comma: bool) -> str:
    """Return the part of a sentence that says why a text with a comma was not compared as a number; empty where it was,
    or is none without the comma either.
    """
    if all(answer.text_match != TextMatch.NUMERIC for answer in accepted):
        return ""
    if (
        as_written_number(given, decimal_comma=decimal_comma) is not None
        or as_number(given.replace(",", ".")) is None
    ):
        return ""
    if may_separate_thousands(given):
        return ": a comma before exactly three digits makes no number"
    return ": this course writes numbers with a point, not with a comma"


def _comparison(answer: Answer) -> str:
    """Return the rule of comparison of the answer's text, in words."""
    comparison = _COMPARISONS[TextMatch(answer.text_match)]
    if answer.text_match == TextMatch.NUMERIC and answer.tolerance:
        return f"{comparison}, give or take {answer.tolerance.normalize():f}"
    return comparison
