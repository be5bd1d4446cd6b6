"""Inputs for submitting responses."""

from collections.abc import Sequence
from typing import assert_never

import strawberry

from courses import exceptions
from courses.rules.values import Given, ResponseMember
from courses.services.attempt_responses import GivenResponse
from schema.attempts import places
from schema.core import ids


@strawberry.input(description="A pair of a prompt and its match.")
class MatchInput:
    prompt: strawberry.ID = strawberry.field(description="Id of a prompt of this attempt.")
    match: strawberry.ID = strawberry.field(description="Id of a match of this attempt.")


@strawberry.input(description="A blank and the text that fills it.")
class BlankInput:
    key: str = strawberry.field(description="Key of the blank.")
    text: str = strawberry.field(description="Text to fill in, at most 20,000 characters.")


@strawberry.input(one_of=True, description="A response: exactly one field, the one for the question's type.")
class ResponseInput:
    choices: list[strawberry.ID] | None = strawberry.field(
        default=strawberry.UNSET, description="Multiple choice, true/false: ids of the choices picked."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Short answer, essay: the text written, at most 20,000 characters.",
    )
    matches: list[MatchInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Matching: the pairs made, at most one for each prompt."
    )
    blanks: list[BlankInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Fill in the blank: the blanks filled, each key at most once."
    )


@strawberry.input(description="A response to one question.")
class AnswerSubmissionInput:
    question_id: strawberry.ID = strawberry.field(
        description="Global id of a question of the attempt: `AttemptQuestion.question`."
    )
    response: ResponseInput | None = strawberry.field(
        default=strawberry.UNSET,
        description="Response to save. Null clears the stored one; leaving the field out is refused with "
        "REQUIRED, so that nothing is cleared by mistake.",
    )


def given_responses(attempt_id: int, answers: Sequence[AnswerSubmissionInput]) -> list[GivenResponse]:
    """Convert answers to places in the attempt's layout.

    Raises ResponseMismatch, naming its path inside the input, for an id that is not of this attempt, and Required
    for an answer without a response.
    """
    return [
        _given_response(attempt_id, answer, ("answers", str(index))) for index, answer in enumerate(answers)
    ]


def _given_response(attempt_id: int, answer: AnswerSubmissionInput, field: tuple[str, ...]) -> GivenResponse:
    question_id = ids.pk(answer.question_id, "Question")
    if question_id is None:
        raise exceptions.ResponseMismatch(
            "This question is not part of the attempt.", field=(*field, "questionId")
        )
    if answer.response is strawberry.UNSET:
        raise exceptions.Required(
            "Give the response, or null to clear the answer.", field=(*field, "response")
        )
    response = (
        _given(answer.response, attempt_id, question_id, (*field, "response")) if answer.response else None
    )
    return GivenResponse(question_id=question_id, response=response, field=field)


def _given(response: ResponseInput, attempt_id: int, question_id: int, field: tuple[str, ...]) -> Given:
    [member] = (each for each in ResponseMember if getattr(response, each) not in (None, strawberry.UNSET))
    value, place = getattr(response, member), places.reader(attempt_id, question_id, (*field, member))
    match member:
        case ResponseMember.CHOICES:
            return {member: [place(places.CHOICE, choice) for choice in value]}
        case ResponseMember.TEXT:
            return {member: value}
        case ResponseMember.MATCHES:
            return {
                member: [
                    (place(places.PROMPT, pair.prompt), place(places.MATCH, pair.match)) for pair in value
                ]
            }
        case ResponseMember.BLANKS:
            return {member: [(blank.key, blank.text) for blank in value]}
        case never:
            assert_never(never)
