"""A value that does not fit is refused before anything is done, with its code, its place and the field it is for."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.models import AttemptAnswer
from schema.core import ids
from tests import factories

Api = Callable[..., Any]

# ---------------------------------------------------------------- exactly one member

EXACTLY_ONE = (
    "Within OneOf Input Object type 'ResponseInput', exactly one field must be specified, "
    "and the value for that field must be non-null."
)
NOT_ONE = {
    "two members": ({"text": "x", "choices": ["a"]}, '{text: "x", choices: ["a"]}'),
    "two, one of them null": ({"text": "x", "choices": None}, '{text: "x", choices: null}'),
    "none": ({}, "{}"),
    "null": ({"text": None}, "{text: null}"),
}
SUBMIT = "submitAnswers(input: {attemptId: $id, answers: [{questionId: $question, response: %s}]})"


@pytest.fixture
def open_attempt(db: None) -> Any:
    question = factories.short_answer(factories.make_assessment())
    learner = factories.make_learner(question.assessment.lesson.course)
    return factories.make_attempt(learner, question.assessment)


def submitted(api: Api, attempt: Any, response: str, declared: str = "", **more: Any) -> Any:
    document = (
        f"mutation ($id: ID!, $question: ID!{declared}) {{\n"
        f"saved: {SUBMIT % response} {{ userErrors {{ code }} }} }}"
    )
    question = ids.encode("Question", attempt.assessment.questions.get().pk)
    attempt_id = ids.encode("AssessmentAttempt", attempt.pk)
    return api(document, attempt.user, id=attempt_id, question=question, **more)


@pytest.mark.parametrize("given", [each for each, _ in NOT_ONE.values()], ids=NOT_ONE)
def test_a_variable_that_is_not_one_response_is_refused_with_its_place(
    api: Api, open_attempt: Any, given: dict[str, Any]
) -> None:
    answer = submitted(api, open_attempt, "$given", ", $given: ResponseInput", given=given)

    assert answer.data is None
    assert [error["message"].partition(": ")[2] for error in answer.errors] == [EXACTLY_ONE]
    [error] = answer.errors
    assert error["message"].startswith("Variable '$given' has invalid value")
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert error["locations"] == [{"line": 1, "column": 37}]
    assert error["path"] == ["saved"]
    assert not AttemptAnswer.objects.exclude(response=None).exists()


@pytest.mark.parametrize("given", [each for each, _ in NOT_ONE.values()], ids=NOT_ONE)
def test_the_message_names_the_place_inside_the_variable(
    api: Api, open_attempt: Any, given: dict[str, Any]
) -> None:
    document = (
        "mutation ($input: SubmitAnswersInput!) { submitAnswers(input: $input) { userErrors { code } } }"
    )
    answers = [
        {"questionId": "x", "response": {"text": "fine"}},
        {"questionId": "x", "response": given},
    ]

    [error] = api(document, open_attempt.user, input={"attemptId": "x", "answers": answers}).errors

    assert error["message"].startswith("Variable '$input' has invalid value at .answers[1].response")
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert (error["path"], error["locations"]) == (["submitAnswers"], [{"line": 1, "column": 11}])


@pytest.mark.parametrize("written", [each for _, each in NOT_ONE.values()], ids=NOT_ONE)
def test_so_is_a_literal(api: Api, open_attempt: Any, written: str) -> None:
    answer = submitted(api, open_attempt, written)

    assert answer.data is None
    assert [error["message"] for error in answer.errors] == [EXACTLY_ONE]
    [error] = answer.errors
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert (error["path"], error["locations"]) == (["saved"], [{"line": 2, "column": 90}])
    assert not AttemptAnswer.objects.exclude(response=None).exists()


def test_a_member_that_might_be_null_is_refused(api: Api, open_attempt: Any) -> None:
    answer = submitted(api, open_attempt, "{text: $text}", ", $text: String", text="x")

    [error] = answer.errors
    assert error["message"] == (
        "Variable '$text' is of type 'String' but must be non-nullable to be used for OneOf Input Object "
        "'ResponseInput'."
    )
    assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert error["path"] == ["saved"]


def test_one_response_is_saved_however_it_is_given(api: Api, open_attempt: Any) -> None:
    as_variable = submitted(api, open_attempt, "$given", ", $given: ResponseInput", given={"text": "1"})
    as_literal = submitted(api, open_attempt, '{text: "2"}')
    as_member = submitted(api, open_attempt, "{text: $text}", ", $text: String!", text="3")

    assert [each["saved"] for each in (as_variable, as_literal, as_member)] == [{"userErrors": []}] * 3
    assert AttemptAnswer.objects.get().response == {"text": "3"}


PLACES = {
    "a fragment": (
        "query ($first: Int) { viewer { ...F } } fragment F on Viewer { mine: notes(first: $first) { totalCount } }",
        ["viewer", "mine"],
    ),
    "another operation beside it": (
        "query B { viewer { __typename } } query A($first: Int) { all: courses(first: $first) { totalCount } }",
        None,
    ),
    "the first of several fields": (
        "query ($first: Int) { a: courses(first: $first) { totalCount } b: courses(first: $first) { totalCount } }",
        ["a"],
    ),
    "a condition, which is no field's": (
        "query ($first: Boolean!) { viewer @skip(if: $first) { __typename } }",
        None,
    ),
}


@pytest.mark.parametrize(("document", "path"), PLACES.values(), ids=PLACES)
def test_a_bad_variable_is_told_with_the_field_that_takes_it(
    api: Api, db: None, document: str, path: list[str] | None
) -> None:
    answer = api(document, first="ten")

    assert [error.get("path") for error in answer.errors] == [path]
    assert len(answer.errors[0].get("locations", [])) == (0 if "query B" in document else 1)


def test_a_moment_that_is_none_is_refused_with_its_place(api: Api, db: None) -> None:
    document = """mutation { createAccessToken(input: {name: "x", scopes: [], expiresAt: "soon"}) {
      userErrors { code }
    } }"""

    [error] = api(document, factories.make_user()).errors

    assert "like 2030-01-31T12:00:00Z" in error["message"]
    assert (error["path"], error["locations"]) == (["createAccessToken"], [{"line": 1, "column": 72}])
