"""What may be seen of an attempt: by whom, and when. The table of results and key, line by line."""

from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Enrollment, User
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
    question_named,
    start,
    submit,
)

CERTAIN = {text: response for text, response in RIGHT.items() if text != "Essay?"}
SEES_THE_ATTEMPT = {
    "learner": True,
    "classmate": False,
    "other_learner": False,
    "instructor": True,
    "other_instructor": False,
    "moderator": True,
    "superuser": True,
    "anonymous": False,
}


def _take(api: Api, learner: User, assessment: Assessment, responses: dict[str, Any] = CERTAIN) -> str:
    """The id of an attempt that was handed in with these responses."""
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, responses))
    return attempt["id"]  # type: ignore[no-any-return]


def _seen(shown: dict[str, Any]) -> dict[str, bool]:
    """Whether results and key are there: said by the flags, and true of every field."""
    results = [question["result"] is not None for question in shown["questions"]]
    solutions = [question["solution"] is not None for question in shown["questions"]]
    assert set(results) == {shown["resultsVisible"] and shown["state"] == "COMPLETED"}
    assert set(solutions) == {shown["answerKeyVisible"]}
    return {"results": results[0], "key": solutions[0]}


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(("viewer", "sees"), SEES_THE_ATTEMPT.items())
def test_an_attempt_is_for_its_learner_and_the_staff_of_its_course(
    api: Api, people: Any, assessment: Assessment, viewer: str, sees: bool
) -> None:
    attempt_id = _take(api, people.learner, assessment)
    asking = getattr(people, viewer)
    assert (page(api, asking, attempt_id) is not None) is sees
    found = api("query ($id: ID!) { node(id: $id) { id } }", asking, id=attempt_id)
    assert found["node"] == ({"id": attempt_id} if sees else None)


@pytest.mark.parametrize(("viewer", "sees"), [*SEES_THE_ATTEMPT.items(), ("learner", False)][1:])
def test_address_and_browser_are_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment, viewer: str, sees: bool
) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    AssessmentAttempt.objects.update(ip_address="192.0.2.7", user_agent="Browser")
    shown = page(api, getattr(people, viewer), attempt_id)
    if shown is not None:
        expected = ("192.0.2.7", "Browser") if sees else (None, None)
        assert (shown["ipAddress"], shown["userAgent"]) == expected


def test_the_list_of_all_attempts_is_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment
) -> None:
    document = """query ($id: ID!, $learnerId: ID) {
      assessment(id: $id) { attempts(learnerId: $learnerId) { totalCount edges { node { id } } } }
    }"""
    attempt_id = _take(api, people.learner, assessment)
    other_id = _take(api, people.classmate, assessment)
    assessment_id = ids.encode("Assessment", assessment.pk)
    for viewer, sees in {**SEES_THE_ATTEMPT, "learner": False}.items():
        shown = api(document, getattr(people, viewer), id=assessment_id)["assessment"]["attempts"]
        expected = [other_id, attempt_id] if sees else None
        assert (viewer, shown and [edge["node"]["id"] for edge in shown["edges"]]) == (viewer, expected)
    of_one = api(
        document, people.instructor, id=assessment_id, learnerId=ids.encode("User", people.learner.pk)
    )
    assert of_one["assessment"]["attempts"] == {"totalCount": 1, "edges": [{"node": {"id": attempt_id}}]}


def test_the_authoring_side_is_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment
) -> None:
    document = """query ($id: ID!, $question: ID!) {
      assessment(id: $id) { questions { answers { isCorrect } } }
      node(id: $question) { id }
    }"""
    question_id = ids.encode("Question", assessment.questions.earliest("pk").pk)
    for viewer, sees in {**SEES_THE_ATTEMPT, "learner": False}.items():
        variables = {"id": ids.encode("Assessment", assessment.pk), "question": question_id}
        shown = api(document, getattr(people, viewer), **variables)
        found = (shown["assessment"]["questions"] is not None, shown["node"] is not None)
        assert (viewer, found) == (viewer, (sees, sees))


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
    AssessmentAttempt.objects.get().rescore()
    shown = page(api, people.learner, attempt_id)
    result = question_named(shown, "Essay?")["result"]
    assert (result["feedback"], result["gradedBy"]["displayName"]) == ("Well said.", "Ms Brown")
    assert (shown["gradingState"], shown["score"], shown["isPassed"]) == ("FULLY_GRADED", 16, True)


# ---------------------------------------------------------------- when: the key


def _standing(api: Api, learner: User, assessment: Assessment) -> dict[str, Any]:
    document = """query ($id: ID!) { assessment(id: $id) { viewerAttempts {
      used remaining open { id } best { id score } mayStart { allowed code message }
    } } }"""
    found = api(document, learner, id=ids.encode("Assessment", assessment.pk))
    return found["assessment"]["viewerAttempts"]  # type: ignore[no-any-return]


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
    message = (
        "You left this course after an attempt, and could read the right answers then. "
        "Your results are under your attempts."
    )
    assert _standing(api, learner, assessment)["mayStart"] == {
        "allowed": False,
        "code": "ATTEMPT_LIMIT_REACHED",
        "message": message,
    }
    variables = {"assessmentId": ids.encode("Assessment", assessment.pk)}
    refused = api(operation("start_attempt"), learner, **variables)["startAttempt"]["userErrors"]
    assert refused == [{"code": "ATTEMPT_LIMIT_REACHED", "message": message, "field": ["assessmentId"]}]


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
    for staff in (people.instructor, people.moderator, people.superuser):
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
