"""Multiple choice and true/false: pick one of the choices, or several."""

from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any, assert_never

from courses.constants import FULL_CREDIT, NO_CREDIT, QuestionType, ScoringPolicy, Selection
from courses.exceptions import ResponseMismatch
from courses.rules.credit import shown
from courses.rules.questions.kind import QuestionKind, SpecifiedColumns, at, listed, look_alikes
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

_POLICIES = {
    ScoringPolicy.RIGHT_MINUS_WRONG: "right picks minus wrong picks, divided by the right answers",
    ScoringPolicy.ALL_OR_NOTHING: "full credit for exactly the right picks, otherwise none",
    ScoringPolicy.EVERY_DECISION: "the share of all options that were decided rightly",
    ScoringPolicy.WEIGHTED: "the credits of the picks added up, at least 0 and at most 1",
}


class MultipleChoice(QuestionKind):
    """Multiple choice: a single pick earns its credit, several picks are weighed by the scoring policy.

    The number of picks allowed is fixed when an attempt starts, whatever becomes of the key: a learner who could
    pick only one of two right choices has picked rightly.
    """

    type = QuestionType.MULTIPLE_CHOICE
    member = ResponseMember.CHOICES

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        for place, answer in enumerate(question.answers):
            if is_blank(answer.text):
                yield Contradiction(("answers", str(place), "text"), "Write down what this choice says.")

    def counts_below_nothing(self, question: Question) -> bool:
        return question.scoring == ScoringPolicy.WEIGHTED

    def uncounted_credits(self, question: Question) -> Iterator[Contradiction]:
        yield from super().uncounted_credits(question)
        if question.scoring == ScoringPolicy.WEIGHTED or self.selection(question) == Selection.SINGLE:
            return
        for place, answer in enumerate(question.answers):
            if NO_CREDIT < answer.worth < FULL_CREDIT:
                yield Contradiction(
                    ("answers", str(place), "credit"),
                    "Where several choices are right, only the scoring policy WEIGHTED counts credits other than 0 "
                    "and 1. Choose it, or leave this credit out.",
                )

    def problems(self, question: Question) -> Iterator[str]:
        if len(question.answers) < 2:
            yield "Add at least two answers."
        if not any(answer.is_correct for answer in question.answers):
            yield "Mark at least one answer as correct."
        yield from _alike(question)

    def selection(self, question: Question) -> Selection:
        if question.asked_as is not None:
            return question.asked_as
        several = sum(answer.is_correct for answer in question.answers) > 1
        return Selection.MULTIPLE if several else Selection.SINGLE

    def offer(self, question: Question) -> LayoutEntry:
        return {
            "selection": self.selection(question),
            "choices": [answer.id for answer in question.answers],
        }

    def lay_out(self, question: Question, random: Random) -> LayoutEntry:
        offer = self.offer(question)
        random.shuffle(offer["choices"])
        return offer

    def offered(self, answers: Any, entry: LayoutEntry) -> tuple[Answer, ...]:
        return tuple(answer for answer in answers if answer.id in entry["choices"])

    def from_places(self, entry: LayoutEntry, given: Any) -> Any:
        return [at(entry["choices"], place, "choices") for place in given]

    def to_places(self, entry: LayoutEntry, value: Any) -> list[int]:
        return [place for place, answer in enumerate(entry["choices"]) if answer in value]

    def check(self, entry: LayoutEntry, given: Any) -> list[int]:
        picked = listed(given)
        if any(choice not in entry["choices"] for choice in picked):
            raise ResponseMismatch("Please pick among the choices of this question.")
        if len(set(picked)) < len(picked):
            raise ResponseMismatch("Please pick each choice at most once.")
        if entry["selection"] == Selection.SINGLE and len(picked) > 1:
            raise ResponseMismatch("Please pick one choice only.")
        return sorted(picked)

    def is_blank(self, value: Any) -> bool:
        return not value

    def columns(self, value: Any) -> SpecifiedColumns:
        return SpecifiedColumns(selected_answer_id=value[0] if len(value) == 1 else None)

    def from_columns(self, columns: SpecifiedColumns, question: Question) -> Any:
        return None if columns.selected_answer_id is None else [columns.selected_answer_id]

    def grade(self, question: Question, value: Any) -> Verdict:
        """Grade the picks. Several on a single choice only come from outside of attempts, which refuse them."""
        is_single = self.selection(question) == Selection.SINGLE and len(value) == 1
        return _one_pick(question, value) if is_single else _several_picks(question, value)

    def solution(self, question: Question) -> Solution:
        return Solution(choices=tuple(answer.id for answer in question.answers if answer.is_correct))

    def solution_in(self, question: Question, entry: LayoutEntry) -> Solution:
        return Solution(choices=tuple(self.to_places(entry, self.solution(question).choices)))


class TrueFalse(MultipleChoice):
    """True/false: two choices, one of them right. "True" precedes "False", whatever the author's order."""

    type = QuestionType.TRUE_FALSE

    def contradictions(self, question: Question, text: str) -> Iterator[Contradiction]:
        yield from super().contradictions(question, text)
        if len(question.answers) > 2:
            yield Contradiction(
                ("answers",), "A true/false question has two answers: please remove the others."
            )
        if sum(answer.is_correct for answer in question.answers) > 1:
            yield Contradiction(("answers",), "Only one answer of a true/false question can be correct.")

    def problems(self, question: Question) -> Iterator[str]:
        if len(question.answers) != 2:
            yield "A true/false question needs exactly two answers."
        if sum(answer.is_correct for answer in question.answers) != 1:
            yield "Mark exactly one answer as correct."
        yield from _alike(question)

    def counts_below_nothing(self, question: Question) -> bool:
        return False

    def selection(self, question: Question) -> Selection:
        return Selection.SINGLE

    def lay_out(self, question: Question, random: Random) -> LayoutEntry:
        by_text = sorted(question.answers, key=lambda answer: answer.text.casefold(), reverse=True)
        return {"selection": Selection.SINGLE, "choices": [answer.id for answer in by_text]}

    def grade(self, question: Question, value: Any) -> Verdict:
        return _one_pick(question, value)


def _alike(question: Question) -> Iterator[str]:
    return look_alikes({place: answer.text for place, answer in enumerate(question.answers)}, "Choices")


def _one_pick(question: Question, picked: list[int]) -> Verdict:
    """Return the credit of the picked answer, at least 0; a pick that the question no longer offers earns nothing."""
    rule = "One choice: the credit of the picked answer counts."
    found = next((answer for answer in question.answers if answer.id in picked), None)
    if found is None:
        return Verdict(Fraction(0), (rule, "Picked: an answer that is no longer offered (credit 0)."))
    credit, text = max(NO_CREDIT, found.worth), question.as_asked(found).text
    return Verdict(Fraction(credit), (rule, f"Picked: “{text}” (credit {shown(found.worth)})."))


def _several_picks(question: Question, value: list[int]) -> Verdict:
    """Weigh the picks. Duplicates count once, and the order of picks never matters."""
    picked = set(value)
    correct = {answer.id for answer in question.answers if answer.is_correct}
    steps = [f"Several choices: {_POLICIES[ScoringPolicy(question.scoring)]}."]
    for answer in question.answers:
        decision = "picked" if answer.id in picked else "left alone"
        verdict = "rightly" if (answer.id in picked) == answer.is_correct else "wrongly"
        weight = f" (credit {shown(answer.worth)})" if _counts(question, answer, picked) else ""
        steps.append(f"“{question.as_asked(answer).text}”: {verdict} {decision}{weight}.")
    credit = _weighed(question, picked, correct)
    steps.append(
        f"{len(picked & correct)} of {len(correct)} right answers and {len(picked - correct)} wrong ones "
        f"picked: credit {shown(credit)}."
    )
    return Verdict(credit, tuple(steps))


def _counts(question: Question, answer: Answer, picked: set[int]) -> bool:
    """Return whether the credit of an answer is added."""
    return question.scoring == ScoringPolicy.WEIGHTED and answer.id in picked


def _weighed(question: Question, picked: set[int], correct: set[int]) -> Fraction:
    right, wrong = len(picked & correct), len(picked - correct)
    match question.scoring:
        case ScoringPolicy.RIGHT_MINUS_WRONG:
            return max(Fraction(0), Fraction(right - wrong, len(correct))) if correct else Fraction(0)
        case ScoringPolicy.ALL_OR_NOTHING:
            return Fraction(picked == correct)
        case ScoringPolicy.EVERY_DECISION:
            decided_rightly = sum((answer.id in picked) == answer.is_correct for answer in question.answers)
            return Fraction(decided_rightly, len(question.answers)) if question.answers else Fraction(0)
        case ScoringPolicy.WEIGHTED:
            weights = (Fraction(each.worth) for each in question.answers if _counts(question, each, picked))
            added = sum(weights, Fraction(0))
            return min(Fraction(1), max(Fraction(0), added))
        case never:
            assert_never(never)
