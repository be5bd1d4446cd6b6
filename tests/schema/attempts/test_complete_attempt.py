"""Handing in through the API: the result, again and again the same, and the receipt that proves it."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from courses.models import Answer, Assessment, AssessmentAttempt, Question, User
from tests import factories
from tests.taking import RIGHT, Api, answers_to, complete, page, start, submit

CERTAIN = {text: response for text, response in RIGHT.items() if text != "Essay?"}
HALF_RIGHT: dict[str, Any] = {
    "Single?": ["London"],
    "Several?": ["two", "three", "four"],
    "True?": ["False"],
    "Short?": "meiosis",
    "Pairs?": {"cat": "meows", "dog": "moos"},
    "Blanks?": {"first": "h2o ", "second": "CO"},
}


def test_handing_in_shows_the_result(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    done = complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, CERTAIN))
    assert done["userErrors"] == []
    shown = done["attempt"]
    assert (shown["state"], shown["endedBy"], shown["gradingState"]) == (
        "COMPLETED",
        "LEARNER",
        "FULLY_GRADED",
    )
    assert (shown["score"], shown["maxScore"], shown["scorePercentage"], shown["isPassed"]) == (
        13,
        16,
        "81.25",
        True,
    )
    assert shown["assessment"]["viewerAttempts"] == {
        "used": 1,
        "remaining": 1,
        "mayStart": {"allowed": True, "code": None, "message": None},
    }


def test_partly_right_answers_earn_partial_credit(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, HALF_RIGHT))
    shown = page(api, learner, attempt["id"])
    results = {
        question["text"]: (
            question["result"]["correctness"],
            question["result"]["credit"],
            question["result"]["pointsEarned"],
        )
        for question in shown["questions"]
    }
    assert results == {
        "Single?": ("INCORRECT", "0", 0),
        "Several?": ("PARTIAL", "0.5", 2),
        "True?": ("INCORRECT", "0", 0),
        "Short?": ("INCORRECT", "0", 0),
        "Essay?": ("UNANSWERED", "0", 0),
        "Pairs?": ("PARTIAL", "0.5", 1),
        "Blanks?": ("PARTIAL", "0.5", 1),
    }
    assert (shown["score"], shown["isPassed"]) == (4, False)


def test_ticking_everything_earns_nothing(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    everything = answers_to(attempt, {"Several?": ["two", "three", "four", "six"]})
    done = complete(api, learner, attemptId=attempt["id"], answers=everything)
    assert done["attempt"]["score"] == 0


def test_answers_saved_before_and_answers_brought_along_count_together(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Single?": ["Paris"]}))
    done = complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Short?": "mitosis"}))
    assert (done["attempt"]["score"], done["attempt"]["receipt"]["revision"]) == (4, 2)


def test_the_second_time_returns_the_same_result(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    first = complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, CERTAIN))
    other_answers = answers_to(attempt, HALF_RIGHT)
    assert complete(api, learner, attemptId=attempt["id"], answers=other_answers) == first
    assert complete(api, learner, attemptId=attempt["id"]) == first
    assert page(api, learner, attempt["id"])["score"] == 13


def test_an_empty_attempt_can_be_handed_in(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    shown = complete(api, learner, attemptId=attempt["id"])["attempt"]
    assert (shown["score"], shown["gradingState"], shown["isPassed"]) == (0, "FULLY_GRADED", False)


# ---------------------------------------------------------------- the receipt


def _documented(kind: str) -> str:
    """The one block of that language in the page about receipts."""
    text = Path(settings.BASE_DIR, "docs", "receipts.md").read_text()
    (block,) = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return block


@pytest.mark.parametrize("responses", [RIGHT, HALF_RIGHT, {"Short?": "Café “ü” \\ \n\t😀"}, {}])
def test_the_documented_program_computes_the_digest_from_the_apis_answer(
    api: Api, learner: User, assessment: Assessment, responses: dict[str, Any]
) -> None:
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"True?": ["True"]}))
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"True?": None}))
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, responses))
    answer = api(_documented("graphql"), learner, id=attempt["id"])["attempt"]
    program: dict[str, Any] = {}
    exec(_documented("python"), program)  # noqa: S102 - the page's own example
    assert answer["receipt"]["digest"] == program["digest"](answer)
    assert re.fullmatch("[0-9a-f]{64}", answer["receipt"]["digest"])


def test_the_receipt_is_issued_at_the_end_and_never_changes(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    assert page(api, learner, attempt["id"])["receipt"] is None
    done = complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, RIGHT))["attempt"]
    assert done["receipt"]["issuedAt"] == done["endedAt"]
    Answer.objects.update(is_correct=False, answer_text="corrected")
    Question.objects.update(question_text="Corrected?", points=9)
    factories.rescore(AssessmentAttempt.objects.get())
    assert page(api, learner, attempt["id"])["receipt"] == done["receipt"]


def test_the_receipt_is_shown_though_results_are_hidden(
    api: Api, learner: User, assessment: Assessment
) -> None:
    Assessment.objects.update(show_results=False)
    attempt = start(api, learner, assessment)
    assert complete(api, learner, attemptId=attempt["id"])["attempt"]["receipt"]["digest"]
