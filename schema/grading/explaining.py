"""Mutations that explain a grade, and dry-run a key on responses: nothing is written."""

from collections.abc import Callable

import strawberry

from courses import exceptions
from courses.rules.credit import kept_credit, kept_points, plain
from courses.rules.values import Given
from courses.services import explaining as services
from schema.assessments.inputs import QuestionInput, drafted
from schema.attempts.inputs import ResponseInput
from schema.context import Info
from schema.core import ids
from schema.core.fields import described
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.grading.types import GradedResponse


@strawberry.input(description="The response whose grade to explain.")
class ExplainGradeInput:
    attempt_id: strawberry.ID = described("Global id of an attempt that the viewer may see.")
    question_id: strawberry.ID = described(
        "Global id of a question of the attempt: `AttemptQuestion.question`."
    )


@strawberry.type(description="The explanation of a grade.")
class ExplainGradePayload(Payload):
    steps: list[str] = strawberry.field(
        default_factory=list,
        description="Explanation step by step: the rule that applied, the response as it was compared, and the "
        "credit of each part.",
    )


@strawberry.input(
    description="A question and responses to try on it. Choices, prompts and matches are named by the index "
    'of the answer in `question.answers`, from "0".'
)
class TryGradeInput:
    question: QuestionInput = described("Question with its answer key. It is not stored.")
    responses: list[ResponseInput] = described("Responses as learners might give them, at most 100.")
    decimal_comma: bool = strawberry.field(
        default=False, description="Whether 3,14 is a number, as `Course.decimalComma` says of a course."
    )


@strawberry.type(description="The grades that the responses would get. Nothing is written.")
class TryGradePayload(Payload):
    results: list[GradedResponse] = strawberry.field(
        default_factory=list, description="Results, one for each response, in their order."
    )


@strawberry.type
class ExplainingMutation:
    @mutation(
        scope=Scope.ATTEMPTS_READ,
        writes=False,
        description="Explain the grade of a response: to the staff of the course always, to the learner once the "
        "attempt's `answerKeyVisible` is true. Writes nothing.",
    )
    def explain_grade(info: Info, input: ExplainGradeInput) -> ExplainGradePayload:
        steps = services.explain_grade(
            viewer=info.context.person,
            attempt_id=ids.required_pk(input.attempt_id, "AssessmentAttempt", "attemptId"),
            question_id=ids.required_pk(input.question_id, "Question", "questionId"),
        )
        return ExplainGradePayload(steps=list(steps))

    @mutation(
        scope=Scope.GRADING_WRITE,
        writes=False,
        description="Try an answer key on responses before it is stored. Writes nothing. For people who teach.",
    )
    def try_grade(info: Info, input: TryGradeInput) -> TryGradePayload:
        responses = [
            _tried(response, ("responses", str(place))) for place, response in enumerate(input.responses)
        ]
        grades = services.try_grade(
            author=info.context.person,
            draft=drafted(input.question),
            responses=responses,
            decimal_comma=input.decimal_comma,
        )
        return TryGradePayload(
            results=[
                GradedResponse(
                    correctness=grade.correctness,
                    credit=None if grade.credit is None else plain(kept_credit(grade.credit)),
                    points_earned=grade.points,
                    exact_points=None
                    if grade.exact_points is None
                    else plain(kept_points(grade.exact_points)),
                    steps=list(grade.steps),
                )
                for grade in grades
            ]
        )


def _tried(response: ResponseInput, field: tuple[str, ...]) -> tuple[Given, tuple[str, ...]]:
    """Convert a response by positions of answers; return it with its path inside the input."""
    match response:
        case ResponseInput(choices=list() as choices):
            position = _positions((*field, "choices"))
            return {"choices": [position(choice) for choice in choices]}, field
        case ResponseInput(matches=list() as pairs):
            position = _positions((*field, "matches"))
            return {"matches": [(position(pair.prompt), position(pair.match)) for pair in pairs]}, field
        case ResponseInput(blanks=list() as blanks):
            return {"blanks": [(blank.key, blank.text) for blank in blanks]}, field
        case _:
            return {"text": response.text}, field


def _positions(field: tuple[str, ...]) -> Callable[[str], int]:
    """Return a parser of answer names to positions; it raises ResponseMismatch for other texts."""

    def position(name: str) -> int:
        if not (name.isascii() and name.isdigit() and len(name) < 5):
            raise exceptions.ResponseMismatch(
                'Name answers by their position in `question.answers`, "0" first.', field=field
            )
        return int(name)

    return position
