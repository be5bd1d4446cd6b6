"""Grading, correcting, explaining and trying through the API: what payloads hold, and what is refused."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Answer, Assessment, AttemptAnswer
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.schema.grading.conftest import Graded
from tests.taking import remember_versions


def _user_id(graded: Graded, name: str) -> str:
    person = graded[name]
    assert person is not None
    return ids.encode("User", person.pk)


def _task_id(graded: Graded) -> str:
    return ids.encode("GradingTask", graded.task.pk)


def _result(api: Any, graded: Graded, person: str) -> Any:
    asked = """query ($id: ID!) { attempt(id: $id) {
        gradingState score scorePercentage isPassed questions { result { correctness pointsEarned feedback } }
    } }"""
    return api(asked, graded[person], id=ids.encode("AssessmentAttempt", graded.attempt.pk))["attempt"]


# ---------------------------------------------------------------- gradeAnswer


def test_grade_answer_gives_the_attempt_with_its_result(api: Any, graded: Graded) -> None:
    payload = api(
        operation("grade_answer"),
        graded["instructor"],
        input={"taskId": _task_id(graded), "points": 2, "feedback": "Good."},
    )["gradeAnswer"]
    assert payload["userErrors"] == []
    attempt = payload["attempt"]
    essay = attempt.pop("questions")[1]["result"]
    assert attempt == {
        "id": ids.encode("AssessmentAttempt", graded.attempt.pk),
        "gradingState": "FULLY_GRADED",
        "score": 2,
        "maxScore": 7,
        "scorePercentage": "28.57",
        "isPassed": False,
    }
    assert essay == {
        "correctness": "PARTIAL",
        "isCorrect": False,
        "credit": "0.6666666667",
        "pointsEarned": 2,
        "feedback": "Good.",
        "gradedBy": {"id": _user_id(graded, "instructor"), "displayName": "Dr Ines Falkner"},
    }


def test_the_learner_sees_no_score_while_an_answer_waits_and_all_of_it_afterwards(
    api: Any, graded: Graded
) -> None:
    before = _result(api, graded, "learner")
    assert (before["gradingState"], before["score"], before["scorePercentage"], before["isPassed"]) == (
        "PENDING_MANUAL",
        None,
        None,
        False,
    )
    assert before["questions"][1]["result"]["correctness"] == "PENDING"
    grade = {"taskId": _task_id(graded), "points": 3, "feedback": "Fine."}
    api(operation("grade_answer"), graded["instructor"], input=grade)
    after = _result(api, graded, "learner")
    assert (after["gradingState"], after["score"], after["isPassed"]) == ("FULLY_GRADED", 3, False)
    assert after["questions"][1]["result"] == {
        "correctness": "CORRECT",
        "pointsEarned": 3,
        "feedback": "Fine.",
    }


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"points": 4}, "INVALID", ["points"]),
        ({"points": -1}, "INVALID", ["points"]),
        ({"feedback": "x" * 50_001}, "INVALID", ["feedback"]),
        ({"taskId": ids.encode("AttemptAnswer", 1)}, "NOT_FOUND", ["taskId"]),
        ({"taskId": ids.encode("GradingTask", 0)}, "NOT_FOUND", ["taskId"]),
    ],
)
def test_a_grade_that_cannot_be_given_is_refused_at_its_place(
    api: Any, graded: Graded, change: dict[str, Any], code: str, field: list[str]
) -> None:
    grade = {"taskId": _task_id(graded), "points": 2} | change
    payload = api(operation("grade_answer"), graded["instructor"], input=grade)["gradeAnswer"]
    assert payload["attempt"] is None
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, field)]
    graded.task.refresh_from_db()
    assert graded.task.credit is None


def test_an_answer_of_an_open_attempt_is_a_conflict(api: Any, graded: Graded) -> None:
    learner = factories.make_learner(graded.assessment.lesson.course)
    attempt = factories.make_attempt(learner, graded.assessment)
    task = factories.answer(attempt, graded.task.question, {"text": "Not yet."})
    grade = {"taskId": ids.encode("GradingTask", task.pk), "points": 2}
    payload = api(operation("grade_answer"), graded["instructor"], input=grade)["gradeAnswer"]
    assert [error["code"] for error in payload["userErrors"]] == ["CONFLICT"]


# ---------------------------------------------------------------- previewRegrade, applyRegrade


def _regrade(api: Any, graded: Graded, name: str, **more: Any) -> Any:
    asked = {"assessmentId": ids.encode("Assessment", graded.assessment.pk)} | more
    return api(operation(f"{name}_regrade"), graded["instructor"], input=asked)[f"{name}Regrade"]


def _correct_the_key() -> None:
    """Lyon is right now, and Paris is not."""
    Answer.objects.filter(answer_text="Paris").update(is_correct=False)
    Answer.objects.filter(answer_text="Lyon").update(is_correct=True)


def test_a_regrade_does_exactly_what_its_preview_says_per_attempt(api: Any, graded: Graded) -> None:
    _correct_the_key()
    preview = _regrade(api, graded, "preview", policy="EXACT")
    expected: dict[str, Any] = {
        "oldScore": 0,
        "newScore": 4,
        "wasPassed": False,
        "isPassed": True,
        "passFlips": True,
        "attempt": {
            "id": ids.encode("AssessmentAttempt", graded.attempt.pk),
            "score": None,
            "isPassed": False,
            "learner": {"id": _user_id(graded, "learner"), "displayName": "Mira Lindholt"},
        },
    }
    assert preview == {"changes": [expected], "userErrors": []}
    applied = _regrade(api, graded, "apply", policy="EXACT")
    assert applied == {
        "changes": [expected | {"attempt": expected["attempt"] | {"isPassed": True}}],
        "userErrors": [],
    }
    assert _regrade(api, graded, "preview", policy="EXACT") == {"changes": [], "userErrors": []}


def test_never_lower_is_the_policy_when_none_is_named(api: Any, graded: Graded) -> None:
    _correct_the_key()
    assert _regrade(api, graded, "apply")["changes"][0]["newScore"] == 4
    Answer.objects.filter(answer_text="Lyon").update(is_correct=False)
    assert _regrade(api, graded, "preview")["changes"] == []
    assert _regrade(api, graded, "preview", policy="EXACT")["changes"][0]["newScore"] == 0


def test_a_regrade_can_be_limited_to_questions_of_the_assessment(api: Any, graded: Graded) -> None:
    _correct_the_key()
    single, essay = graded.assessment.questions.order_by("order")
    assert _regrade(api, graded, "preview", questionIds=[ids.encode("Question", essay.pk)])["changes"] == []
    assert _regrade(api, graded, "preview", questionIds=[ids.encode("Question", single.pk)])["changes"]
    foreign = factories.single_choice(factories.make_assessment())
    asked = [ids.encode("Question", single.pk), ids.encode("Question", foreign.pk)]
    (error,) = _regrade(api, graded, "apply", questionIds=asked)["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["questionIds", "1"])


@pytest.mark.parametrize("name", ["preview", "apply"])
def test_a_regrade_of_twenty_attempts_costs_as_many_statements_as_of_two(
    api: Any, graded: Graded, name: str
) -> None:
    counts = []
    for more, expected in ((1, 2), (18, 20)):
        for _ in range(more):
            learner = factories.make_learner(graded.assessment.lesson.course)
            attempt = factories.make_attempt(learner, graded.assessment)
            factories.pick(attempt, graded.assessment.questions.get(order=1), "Lyon")
            attempt.complete()
        chosen = AttemptAnswer.objects.filter(question__order=1)
        chosen.update(credit=0, points_earned=0, is_correct=False)
        remember_versions()
        with CaptureQueriesContext(connection) as queries:
            assert len(_regrade(api, graded, name, policy="FULL_CREDIT")["changes"]) == expected
        counts.append(_written_and_read(queries))
    assert counts[0] == counts[1], [query["sql"] for query in queries]


def _written_and_read(queries: CaptureQueriesContext) -> int:
    """The statements that are not about savepoints."""
    return sum("SAVEPOINT" not in query["sql"] for query in queries)


# ---------------------------------------------------------------- explainGrade, tryGrade


def test_explain_grade_gives_its_steps(api: Any, graded: Graded) -> None:
    single = graded.assessment.questions.get(order=1)
    asked = {
        "attemptId": ids.encode("AssessmentAttempt", graded.attempt.pk),
        "questionId": ids.encode("Question", single.pk),
    }
    assert api(operation("explain_grade"), graded["learner"], input=asked)["explainGrade"] == {
        "steps": [
            "One choice: the credit of the picked answer counts.",
            "Picked: “Lyon” (credit 0).",
            "4 possible x credit 0: 0 points.",
        ],
        "userErrors": [],
    }


def test_explain_grade_tells_the_learner_nothing_before_the_key_is_visible(api: Any, graded: Graded) -> None:
    Assessment.objects.filter(pk=graded.assessment.pk).update(show_correct_answers=False)
    asked = {
        "attemptId": ids.encode("AssessmentAttempt", graded.attempt.pk),
        "questionId": ids.encode("Question", graded.task.question_id),
    }
    payload = api(operation("explain_grade"), graded["learner"], input=asked)["explainGrade"]
    (error,) = payload["userErrors"]
    assert (payload["steps"], error["code"], error["field"]) == ([], "PERMISSION_DENIED", ["attemptId"])


def test_try_grade_names_answers_by_their_position_from_0(api: Any, graded: Graded) -> None:
    question = {
        "type": "MATCHING",
        "text": "Who says what?",
        "points": 3,
        "answers": [
            {"text": "cat", "matchText": "meows"},
            {"text": "dog", "matchText": "barks"},
            {"text": "", "matchText": "moos"},
        ],
    }
    pairs = [[("0", "0"), ("1", "1")], [("0", "0"), ("1", "2")], [("0", "1")], []]
    responses = [{"matches": [{"prompt": p, "match": m} for p, m in pair]} for pair in pairs]
    payload = api(
        operation("try_grade"), graded["instructor"], input={"question": question, "responses": responses}
    )["tryGrade"]
    assert payload["userErrors"] == []
    graded_as = [(each["correctness"], each["credit"], each["pointsEarned"]) for each in payload["results"]]
    assert graded_as == [
        ("CORRECT", "1", 3),
        ("PARTIAL", "0.5", 2),
        ("INCORRECT", "0", 0),
        ("UNANSWERED", "0", 0),
    ]
    assert payload["results"][1]["steps"] == [
        "Matching: the share of prompts with their right match; a missing pair is wrong.",
        "“cat” paired with “meows”: right.",
        "“dog” paired with “moos”: wrong.",
        "1 of 2 pairs are right: credit 0.5.",
        "3 possible x credit 0.5: 1.5 points, rounded half up to 2.",
    ]


def test_try_grade_leaves_an_essay_to_a_person(api: Any, graded: Graded) -> None:
    asked = {"question": {"type": "ESSAY", "text": "Why?"}, "responses": [{"text": "Because."}]}
    (result,) = api(operation("try_grade"), graded["instructor"], input=asked)["tryGrade"]["results"]
    assert (result["correctness"], result["credit"], result["pointsEarned"]) == ("PENDING", None, None)


@pytest.mark.parametrize(
    ("response", "field"),
    [
        ({"choices": ["2"]}, ["responses", "0", "choices"]),
        ({"choices": ["-1"]}, ["responses", "0", "choices"]),
        ({"choices": ["0", "1"]}, ["responses", "0", "choices"]),
        ({"choices": [ids.encode("Choice", "1.1.0")]}, ["responses", "0", "choices"]),
        ({"blanks": [{"key": "a", "text": "b"}]}, ["responses", "0", "choices"]),
    ],
)
def test_a_response_that_does_not_fit_is_refused_at_its_place(
    api: Any, graded: Graded, response: dict[str, Any], field: list[str]
) -> None:
    question = {
        "type": "MULTIPLE_CHOICE",
        "text": "Pick",
        "answers": [{"text": "a", "isCorrect": True}, {"text": "b"}],
    }
    asked = {"question": question, "responses": [response]}
    payload = api(operation("try_grade"), graded["instructor"], input=asked)["tryGrade"]
    (error,) = payload["userErrors"]
    assert (payload["results"], error["code"], error["field"]) == ([], "RESPONSE_MISMATCH", field)


def test_a_question_at_fault_is_refused_at_its_place(api: Any, graded: Graded) -> None:
    question = {"type": "SHORT_ANSWER", "text": "", "points": 0, "answers": [{"text": "4", "credit": "2"}]}
    asked = {"question": question, "responses": [{"text": "4"}]}
    errors = api(operation("try_grade"), graded["instructor"], input=asked)["tryGrade"]["userErrors"]
    assert {(error["code"], *error["field"]) for error in errors} == {
        ("INVALID", "question", "text"),
        ("INVALID", "question", "points"),
        ("INVALID", "question", "answers", "0", "credit"),
    }
