"""Responses that do not fit: every wrong shape for every type, and ids that belong elsewhere. Nothing is written."""

from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, User
from schema.attempts import places
from schema.core import ids
from tests import factories
from tests.taking import RIGHT, Api, answers_to, complete, question_named, start, submit

SHAPES: dict[str, dict[str, Any]] = {
    "choices": {"choices": []},
    "text": {"text": "mitosis"},
    "matches": {"matches": []},
    "blanks": {"blanks": []},
}
FITTING = {
    "Single?": "choices",
    "Several?": "choices",
    "True?": "choices",
    "Short?": "text",
    "Essay?": "text",
    "Pairs?": "matches",
    "Blanks?": "blanks",
}


def _refusal(payload: dict[str, Any]) -> list[str]:
    """The field of the one RESPONSE_MISMATCH, of which nothing was written."""
    (error,) = payload["userErrors"]
    assert (error["code"], payload["attempt"]) == ("RESPONSE_MISMATCH", None)
    assert AttemptAnswer.objects.count() == 0
    assert AssessmentAttempt.objects.get(is_completed=False, attempt_number=1).revision == 0
    return error["field"]


def _submit(api: Api, learner: User, attempt: dict[str, Any], text: str, response: Any) -> dict[str, Any]:
    """A call with a right answer first, and then `response` to the question `text`."""
    others = {name: right for name, right in RIGHT.items() if name != text}
    answers = answers_to(attempt, dict([next(iter(others.items()))]))
    answers.append({"questionId": question_named(attempt, text)["question"], "response": response})
    return submit(api, learner, attemptId=attempt["id"], answers=answers)


@pytest.mark.parametrize("text", FITTING)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_that_is_not_the_questions_own_is_refused(
    api: Api, learner: User, assessment: Assessment, text: str, shape: str
) -> None:
    attempt = start(api, learner, assessment)
    payload = _submit(api, learner, attempt, text, SHAPES[shape])
    if shape == FITTING[text]:
        assert payload["userErrors"] == []
    else:
        assert _refusal(payload) == ["answers", "1", "response", FITTING[text]]


def _wrong_responses(attempt: dict[str, Any], another: dict[str, Any]) -> dict[str, tuple[str, Any]]:
    """Responses that fit in shape and in nothing else: (question, response) by what is wrong with them."""
    mine = {text: question_named(attempt, text) for text in FITTING}
    theirs = {text: question_named(another, text) for text in FITTING}
    pk, question_pk = (int(ids.decode(each)[1]) for each in (attempt["id"], mine["Single?"]["question"]))
    choice, other_choice = (each["id"] for each in mine["Single?"]["choices"][:2])
    prompt, match = mine["Pairs?"]["prompts"][0]["id"], mine["Pairs?"]["matches"][0]["id"]
    pair = {"prompt": prompt, "match": match}
    return {
        "two picks on a single choice": ("Single?", {"choices": [choice, other_choice]}),
        "two picks on true/false": ("True?", {"choices": [each["id"] for each in mine["True?"]["choices"]]}),
        "one choice twice": ("Several?", {"choices": [mine["Several?"]["choices"][0]["id"]] * 2}),
        "a choice of another question": ("Several?", {"choices": [choice]}),
        "a choice of another attempt": ("Single?", {"choices": [theirs["Single?"]["choices"][0]["id"]]}),
        "a place out of range": ("Single?", {"choices": [places.encode("Choice", pk, question_pk, 3)]}),
        "a negative place": ("Single?", {"choices": [places.encode("Choice", pk, question_pk, -1)]}),
        "a place that is no number": (
            "Single?",
            {"choices": [ids.encode("Choice", f"{pk}.{question_pk}.²")]},
        ),
        "an id without a place": ("Single?", {"choices": [ids.encode("Choice", f"{pk}.{question_pk}")]}),
        "the id of an answer": ("Single?", {"choices": [ids.encode("Answer", 1)]}),
        "no id at all": ("Single?", {"choices": ["0"]}),
        "a prompt as a choice": ("Single?", {"choices": [prompt]}),
        "a match as a prompt": ("Pairs?", {"matches": [{"prompt": match, "match": match}]}),
        "a prompt as a match": ("Pairs?", {"matches": [{"prompt": prompt, "match": prompt}]}),
        "a prompt twice": ("Pairs?", {"matches": [pair, pair]}),
        "a prompt of another attempt": (
            "Pairs?",
            {"matches": [{"prompt": theirs["Pairs?"]["prompts"][0]["id"], "match": match}]},
        ),
        "a match of another attempt": (
            "Pairs?",
            {"matches": [{"prompt": prompt, "match": theirs["Pairs?"]["matches"][0]["id"]}]},
        ),
        "an unknown blank": ("Blanks?", {"blanks": [{"key": "third", "text": "x"}]}),
        "a blank twice": ("Blanks?", {"blanks": [{"key": "first", "text": "x"}] * 2}),
        "a text that is too long": ("Essay?", {"text": "x" * 20_001}),
        "a blank that is too long": ("Blanks?", {"blanks": [{"key": "first", "text": "x" * 20_001}]}),
    }


def test_what_belongs_elsewhere_or_comes_twice_is_refused_and_nothing_of_the_call_written(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    another = start(api, factories.make_learner(assessment.lesson.course), assessment)
    for what, (text, response) in _wrong_responses(attempt, another).items():
        payload = _submit_and_count(api, learner, attempt, text, response)
        assert (what, payload[:4]) == (what, ["answers", "1", "response", next(iter(response))])


def _submit_and_count(api: Api, learner: User, attempt: Any, text: str, response: Any) -> list[str]:
    payload = _submit(api, learner, attempt, text, response)
    (error,) = payload["userErrors"]
    assert error["code"] == "RESPONSE_MISMATCH"
    assert AttemptAnswer.objects.count() == 0
    return error["field"]


def test_the_ids_of_an_earlier_attempt_of_ones_own_fit_no_later_one(
    api: Api, learner: User, assessment: Assessment
) -> None:
    first = start(api, learner, assessment)
    complete(api, learner, attemptId=first["id"])
    second = start(api, learner, assessment)
    payload = submit(api, learner, attemptId=second["id"], answers=answers_to(first, {"Single?": ["Paris"]}))
    assert [error["code"] for error in payload["userErrors"]] == ["RESPONSE_MISMATCH"]
    assert AttemptAnswer.objects.count() == 0


def test_a_question_of_another_assessment_is_refused(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    foreign = factories.essay(
        factories.make_assessment(lesson=factories.make_lesson(course=assessment.lesson.course))
    )
    for wrong in (
        ids.encode("Question", foreign.pk),
        ids.encode("Question", 0),
        ids.encode("Answer", 1),
        "x",
    ):
        payload = submit(
            api, learner, attemptId=attempt["id"], answers=[{"questionId": wrong, "response": {"text": "x"}}]
        )
        assert _refusal(payload) == ["answers", "0", "questionId"]


def test_a_question_is_answered_once_in_a_call(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    answers = answers_to(attempt, {"Short?": "mitosis"}) * 2
    assert _refusal(submit(api, learner, attemptId=attempt["id"], answers=answers)) == [
        "answers",
        "1",
        "questionId",
    ]


def test_completing_with_a_response_that_does_not_fit_leaves_the_attempt_open(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    answers = [*answers_to(attempt, {"Short?": "mitosis"})]
    answers.append({"questionId": question_named(attempt, "Essay?")["question"], "response": {"choices": []}})
    payload = complete(api, learner, attemptId=attempt["id"], answers=answers)
    assert _refusal(payload) == ["answers", "1", "response", "text"]


@pytest.mark.parametrize(
    "response", [{}, {"text": "x", "choices": []}, {"text": None}], ids=["none", "two", "null"]
)
def test_exactly_one_member_is_given(
    api: Api, learner: User, assessment: Assessment, response: dict[str, Any]
) -> None:
    attempt = start(api, learner, assessment)
    question_id = question_named(attempt, "Short?")["question"]
    document = (
        "mutation ($input: SubmitAnswersInput!) { submitAnswers(input: $input) { userErrors { code } } }"
    )
    answers = [{"questionId": question_id, "response": response}]
    refused = api(document, learner, input={"attemptId": attempt["id"], "answers": answers})
    assert refused.errors != []
    assert AttemptAnswer.objects.count() == 0
