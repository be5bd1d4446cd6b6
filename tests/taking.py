"""Taking assessments in tests: answers are named by the texts that a learner reads, not by ids or places."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from django.db.models.functions import Now

from courses.models import Assessment, AssessmentAttempt, Question, QuestionVersion
from courses.models.question_versions import versions_by_id
from courses.rules.layout import find_entry
from courses.services.attempt_responses import GivenResponse
from schema.core import ids
from tests import factories
from tests.operations import operation

Api: TypeAlias = Callable[..., Any]

RIGHT: dict[str, Any] = {
    "Single?": ["Paris"],
    "Several?": ["two", "three"],
    "True?": ["True"],
    "Short?": "Mitosis",
    "Essay?": "Long thoughts.",
    "Pairs?": {"cat": "meows", "dog": "barks"},
    "Blanks?": {"first": "H2O", "second": "CO2"},
}
"""Right responses to `six_types`, as `answers_to` takes them."""


def six_types(**fields: Any) -> Assessment:
    """An assessment with every type of question, sixteen points in all, three of them for an essay."""
    assessment = factories.make_assessment(**fields)
    factories.single_choice(
        assessment, right="Paris", wrong=("London", "Berlin"), question_text="Single?", points=2
    )
    factories.multiple_response(
        assessment, right=("two", "three"), wrong=("four", "six"), question_text="Several?", points=4
    )
    factories.true_false(assessment, question_text="True?", points=1)
    factories.short_answer(assessment, "mitosis", question_text="Short?", points=2)
    factories.essay(assessment, question_text="Essay?", points=3)
    factories.matching(assessment, {"cat": "meows", "dog": "barks"}, "moos", question_text="Pairs?", points=2)
    factories.fill_blank(assessment, {"first": ["H2O"], "second": ["CO2"]}, question_text="Blanks?", points=2)
    return assessment


def remember_versions() -> None:
    """Have the versions of all questions in memory, as they are once the transactions that made them are committed."""
    versions_by_id({*QuestionVersion.objects.values_list("pk", flat=True)})


def let_time_run_out(attempt: AssessmentAttempt, *, seconds_ago: float = 3600) -> None:
    """Move the attempt and its answers back in time, so that its deadline passed that many seconds ago."""
    deadline = Now() - timedelta(seconds=seconds_ago)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(
        start_time=deadline - timedelta(hours=1), deadline_at=deadline
    )
    attempt.answers.update(answered_at=deadline - timedelta(minutes=30))


# ---------------------------------------------------------------- for services


def given(attempt: AssessmentAttempt, question: Question, *texts: str) -> GivenResponse:
    """The choices with these texts, or, where there are none to pick, the one text."""
    entry = find_entry(attempt.layout, question.pk)
    assert entry is not None
    if "choices" not in entry:
        return GivenResponse(question.pk, {"text": texts[0]}, ("answers", "0"))
    answers = {answer.answer_text: answer.pk for answer in question.answers.all()}
    places = [entry["choices"].index(answers[text]) for text in texts]
    return GivenResponse(question.pk, {"choices": places}, ("answers", "0"))


# ---------------------------------------------------------------- for the API


def start(api: Api, learner: Any, assessment: Assessment) -> dict[str, Any]:
    """The attempt that `startAttempt` answers with."""
    started = api(operation("start_attempt"), learner, assessmentId=ids.encode("Assessment", assessment.pk))
    assert started["startAttempt"]["userErrors"] == []
    return started["startAttempt"]["attempt"]


def submit(api: Api, learner: Any, **fields: Any) -> dict[str, Any]:
    """The payload of `submitAnswers`."""
    return api(operation("submit_answers"), learner, input=fields)["submitAnswers"]


def complete(api: Api, learner: Any, **fields: Any) -> dict[str, Any]:
    """The payload of `completeAttempt`."""
    return api(operation("complete_attempt"), learner, input=fields)["completeAttempt"]


def page(api: Api, viewer: Any, attempt_id: str) -> dict[str, Any]:
    """The attempt as its page shows it."""
    return api(operation("attempt_page"), viewer, id=attempt_id)["attempt"]


def question_named(attempt: Mapping[str, Any], text: str) -> dict[str, Any]:
    return next(question for question in attempt["questions"] if question["text"] == text)


def answers_to(attempt: Mapping[str, Any], responses: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a client submits: a list of choices, a text, or pairs, by the text of the question; None clears."""
    answers = []
    for text, response in responses.items():
        question = question_named(attempt, text)
        response_input = None if response is None else response_to(question, response)
        answers.append({"questionId": question["question"], "response": response_input})
    return answers


def response_to(question: Mapping[str, Any], response: Any) -> dict[str, Any]:
    """One ResponseInput."""
    match question["type"], response:
        case _, str():
            return {"text": response}
        case _, list():
            return {"choices": [_id(question["choices"], text) for text in response]}
        case "FILL_BLANK", _:
            return {"blanks": [{"key": key, "text": text} for key, text in response.items()]}
        case _:
            return {
                "matches": [
                    {"prompt": _id(question["prompts"], prompt), "match": _id(question["matches"], match)}
                    for prompt, match in response.items()
                ]
            }


def _id(offered: list[dict[str, str]], text: str) -> str:
    return next(choice["id"] for choice in offered if choice["text"] == text)
