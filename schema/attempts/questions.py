"""The questions of an attempt, what was answered, and, where it may be seen, the result and the solution."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, assert_never

import strawberry

from courses import models
from courses.rules import grading, receipts
from courses.rules.credit import correctness_of
from courses.rules.questions import kind_of, selection_of
from courses.rules.values import ResponseMember
from courses.selectors.attempts import LaidOutQuestion
from schema.attempts import places
from schema.core import ids
from schema.core.enums import Correctness, QuestionType, Selection
from schema.core.fields import computed, declared, described
from schema.dataloaders import people as people_loaders
from schema.people.types import User


@strawberry.type(
    description="Something to pick or to pair. The id names a place in this attempt's layout: it means nothing "
    "in another attempt."
)
class Choice:
    id: strawberry.ID = described("The id to send back.")
    text: str = described("What the learner reads.")


@strawberry.type(description="A prompt and the match that was, or is to be, paired with it.")
class Match:
    prompt: strawberry.ID = described("The id of the prompt.")
    match: strawberry.ID = described("The id of the match.")


@strawberry.type(description="A blank and the text in it.")
class Blank:
    key: str = described("Which blank.")
    text: str = described("What stands in it.")


@strawberry.type(description="What was answered. Exactly one member is filled, by the question's type.")
class Response:
    choices: list[strawberry.ID] | None = strawberry.field(default=None, description="The choices picked.")
    text: str | None = strawberry.field(default=None, description="The text written.")
    matches: list[Match] | None = strawberry.field(default=None, description="The pairs made.")
    blanks: list[Blank] | None = strawberry.field(default=None, description="The blanks filled.")


@strawberry.type(description="How a response was graded.")
class QuestionResult:
    graded_by_id: strawberry.Private[int | None]
    correctness: Correctness = described("How right it is.")
    is_correct: bool | None = described("True for full credit only; null while a person still has to grade.")
    credit: Decimal | None = described(
        "The share of the points, 0..1; null while a person still has to grade."
    )
    points_earned: int | None = described("The points earned; null while a person still has to grade.")
    feedback: str = described("What the instructor says about it.")
    graded_by: User | None = declared(people_loaders.grader_of, "The person who graded it, if one did.")


@strawberry.type(
    description="What would have earned full credit. Only the members of the question's type are filled."
)
class Solution:
    explanation: str = described("Why it is right.")
    choices: list[strawberry.ID] | None = strawberry.field(default=None, description="The choices to pick.")
    texts: list[str] | None = strawberry.field(default=None, description="The accepted texts, best first.")
    matches: list[Match] | None = strawberry.field(default=None, description="The right pairs.")
    blanks: list[Blank] | None = strawberry.field(
        default=None, description="An accepted text for each blank."
    )


@strawberry.type(description="Proof of what was handed in.")
class SubmissionReceipt:
    digest: str = described(
        "SHA-256, in hexadecimal, of the canonical JSON of attempt, question and response in question order."
    )
    revision: int = described("The revision of the attempt that was handed in.")
    issued_at: datetime = described("When the attempt ended.")


@strawberry.type(description="A question as this attempt shows it. It holds no key.")
class AttemptQuestion:
    position: int = described("The place in this attempt, from 1.")

    @computed("The id to send back.")
    def question(root: LaidOutQuestion) -> strawberry.ID:
        return strawberry.ID(ids.encode("Question", root.question.pk))

    @computed("What the learner is asked to do.")
    def type(root: LaidOutQuestion) -> QuestionType:
        return root.rule.type

    @computed("What is asked.")
    def text(root: LaidOutQuestion) -> str:
        return root.question.question_text

    @computed("The points for full credit.")
    def points(root: LaidOutQuestion) -> int:
        return root.rule.points

    @computed("How many choices may be picked; null where there are none to pick.")
    def selection(root: LaidOutQuestion) -> Selection | None:
        return selection_of(root.rule)

    @computed("Multiple choice, true/false: what to pick from.")
    def choices(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "choices", places.CHOICE)

    @computed("Matching: what to find a match for.")
    def prompts(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "prompts", places.PROMPT)

    @computed("Matching: what to choose from for each prompt.")
    def matches(root: LaidOutQuestion) -> list[Choice] | None:
        return _offered(root, "matches", places.MATCH)

    @computed("Fill in the blank: the keys to fill, which stand as [[key]] in the text.")
    def blanks(root: LaidOutQuestion) -> list[str] | None:
        return root.entry.get("blanks")

    @computed("What is saved; null when nothing is.")
    def response(root: LaidOutQuestion) -> Response | None:
        return response_of(root)

    @computed("When the saved response was last changed.")
    def answered_at(root: LaidOutQuestion) -> datetime | None:
        answered = root.answered
        return answered.answered_at if answered and answered.response is not None else None

    @computed("The revision of the attempt in which the response was last changed; 0: never.")
    def revision(root: LaidOutQuestion) -> int:
        return root.answered.revision if root.answered else 0

    @computed("Whether the learner marked it to come back to.")
    def is_flagged(root: LaidOutQuestion) -> bool:
        return root.answered.is_flagged if root.answered else False

    @computed(
        "How it was graded; null unless the attempt's `resultsVisible`.",
        made_of=("attempt.is_completed", "attempt.results_visible"),
    )
    def result(root: LaidOutQuestion) -> QuestionResult | None:
        if not (root.attempt.is_completed and root.attempt.results_visible):
            return None
        return _result(root)

    @computed(
        "The right answer; null unless the attempt's `answerKeyVisible`.",
        made_of=("attempt.answer_key_visible",),
    )
    def solution(root: LaidOutQuestion) -> Solution | None:
        return _solution(root) if root.attempt.answer_key_visible else None


def response_of(laid_out: LaidOutQuestion) -> Response | None:
    """The stored response in the terms of its attempt's layout."""
    answered = laid_out.answered
    if answered is None or answered.response is None:
        return None
    kind = kind_of(laid_out.rule.type)
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
    """The receipt of an attempt that has ended, over exactly what the API shows of it."""
    if attempt.end_time is None:
        return None
    entries: list[receipts.ReceiptEntry] = [
        {
            "attempt": ids.encode("AssessmentAttempt", attempt.pk),
            "question": ids.encode("Question", laid_out.question.pk),
            "response": _as_shown(response_of(laid_out)),
        }
        for laid_out in questions
    ]
    return SubmissionReceipt(
        digest=receipts.digest(entries), revision=attempt.revision, issued_at=attempt.end_time
    )


def _as_shown(response: Response | None) -> dict[str, Any] | None:
    """The one member of a response, as JSON."""
    if response is None:
        return None
    if response.matches is not None:
        return {"matches": [{"prompt": pair.prompt, "match": pair.match} for pair in response.matches]}
    if response.blanks is not None:
        return {"blanks": [{"key": blank.key, "text": blank.text} for blank in response.blanks]}
    return {"text": response.text} if response.choices is None else {"choices": response.choices}


def _offered(
    laid_out: LaidOutQuestion, member: Literal["choices", "prompts", "matches"], kind: str
) -> list[Choice] | None:
    """What the layout offers, each with the id of its place; answers that were removed since are left out."""
    if member not in laid_out.entry:
        return None
    found = [(place, laid_out.answers.get(pk)) for place, pk in enumerate(laid_out.entry[member])]
    return [
        Choice(id=_id(laid_out, kind, place), text=answer.match_text if kind == places.MATCH else answer.text)
        for place, answer in found
        if answer is not None
    ]


def _result(laid_out: LaidOutQuestion) -> QuestionResult:
    answered = laid_out.answered
    credit = answered.credit if answered else Decimal(0)
    unanswered = answered is None or grading.is_unanswered(laid_out.rule.type, answered.response)
    return QuestionResult(
        graded_by_id=answered.graded_by_id if answered else None,
        correctness=correctness_of(credit, unanswered=unanswered),
        is_correct=answered.is_correct if answered else False,
        credit=None if credit is None else credit.normalize(),
        points_earned=(answered.points_earned if credit is not None else None) if answered else 0,
        feedback=answered.feedback if answered else "",
    )


def _solution(laid_out: LaidOutQuestion) -> Solution:
    right = kind_of(laid_out.rule.type).solution_in(laid_out.rule, laid_out.entry)
    return Solution(
        explanation=laid_out.question.explanation,
        choices=None if right.choices is None else _picks(laid_out, right.choices),
        texts=None if right.texts is None else list(right.texts),
        matches=None if right.matches is None else _pairs(laid_out, right.matches.items()),
        blanks=None if right.blanks is None else _filled(right.blanks.items()),
    )


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
    return strawberry.ID(places.encode(kind, laid_out.attempt.pk, laid_out.question.pk, place))
