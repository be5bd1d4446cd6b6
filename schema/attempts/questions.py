"""Questions of an attempt with their responses and, where visible, results and solutions."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, assert_never

import strawberry

from courses import models
from courses.constants import NO_CREDIT
from courses.rules import grading, receipts
from courses.rules.credit import correctness_of, counted_points, plain
from courses.rules.layout import receipt_format
from courses.rules.questions import kind_of
from courses.rules.values import ResponseMember
from courses.selectors.attempts import ANSWERED, LaidOutQuestion, VisibleQuestion
from schema.attempts import places
from schema.core import ids
from schema.core.enums import Correctness, QuestionType, Selection
from schema.core.fields import computed, declared, described
from schema.dataloaders import people as people_loaders
from schema.people.types import User


@strawberry.type(
    description="Choice, prompt or match that a question offers. Its id is valid in this attempt only."
)
class Choice:
    id: strawberry.ID = described("Opaque id, to send back in a response.")
    text: str = described("Text that the learner reads.")


@strawberry.type(description="Pair of a prompt and its match, by their ids in this attempt.")
class Match:
    prompt: strawberry.ID = described("Id of the prompt.")
    match: strawberry.ID = described("Id of the match.")


@strawberry.type(description="Blank of a text, and what fills it.")
class Blank:
    key: str = described("Key of the blank.")
    text: str = described("Text that fills the blank.")


@strawberry.type(
    description="Response to a question. Exactly one field is filled, by the question's type; all others are "
    "null."
)
class Response:
    choices: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Multiple choice, true/false: ids of the choices picked."
    )
    text: str | None = strawberry.field(default=None, description="Short answer, essay: the text written.")
    matches: list[Match] | None = strawberry.field(default=None, description="Matching: the pairs made.")
    blanks: list[Blank] | None = strawberry.field(
        default=None, description="Fill in the blank: the blanks filled."
    )


@strawberry.type(description="Result of grading a response.")
class QuestionResult:
    graded_by_id: strawberry.Private[int | None]
    correctness: Correctness = described("Correctness of the response.")
    is_correct: bool | None = described(
        "Whether it earned full credit. Null while it waits for a person to grade it."
    )
    credit: Decimal | None = described(
        "Credit: the share of the points that was earned, 0 to 1. Null while it waits for a person "
        "to grade it."
    )
    points_earned: int | None = described(
        "Points earned: points x credit, rounded half up. Null while it waits for a person to grade it."
    )
    exact_points: Decimal | None = described(
        "Points earned, not rounded: points x credit, which the score in percent counts. Null while it waits for a "
        "person to grade it."
    )
    feedback: str = described("Feedback by the person who graded it. Empty when there is none.")
    graded_by: User | None = declared(
        people_loaders.grader_of,
        "Person who graded it. Null when it was graded automatically, or by somebody who is not "
        "visible to the viewer.",
    )


@strawberry.type(description="Feedback of the author to a choice.")
class ChoiceFeedback:
    choice: strawberry.ID = described("Id of the choice.")
    text: str = described("Explanation why the choice is right or wrong.")


@strawberry.type(
    description="Response that would have earned full credit. Only the fields of the question's type are "
    "filled; all others are null."
)
class Solution:
    explanation: str = described("Explanation by the author. Empty when there is none.")
    choices: list[strawberry.ID] | None = strawberry.field(
        default=None, description="Multiple choice, true/false: ids of the right choices."
    )
    texts: list[str] | None = strawberry.field(
        default=None, description="Short answer: accepted texts, by credit, best first."
    )
    matches: list[Match] | None = strawberry.field(default=None, description="Matching: the right pairs.")
    blanks: list[Blank] | None = strawberry.field(
        default=None, description="Fill in the blank: an accepted text for each blank."
    )
    choice_feedback: list[ChoiceFeedback] | None = strawberry.field(
        default=None,
        description="Multiple choice, true/false: feedback of the author to the choices that were picked and to the "
        "right ones, in the order of this attempt. Choices without feedback are left out.",
    )


@strawberry.type(description="Receipt of an attempt: proof of what was handed in, for either side.")
class SubmissionReceipt:
    digest: str = described(
        "SHA-256, in hexadecimal, of the canonical JSON of attempt, question, response and, from format 2 on, what "
        "was asked, in question order; the documentation describes how to check it."
    )
    format: int = described(
        "Format of the JSON: 2 proves what was asked and what was answered, 1 (attempts that started before the "
        "server kept versions of questions) what was answered."
    )
    revision: int = described("Revision of the attempt that was handed in.")
    issued_at: datetime = described("Time at which the attempt ended.")


_GRADED = tuple(f"answered.{name}" for name in ANSWERED)
"""Columns of a stored response that results and solutions are made of."""


@strawberry.type(description="A question as an attempt shows it to its learner, without the answer key.")
class AttemptQuestion:
    position: int = described("Position in this attempt, counted from 1.")

    @computed("Global id of the question, to send back as `questionId`.", lasting=True)
    def question(root: LaidOutQuestion) -> strawberry.ID:
        return strawberry.ID(ids.encode("Question", root.question_id))

    @computed("Type of the question, which decides how it is answered and graded.", lasting=True)
    def type(root: LaidOutQuestion) -> QuestionType:
        return root.type

    @computed("Text of the question; [[key]] marks a blank to fill.", lasting=True)
    def text(root: LaidOutQuestion) -> str:
        return root.asked.content.text

    @computed(
        "Number of the question's version that this attempt was asked, counted from 1. It stays what it was, "
        "whatever is edited.",
        lasting=True,
    )
    def version_number(root: LaidOutQuestion) -> int:
        return root.asked.number

    @computed("Points for full credit, as they were when the attempt started.", lasting=True)
    def points(root: LaidOutQuestion) -> int:
        return root.points

    @computed("Number of choices that may be picked. Null for types without choices.", lasting=True)
    def selection(root: LaidOutQuestion) -> Selection | None:
        return root.entry.get("selection")

    @computed("Multiple choice, true/false: choices to pick from. Null for other types.", lasting=True)
    def choices(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "choices", places.CHOICE)

    @computed("Matching: prompts to find a match for. Null for other types.", lasting=True)
    def prompts(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "prompts", places.PROMPT)

    @computed("Matching: matches to choose from for each prompt. Null for other types.", lasting=True)
    def matches(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "matches", places.MATCH)

    @computed(
        "Fill in the blank: keys of the blanks, which the text may mark as [[key]]. Null for other types.",
        lasting=True,
    )
    def blanks(root: LaidOutQuestion) -> list[str] | None:
        return root.entry.get("blanks")

    @computed("Response that is saved. Null when there is none.", columns=("answered.response",))
    def response(root: LaidOutQuestion) -> Response | None:
        return response_of(root)

    @computed(
        "Time at which the saved response was last changed. Null when there is none.",
        columns=("answered.answered_at", "answered.response"),
    )
    def answered_at(root: LaidOutQuestion) -> datetime | None:
        answered = root.answered
        return answered.answered_at if answered and answered.response is not None else None

    @computed(
        "Revision of the attempt in which the response was last changed; 0 when it never was.",
        columns=("answered.revision",),
    )
    def revision(root: LaidOutQuestion) -> int:
        return root.answered.revision if root.answered else 0

    @computed("Whether the learner flagged it to come back to.", columns=("answered.is_flagged",))
    def is_flagged(root: LaidOutQuestion) -> bool:
        return root.answered.is_flagged if root.answered else False

    @computed(
        "Result of grading. Null until the attempt has ended and its `resultsVisible` is true.",
        columns=("attempt.is_completed", "attempt.results_visible", *_GRADED),
    )
    def result(root: VisibleQuestion) -> QuestionResult | None:
        if not (root.attempt.is_completed and root.attempt.results_visible):
            return None
        return _result(root)

    @computed(
        "Solution with explanation. Null until the attempt's `answerKeyVisible` is true.",
        columns=("attempt.answer_key_visible", *_GRADED),
    )
    def solution(root: VisibleQuestion) -> Solution | None:
        return _solution(root) if root.attempt.answer_key_visible else None


def response_of(laid_out: LaidOutQuestion) -> Response | None:
    """Return the stored response, encoded in the attempt's layout."""
    answered = laid_out.answered
    if answered is None or answered.response is None:
        return None
    kind = kind_of(laid_out.type)
    shown = kind.to_places(laid_out.entry, answered.response[kind.member])
    match kind.member:
        case ResponseMember.CHOICES:
            return Response(choices=_picks(laid_out, shown))
        case ResponseMember.TEXT:
            return Response(text=shown)
        case ResponseMember.MATCHES:
            return Response(matches=_pairs(laid_out, shown))
        case ResponseMember.BLANKS:
            return Response(blanks=_filled(shown))
        case never:
            assert_never(never)


def receipt(attempt: models.AssessmentAttempt, questions: list[LaidOutQuestion]) -> SubmissionReceipt | None:
    """Return the receipt of an attempt that has ended, over exactly what the API shows of it."""
    if attempt.end_time is None:
        return None
    number = receipt_format(attempt.layout)
    entries: list[receipts.ReceiptEntry] = []
    for laid_out in questions:
        response = response_of(laid_out)
        entry: receipts.ReceiptEntry = {
            "attempt": ids.encode("AssessmentAttempt", attempt.pk),
            "question": ids.encode("Question", laid_out.question_id),
            "response": None if response is None else _filled_members(asdict(response)),
        }
        if number > 1:
            entry["asked"] = _asked(laid_out)
        entries.append(entry)
    return SubmissionReceipt(
        digest=receipts.digest(entries), format=number, revision=attempt.revision, issued_at=attempt.end_time
    )


def _asked(laid_out: LaidOutQuestion) -> dict[str, Any]:
    """Serialise what the attempt shows of the question before it is answered, as JSON."""
    selection = laid_out.entry.get("selection")
    offered = {
        "choices": _offered(laid_out, "choices", places.CHOICE),
        "prompts": _offered(laid_out, "prompts", places.PROMPT),
        "matches": _offered(laid_out, "matches", places.MATCH),
    }
    return _filled_members(
        {
            "type": laid_out.type.upper(),
            "text": laid_out.asked.content.text,
            "points": laid_out.points,
            "selection": selection and selection.upper(),
            **{
                member: options and [asdict(option) for option in options]
                for member, options in offered.items()
            },
            "blanks": laid_out.entry.get("blanks"),
        }
    )


def _filled_members(object_: dict[str, Any]) -> dict[str, Any]:
    return {member: value for member, value in object_.items() if value is not None}


def _offered(
    laid_out: LaidOutQuestion, member: Literal["choices", "prompts", "matches"], kind: str
) -> list[Choice] | None:
    """Return the options that the layout offers, with the ids of their places, without answers removed since."""
    if member not in laid_out.entry:
        return None
    found = [(place, laid_out.asked.answers.get(pk)) for place, pk in enumerate(laid_out.entry[member])]
    return [
        Choice(id=_id(laid_out, kind, place), text=answer.match_text if kind == places.MATCH else answer.text)
        for place, answer in found
        if answer is not None
    ]


def _result(laid_out: LaidOutQuestion) -> QuestionResult:
    answered = laid_out.answered
    credit = answered.credit if answered else NO_CREDIT
    exact = answered.exact_points if answered else NO_CREDIT
    unanswered = answered is None or grading.is_unanswered(laid_out.type, answered.response)
    return QuestionResult(
        graded_by_id=answered.graded_by_id if answered else None,
        correctness=correctness_of(credit, unanswered=unanswered),
        is_correct=answered.is_correct if answered else False,
        credit=None if credit is None else plain(credit),
        points_earned=(answered.points_earned if credit is not None else None) if answered else 0,
        exact_points=None if credit is None else plain(counted_points(exact, laid_out.points, credit)),
        feedback=answered.feedback if answered else "",
    )


def _solution(laid_out: LaidOutQuestion) -> Solution:
    right = kind_of(laid_out.key.type).solution_in(laid_out.key, laid_out.entry)
    return Solution(
        explanation=laid_out.graded_by.content.explanation,
        choices=None if right.choices is None else _picks(laid_out, right.choices),
        texts=None if right.texts is None else list(right.texts),
        matches=None if right.matches is None else _pairs(laid_out, right.matches.items()),
        blanks=None if right.blanks is None else _filled(right.blanks.items()),
        choice_feedback=None if right.choices is None else _feedback(laid_out, right.choices),
    )


def _feedback(laid_out: LaidOutQuestion, right: Iterable[int]) -> list[ChoiceFeedback]:
    """Return what the author says to the choices that were picked and to those at the right places."""
    answered = laid_out.answered
    picked = answered.response["choices"] if answered and answered.response else []
    offered = enumerate(laid_out.entry["choices"])
    answers = laid_out.graded_by.answers
    said = {place: answers[pk].explanation for place, pk in offered if pk in answers}
    shown = {
        *right,
        *(laid_out.entry["choices"].index(pk) for pk in picked if pk in laid_out.entry["choices"]),
    }
    return [
        ChoiceFeedback(choice=_id(laid_out, places.CHOICE, place), text=text)
        for place, text in said.items()
        if text and place in shown
    ]


def _picks(laid_out: LaidOutQuestion, picked: Iterable[int]) -> list[strawberry.ID]:
    return [_id(laid_out, places.CHOICE, place) for place in picked]


def _filled(blanks: Iterable[tuple[str, str]]) -> list[Blank]:
    return [Blank(key=key, text=text) for key, text in blanks]


def _pairs(laid_out: LaidOutQuestion, pairs: Iterable[tuple[int, int]]) -> list[Match]:
    return [
        Match(prompt=_id(laid_out, places.PROMPT, prompt), match=_id(laid_out, places.MATCH, match))
        for prompt, match in pairs
    ]


def _id(laid_out: LaidOutQuestion, kind: str, place: int) -> strawberry.ID:
    return strawberry.ID(places.encode(kind, laid_out.attempt.pk, laid_out.question_id, place))
