"""When a learner sees how an attempt was graded: not during it, not where hidden, not while a person is waited for."""

from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, User
from courses.utils.clock import database_now
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.taking import (
    RIGHT,
    Api,
    answers_to,
    complete,
    page,
    question_named,
    start,
    submit,
)

CERTAIN = {text: response for text, response in RIGHT.items() if text != "Essay?"}


def _take(api: Api, learner: User, assessment: Assessment, responses: dict[str, Any] = CERTAIN) -> str:
    """The id of an attempt that was handed in with these responses."""
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, responses))
    return attempt["id"]


def _seen(shown: dict[str, Any]) -> dict[str, bool]:
    """Whether results and key are there: said by the flags, and true of every field."""
    results = [question["result"] is not None for question in shown["questions"]]
    solutions = [question["solution"] is not None for question in shown["questions"]]
    assert set(results) == {shown["resultsVisible"] and shown["state"] == "COMPLETED"}
    assert set(solutions) == {shown["answerKeyVisible"]}
    return {"results": results[0], "key": solutions[0]}


def _standing(api: Api, learner: User, assessment: Assessment) -> dict[str, Any]:
    document = """query ($id: ID!) { assessment(id: $id) { viewerAttempts {
      used remaining open { id } best { id score } mayStart { allowed code message }
    } } }"""
    found = api(document, learner, id=ids.encode("Assessment", assessment.pk))
    return found["assessment"]["viewerAttempts"]


# ---------------------------------------------------------------- when: results


def test_during_an_attempt_neither_results_nor_key_are_shown(
    api: Api, learner: User, assessment: Assessment
) -> None:
    Assessment.objects.update(max_attempts=1)
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, CERTAIN))
    shown = page(api, learner, attempt["id"])
    assert _seen(shown) == {"results": False, "key": False}
    assert (shown["gradingState"], shown["score"], shown["scorePercentage"], shown["isPassed"]) == (
        "NOT_READY",
        None,
        None,
        None,
    )
    assert (shown["receipt"], shown["endedAt"], shown["maxScore"]) == (None, None, 16)
    assert shown["answeredCount"] == 6


def test_afterwards_results_are_shown_where_the_assessment_shows_them(
    api: Api, learner: User, assessment: Assessment
) -> None:
    shown = page(api, learner, _take(api, learner, assessment))
    assert _seen(shown) == {"results": True, "key": False}
    assert (shown["gradingState"], shown["score"], shown["scorePercentage"], shown["isPassed"]) == (
        "FULLY_GRADED",
        13,
        "81.25",
        True,
    )
    assert shown["allowedActions"] == ["VIEW_RESULTS"]
    results = {question["text"]: question["result"] for question in shown["questions"]}
    assert results["Several?"] == {
        "correctness": "CORRECT",
        "isCorrect": True,
        "credit": "1",
        "pointsEarned": 4,
        "feedback": "",
        "gradedBy": None,
    }
    assert results["Essay?"] == {
        "correctness": "UNANSWERED",
        "isCorrect": False,
        "credit": "0",
        "pointsEarned": 0,
        "feedback": "",
        "gradedBy": None,
    }


def test_results_that_the_assessment_hides_stay_hidden_everywhere(
    api: Api, people: Any, assessment: Assessment
) -> None:
    Assessment.objects.update(show_results=False, show_correct_answers=False)
    learner = people.learner
    shown = page(api, learner, _take(api, learner, assessment))
    assert _seen(shown) == {"results": False, "key": False}
    assert (shown["score"], shown["scorePercentage"], shown["isPassed"]) == (None, None, None)
    assert (shown["gradingState"], shown["allowedActions"]) == ("FULLY_GRADED", [])
    (edge,) = api(operation("viewer_attempts"), learner)["viewer"]["attempts"]["edges"]
    assert (edge["node"]["score"], edge["node"]["isPassed"]) == (None, None)
    assert edge["node"]["assessment"]["viewerAttempts"]["best"] is None
    assert page(api, people.instructor, shown["id"])["score"] == 13


# ---------------------------------------------------------------- when: waiting for a person


def test_while_an_answer_waits_for_a_person_there_is_no_score_at_all(
    api: Api, people: Any, assessment: Assessment
) -> None:
    Assessment.objects.update(passing_score=90)
    attempt_id = _take(api, people.learner, assessment, RIGHT)
    for viewer in (people.learner, people.instructor):
        shown = page(api, viewer, attempt_id)
        assert (shown["gradingState"], shown["score"], shown["scorePercentage"], shown["isPassed"]) == (
            "PENDING_MANUAL",
            None,
            None,
            None,
        )
        assert question_named(shown, "Essay?")["result"] == {
            "correctness": "PENDING",
            "isCorrect": None,
            "credit": None,
            "pointsEarned": None,
            "feedback": "",
            "gradedBy": None,
        }
        assert question_named(shown, "Short?")["result"]["pointsEarned"] == 2
    standing = _standing(api, people.learner, assessment)
    assert (standing["used"], standing["best"]) == (1, None)


@pytest.mark.parametrize(("passing_score", "is_passed"), [(81, True), (82, None), (100, None)])
def test_the_pass_mark_is_set_early_when_it_is_certain_that_it_is_reached(
    api: Api, learner: User, assessment: Assessment, passing_score: int, is_passed: bool | None
) -> None:
    Assessment.objects.update(passing_score=passing_score)
    shown = page(api, learner, _take(api, learner, assessment, RIGHT))
    assert (shown["gradingState"], shown["score"], shown["isPassed"]) == ("PENDING_MANUAL", None, is_passed)


def test_the_pass_mark_is_set_early_when_it_is_certain_that_it_is_missed(
    api: Api, learner: User, assessment: Assessment
) -> None:
    shown = page(api, learner, _take(api, learner, assessment, {"Essay?": "Long thoughts."}))
    assert (shown["gradingState"], shown["isPassed"]) == ("PENDING_MANUAL", False)


def test_the_feedback_of_a_person_is_shown_with_who_gave_it(
    api: Api, people: Any, assessment: Assessment
) -> None:
    attempt_id = _take(api, people.learner, assessment, RIGHT)
    AttemptAnswer.objects.filter(question__question_text="Essay?").update(
        credit=1,
        is_correct=True,
        points_earned=3,
        feedback="Well said.",
        graded_by=people.instructor,
        graded_at=database_now(),
    )
    factories.rescore(AssessmentAttempt.objects.get())
    shown = page(api, people.learner, attempt_id)
    result = question_named(shown, "Essay?")["result"]
    assert (result["feedback"], result["gradedBy"]["displayName"]) == ("Well said.", "Dr Ines Falkner")
    assert (shown["gradingState"], shown["score"], shown["isPassed"]) == ("FULLY_GRADED", 16, True)
