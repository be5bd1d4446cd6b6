"""When a learner sees the answer key: once nothing can be gained from it any more."""

from typing import Any

import pytest

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, Enrollment, User
from courses.services.enrollment import enroll, withdraw
from courses.utils.clock import database_now
from schema.core import ids
from tests.operations import operation
from tests.taking import (
    RIGHT,
    Api,
    answers_to,
    complete,
    let_time_run_out,
    page,
    start,
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


def _key(api: Api, learner: User, attempt_id: str) -> bool:
    shown = page(api, learner, attempt_id)
    seen = _seen(shown)["key"]
    assert ("VIEW_ANSWER_KEY" in shown["allowedActions"]) is seen
    return seen


def test_the_key_opens_when_the_attempts_are_used_up(api: Api, learner: User, assessment: Assessment) -> None:
    first = _take(api, learner, assessment)
    assert not _key(api, learner, first)
    second = start(api, learner, assessment)
    assert not _key(api, learner, first)
    assert not _key(api, learner, second["id"])
    complete(api, learner, attemptId=second["id"])
    assert _key(api, learner, first)
    assert _key(api, learner, second["id"])


def test_the_key_opens_when_the_last_attempt_is_over_though_nobody_has_closed_it(
    api: Api, learner: User, assessment: Assessment
) -> None:
    first = _take(api, learner, assessment)
    start(api, learner, assessment)
    let_time_run_out(AssessmentAttempt.objects.get(is_completed=False))
    assert _key(api, learner, first)


def test_the_key_opens_when_the_learner_has_left_the_course(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt_id = _take(api, learner, assessment)
    withdraw(learner=learner, course_id=assessment.lesson.course_id)
    assert _key(api, learner, attempt_id)


def test_the_key_stays_shut_while_somebody_who_left_has_an_attempt_open(
    api: Api, learner: User, assessment: Assessment
) -> None:
    first = _take(api, learner, assessment)
    second = start(api, learner, assessment)
    withdraw(learner=learner, course_id=assessment.lesson.course_id)
    assert not _key(api, learner, first)
    complete(api, learner, attemptId=second["id"])
    assert _key(api, learner, first)


def test_leaving_to_read_the_key_costs_the_attempts_that_were_left(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt_id = _take(api, learner, assessment)
    withdraw(learner=learner, course_id=assessment.lesson.course_id)
    enroll(learner=learner, course_id=assessment.lesson.course_id)
    assert _key(api, learner, attempt_id)
    message = exceptions.AnswerKeySeen.message
    assert _standing(api, learner, assessment)["mayStart"] == {
        "allowed": False,
        "code": "ANSWER_KEY_SEEN",
        "message": message,
    }
    variables = {"assessmentId": ids.encode("Assessment", assessment.pk)}
    refused = api(operation("start_attempt"), learner, **variables)["startAttempt"]["userErrors"]
    assert refused == [{"code": "ANSWER_KEY_SEEN", "message": message, "field": ["assessmentId"]}]


@pytest.mark.parametrize("show_results", [True, False])
@pytest.mark.parametrize("show_correct_answers", [True, False])
def test_results_and_key_are_shown_or_hidden_each_for_itself(
    api: Api, people: Any, assessment: Assessment, show_results: bool, show_correct_answers: bool
) -> None:
    Assessment.objects.update(
        max_attempts=1, show_results=show_results, show_correct_answers=show_correct_answers
    )
    attempt_id = _take(api, people.learner, assessment)
    seen = _seen(page(api, people.learner, attempt_id))
    assert seen == {"results": show_results, "key": show_correct_answers}
    for staff in (people.instructor, people.moderator, people.admin):
        assert _seen(page(api, staff, attempt_id)) == {"results": True, "key": True}


def test_the_staff_of_the_course_see_the_key_also_while_the_attempt_is_open(
    api: Api, people: Any, assessment: Assessment
) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    assert _seen(page(api, people.instructor, attempt_id)) == {"results": False, "key": True}
    assert page(api, people.instructor, attempt_id)["allowedActions"] == []


def test_the_solution_names_what_earns_full_credit_in_the_terms_of_the_attempt(
    api: Api, learner: User, assessment: Assessment
) -> None:
    Assessment.objects.update(max_attempts=1)
    assessment.questions.filter(question_text="Single?").update(explanation="It is the capital.")
    shown = page(api, learner, _take(api, learner, assessment))
    solutions = {question["text"]: question["solution"] for question in shown["questions"]}
    for text, response in RIGHT.items():
        filled = {
            name: value
            for name, value in solutions[text].items()
            if value is not None and name != "explanation"
        }
        if text == "Essay?":
            assert filled == {}
        elif text == "Short?":
            assert filled == {"texts": ["mitosis"]}
        else:
            (expected,) = answers_to(shown, {text: response})
            ((name, value),) = expected["response"].items()
            assert sorted(filled[name], key=str) == sorted(value, key=str)
    assert solutions["Single?"]["explanation"] == "It is the capital."


def test_the_enrolment_of_somebody_else_opens_no_key(api: Api, people: Any, assessment: Assessment) -> None:
    attempt_id = _take(api, people.learner, assessment)
    Enrollment.objects.filter(user=people.classmate).update(status="withdrawn", withdrawn_date=database_now())
    assert not _key(api, people.learner, attempt_id)
