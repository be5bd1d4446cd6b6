"""Starting through the API: what is shown, in which order, and what each refusal says."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.constants import Scope
from courses.models import Answer, Assessment, AssessmentAttempt, Course, User
from courses.services.enrollment import withdraw
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.taking import (
    Api,
    let_time_run_out,
    page,
    question_named,
    start,
)


def _start(api: Api, viewer: Any, assessment: Assessment, **options: Any) -> Any:
    return api(
        operation("start_attempt"), viewer, assessmentId=ids.encode("Assessment", assessment.pk), **options
    )


def _error(payload: dict[str, Any]) -> tuple[str, list[str]]:
    """Code and field of the one user error of a payload that is otherwise empty."""
    assert payload["attempt"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


# ---------------------------------------------------------------- starting


def test_a_started_attempt_shows_everything_that_is_needed_to_answer(
    api: Api, learner: User, assessment: Assessment
) -> None:
    started = _start(api, learner, assessment)["startAttempt"]
    attempt = started["attempt"]
    assert (started["created"], started["userErrors"]) == (True, [])
    assert (attempt["state"], attempt["revision"], attempt["attemptNumber"]) == ("IN_PROGRESS", 0, 1)
    assert (attempt["answeredCount"], attempt["allowedActions"]) == (
        0,
        ["SUBMIT_ANSWERS", "FLAG_QUESTION", "COMPLETE"],
    )
    shown = {
        question["text"]: (question["type"], question["selection"], question["points"])
        for question in attempt["questions"]
    }
    assert shown == {
        "Single?": ("MULTIPLE_CHOICE", "SINGLE", 2),
        "Several?": ("MULTIPLE_CHOICE", "MULTIPLE", 4),
        "True?": ("TRUE_FALSE", "SINGLE", 1),
        "Short?": ("SHORT_ANSWER", None, 2),
        "Essay?": ("ESSAY", None, 3),
        "Pairs?": ("MATCHING", None, 2),
        "Blanks?": ("FILL_BLANK", None, 2),
    }
    offered = {
        text: {
            name: sorted(choice["text"] for choice in question_named(attempt, text)[name])
            for name in ("choices", "prompts", "matches")
            if question_named(attempt, text)[name] is not None
        }
        for text in shown
    }
    assert offered == {
        "Single?": {"choices": ["Berlin", "London", "Paris"]},
        "Several?": {"choices": ["four", "six", "three", "two"]},
        "True?": {"choices": ["False", "True"]},
        "Short?": {},
        "Essay?": {},
        "Pairs?": {"prompts": ["cat", "dog"], "matches": ["barks", "meows", "moos"]},
        "Blanks?": {},
    }
    assert question_named(attempt, "Blanks?")["blanks"] == ["first", "second"]
    assert [question["position"] for question in attempt["questions"]] == [1, 2, 3, 4, 5, 6, 7]
    assert all(
        (question["response"], question["revision"], question["isFlagged"]) == (None, 0, False)
        for question in attempt["questions"]
    )


def test_the_timer_never_shows_the_slack(api: Api, learner: User, assessment: Assessment) -> None:
    assert 1790 <= start(api, learner, assessment)["remainingSeconds"] <= 1800
    let_time_run_out(AssessmentAttempt.objects.get(), seconds_ago=5)
    attempt = start(api, learner, assessment)
    assert (attempt["state"], attempt["remainingSeconds"]) == ("IN_PROGRESS", 0)


def test_without_a_limit_there_is_nothing_to_count_down(
    api: Api, learner: User, assessment: Assessment
) -> None:
    Assessment.objects.update(time_limit=0)
    attempt = start(api, learner, assessment)
    assert (attempt["deadlineAt"], attempt["remainingSeconds"]) == (None, None)


def test_starting_twice_resumes(api: Api, learner: User, assessment: Assessment) -> None:
    first, second = (_start(api, learner, assessment)["startAttempt"] for _ in range(2))
    assert (first["created"], second["created"]) == (True, False)
    assert first["attempt"]["id"] == second["attempt"]["id"]


def test_nobody_starts_without_signing_in(api: Api, assessment: Assessment) -> None:
    assert _start(api, None, assessment).codes == ["UNAUTHENTICATED"]
    assert AssessmentAttempt.objects.count() == 0


def test_a_token_needs_the_scope(api: Api, learner: User, assessment: Assessment) -> None:
    refused = _start(api, learner, assessment, scopes=frozenset({Scope.ATTEMPTS_READ}))["startAttempt"]
    assert (_error(refused)[0], AssessmentAttempt.objects.count()) == ("TOKEN_SCOPE_MISSING", 0)
    allowed = _start(api, learner, assessment, scopes=frozenset({Scope.ATTEMPTS_WRITE}))["startAttempt"]
    assert allowed["created"]


def _leave(learner: User, assessment: Assessment) -> None:
    withdraw(learner=learner, course_id=assessment.lesson.course_id)


def _leave_what_is_hidden_then(learner: User, assessment: Assessment) -> None:
    _leave(learner, assessment)
    Course.objects.update(is_published=False)


def _use_up(learner: User, assessment: Assessment) -> None:
    for _ in range(assessment.max_attempts):
        factories.make_attempt(learner, assessment).complete()


STARTS: dict[str, tuple[Callable[[User, Assessment], object], str]] = {
    "NOT_ENROLLED": (_leave, "You are not enrolled in this course. Please enroll first."),
    "ATTEMPT_LIMIT_REACHED": (
        _use_up,
        "You have used all attempts of this assessment. Your results are under your attempts.",
    ),
    "ASSESSMENT_NOT_READY": (
        lambda *_: Answer.objects.filter(is_correct=True, question__question_type="true_false").delete(),
        "This assessment cannot be started yet. Question 3 is not complete yet. "
        "Please tell an instructor of the course.",
    ),
    "NOT_FOUND": (
        _leave_what_is_hidden_then,
        "There is nothing here with this id that you may see. Please check the id.",
    ),
}


@pytest.mark.parametrize("code", STARTS)
def test_a_refused_start_says_why_and_starts_nothing(
    api: Api, learner: User, assessment: Assessment, code: str
) -> None:
    prepare, message = STARTS[code]
    prepare(learner, assessment)
    before = AssessmentAttempt.objects.count()
    refused = _start(api, learner, assessment)["startAttempt"]
    assert refused == {
        "created": False,
        "attempt": None,
        "userErrors": [{"code": code, "message": message, "field": ["assessmentId"]}],
    }
    assert AssessmentAttempt.objects.count() == before


@pytest.mark.parametrize("wrong", ["", "x", "QQ==", ids.encode("Course", 1), ids.encode("Assessment", 0)])
def test_an_id_of_nothing_or_of_something_else_is_not_found(api: Api, learner: User, wrong: str) -> None:
    refused = api(operation("start_attempt"), learner, assessmentId=wrong)["startAttempt"]
    assert _error(refused) == ("NOT_FOUND", ["assessmentId"])


# ---------------------------------------------------------------- the order


def test_the_layout_is_the_same_on_every_read_and_after_edits_of_the_assessment(
    api: Api, learner: User, assessment: Assessment
) -> None:
    Assessment.objects.update(randomize_questions=True)
    begun = start(api, learner, assessment)
    factories.single_choice(assessment, question_text="Later?")
    Assessment.objects.update(randomize_questions=False)
    for attempt in (start(api, learner, assessment), page(api, learner, begun["id"])):
        for name in ("question", "text", "choices", "prompts", "matches"):
            assert [each[name] for each in attempt["questions"]] == [
                each[name] for each in begun["questions"]
            ]


def test_nothing_tells_the_authors_order(api: Api, assessment: Assessment) -> None:
    """Everybody gets the same ids for the places, and the right choice stands in every one of them."""
    places_of_right, shown_ids = set(), set()
    for _ in range(25):
        attempt = start(api, factories.make_learner(assessment.lesson.course), assessment)
        choices = question_named(attempt, "Single?")["choices"]
        places_of_right.add([choice["text"] for choice in choices].index("Paris"))
        owner, question = attempt["id"], question_named(attempt, "Single?")["question"]
        pk = ids.decode(owner)[1]
        keys = [ids.decode(choice["id"])[1].removeprefix(f"{pk}.") for choice in choices]
        shown_ids.add(tuple(keys))
        assert ids.decode(question)[0] == "Question"
    assert places_of_right == {0, 1, 2}
    (shown,) = shown_ids
    assert [key.split(".")[-1] for key in shown] == ["0", "1", "2"]


def test_true_stands_before_false_whoever_was_written_first(api: Api, assessment: Assessment) -> None:
    attempt = start(api, factories.make_learner(assessment.lesson.course), assessment)
    texts = [choice["text"] for choice in question_named(attempt, "True?")["choices"]]
    assert texts == ["True", "False"]
    assert (
        list(Answer.objects.filter(question__question_text="True?").values_list("answer_text", flat=True))
        != texts
    )
