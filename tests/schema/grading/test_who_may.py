"""Who may do what with grades: one table for each field, over everybody who might try."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.constants import Scope
from courses.models import AttemptAnswer, GradeChange
from schema.core import ids
from tests.operations import operation
from tests.schema.grading.conftest import Graded

STAFF = ("instructor", "moderator", "admin")
OTHERS = ("learner", "classmate", "learner_elsewhere", "instructor_elsewhere")
QUESTION = {"type": "SHORT_ANSWER", "text": "2 + 2?", "answers": [{"text": "4", "isCorrect": True}]}

INPUTS: dict[str, Callable[[Graded], dict[str, Any]]] = {
    "grade_answer": lambda graded: {"taskId": ids.encode("GradingTask", graded.task.pk), "points": 2},
    "preview_regrade": lambda graded: {
        "assessmentId": ids.encode("Assessment", graded.assessment.pk),
        "policy": "FULL_CREDIT",
    },
    "apply_regrade": lambda graded: {
        "assessmentId": ids.encode("Assessment", graded.assessment.pk),
        "policy": "FULL_CREDIT",
    },
    "explain_grade": lambda graded: {
        "attemptId": ids.encode("AssessmentAttempt", graded.attempt.pk),
        "questionId": ids.encode("Question", graded.task.question_id),
    },
    "try_grade": lambda _graded: {"question": QUESTION, "responses": [{"text": "4"}]},
}

ALLOWED = {
    "grade_answer": dict.fromkeys(STAFF) | dict.fromkeys(OTHERS, "NOT_FOUND"),
    "preview_regrade": dict.fromkeys(STAFF) | dict.fromkeys(OTHERS, "PERMISSION_DENIED"),
    "apply_regrade": dict.fromkeys(STAFF) | dict.fromkeys(OTHERS, "PERMISSION_DENIED"),
    "explain_grade": dict.fromkeys((*STAFF, "learner")) | dict.fromkeys(OTHERS[1:], "NOT_FOUND"),
    "try_grade": dict.fromkeys((*STAFF, "instructor_elsewhere"))
    | dict.fromkeys(OTHERS[:3], "PERMISSION_DENIED"),
}
"""The code of the refusal for each person, None where it is done."""

CASES = [(name, person, code) for name, people in ALLOWED.items() for person, code in people.items()]


def _field(name: str) -> str:
    first, second = name.split("_")
    return first + second.title()


@pytest.mark.parametrize(("name", "person", "code"), CASES)
def test_who_may_grade_correct_explain_and_try(
    api: Any, graded: Graded, name: str, person: str, code: str | None
) -> None:
    payload = api(operation(name), graded[person], input=INPUTS[name](graded))[_field(name)]
    assert [error["code"] for error in payload["userErrors"]] == ([code] if code else [])
    if code:
        assert not any(value for field, value in payload.items() if field != "userErrors")
        assert not GradeChange.objects.exists()
        assert AttemptAnswer.objects.get(pk=graded.task.pk).credit is None


@pytest.mark.parametrize("name", INPUTS)
def test_nobody_signed_in_is_turned_away_at_the_door(api: Any, graded: Graded, name: str) -> None:
    assert api(operation(name), None, input=INPUTS[name](graded)).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("name", INPUTS)
def test_a_token_needs_the_scope(api: Any, graded: Graded, name: str) -> None:
    needed = "attempts:read" if name == "explain_grade" else "grading:write"
    others = frozenset(Scope.values) - {needed}
    asked = {"viewer": graded["instructor"], "input": INPUTS[name](graded)}
    refused = api(operation(name), scopes=others, **asked)[_field(name)]
    assert [error["code"] for error in refused["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    enough = frozenset({needed, "attempts:read", "courses:read"})
    assert api(operation(name), scopes=enough, **asked)[_field(name)]["userErrors"] == []


@pytest.mark.parametrize("person", [*STAFF, *OTHERS, "anonymous"])
def test_who_sees_the_queue(api: Any, graded: Graded, person: str) -> None:
    queue = api(operation("grading_queue"), graded[person], first=10)["gradingQueue"]
    expected = 1 if person in STAFF else 0
    assert (queue["totalCount"], len(queue["edges"])) == (expected, expected)


@pytest.mark.parametrize("person", [*STAFF, *OTHERS, "anonymous"])
def test_who_gets_a_task_by_its_id_before_and_after_it_was_graded(
    api: Any, graded: Graded, person: str
) -> None:
    node = "query ($id: ID!) { node(id: $id) { id __typename } }"
    task_id = ids.encode("GradingTask", graded.task.pk)
    expected = {"id": task_id, "__typename": "GradingTask"} if person in STAFF else None
    assert api(node, graded[person], id=task_id)["node"] == expected
    grade = {"taskId": task_id, "points": 3}
    assert api(operation("grade_answer"), graded["moderator"], input=grade)["gradeAnswer"]["attempt"]
    assert api(node, graded[person], id=task_id)["node"] == expected


@pytest.mark.parametrize("person", [*STAFF, *OTHERS, "anonymous"])
def test_who_sees_the_item_analysis(api: Any, graded: Graded, person: str) -> None:
    asked = "query ($id: ID!) { assessment(id: $id) { itemAnalysis { learnerCount } } }"
    found = api(asked, graded[person], id=ids.encode("Assessment", graded.assessment.pk))["assessment"]
    assert found["itemAnalysis"] == ({"learnerCount": 0} if person in STAFF else None)
