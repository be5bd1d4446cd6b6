"""Taking an assessment through the API: the payloads, and what each refusal says."""

from typing import Any

import pytest

from courses.constants import Scope
from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, Course, Question, User
from courses.services.enrollment import withdraw
from schema.core import ids
from tests import factories
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


def _use_up(learner: User, assessment: Assessment) -> None:
    for _ in range(assessment.max_attempts):
        factories.make_attempt(learner, assessment).complete()


STARTS = {
    "NOT_ENROLLED": (_leave, "You are not enrolled in this course. Please enroll first."),
    "ATTEMPT_LIMIT_REACHED": (
        _use_up,
        "You have used all attempts of this assessment. Your results are under your attempts.",
    ),
    "ASSESSMENT_NOT_READY": (
        lambda *_: Answer.objects.filter(is_correct=True, question__question_type="true_false").delete(),
        "This assessment cannot be started yet. Question 3: A true/false question needs exactly two answers. "
        "Please tell an instructor of the course.",
    ),
    "NOT_FOUND": (
        lambda learner, assessment: (_leave(learner, assessment), Course.objects.update(is_published=False)),
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
    (keys,) = shown_ids
    assert [key.split(".")[-1] for key in keys] == ["0", "1", "2"]


def test_true_stands_before_false_whoever_was_written_first(api: Api, assessment: Assessment) -> None:
    attempt = start(api, factories.make_learner(assessment.lesson.course), assessment)
    texts = [choice["text"] for choice in question_named(attempt, "True?")["choices"]]
    assert texts == ["True", "False"]
    assert (
        list(Answer.objects.filter(question__question_text="True?").values_list("answer_text", flat=True))
        != texts
    )


# ---------------------------------------------------------------- submitting


def test_every_type_of_response_is_saved_and_shown_as_it_was_given(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    answers = answers_to(attempt, RIGHT)
    saved = submit(api, learner, attemptId=attempt["id"], answers=answers, baseRevision=0)
    assert saved["userErrors"] == []
    assert (saved["attempt"]["revision"], saved["attempt"]["answeredCount"]) == (1, 7)
    for answer in answers:
        shown = next(
            each for each in saved["attempt"]["questions"] if each["question"] == answer["questionId"]
        )
        given = {name: value for name, value in shown["response"].items() if value is not None}
        expected = answer["response"]
        for name in ("choices", "matches"):
            if name in expected:
                given[name], expected[name] = (
                    sorted(value, key=str) for value in (given[name], expected[name])
                )
        assert given == expected
        assert shown["answeredAt"] is not None


def test_a_cleared_answer_is_null_and_counts_no_longer(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, RIGHT))
    cleared = submit(
        api, learner, attemptId=attempt["id"], answers=answers_to(attempt, dict.fromkeys(RIGHT))
    )["attempt"]
    assert (cleared["answeredCount"], cleared["revision"]) == (0, 2)
    assert all((each["response"], each["answeredAt"]) == (None, None) for each in cleared["questions"])


BLANK = {
    "Single?": [],
    "Short?": " \u00a0\u200b",
    "Essay?": "",
    "Pairs?": {},
    "Blanks?": {"first": " ", "second": ""},
}


def test_blank_responses_are_saved_and_count_as_no_answer(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    saved = submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, BLANK))
    assert (saved["userErrors"], saved["attempt"]["answeredCount"]) == ([], 0)
    assert AttemptAnswer.objects.exclude(response=None).count() == len(BLANK)


def test_zero_is_an_answer(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    saved = submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Short?": "0"}))
    assert saved["attempt"]["answeredCount"] == 1


def test_a_stale_revision_is_refused_by_name(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    answers = answers_to(attempt, {"Single?": ["Paris"]})
    submit(api, learner, attemptId=attempt["id"], answers=answers, baseRevision=0)
    again = submit(api, learner, attemptId=attempt["id"], answers=answers, baseRevision=0)
    assert again["userErrors"] == []
    stale = submit(
        api,
        learner,
        attemptId=attempt["id"],
        answers=answers_to(attempt, {"Single?": ["London"]}),
        baseRevision=0,
    )
    assert _error(stale) == ("STALE_REVISION", ["baseRevision"])
    assert AttemptAnswer.objects.get().selected_answer.answer_text == "Paris"


def test_the_reply_to_a_right_answer_is_the_reply_to_a_wrong_one(api: Api, assessment: Assessment) -> None:
    replies = []
    for text in ("Paris", "London"):
        learner = factories.make_learner(assessment.lesson.course)
        attempt = start(api, learner, assessment)
        answers = answers_to(attempt, {"Single?": [text]})
        saved = submit(api, learner, attemptId=attempt["id"], answers=answers)["attempt"]
        question = question_named(saved, "Single?")
        replies.append((saved["state"], saved["revision"], saved["answeredCount"], set(question)))
    assert replies[0] == replies[1]


# ---------------------------------------------------------------- marks


def _flag(api: Api, viewer: User, attempt: dict[str, Any], question_id: str, on: bool = True) -> Any:
    variables = {"attemptId": attempt["id"], "questionId": question_id, "isFlagged": on}
    return api(operation("flag_question"), viewer, **variables)["flagQuestion"]


def test_a_mark_is_set_and_taken_away(api: Api, learner: User, assessment: Assessment) -> None:
    attempt = start(api, learner, assessment)
    question_id = question_named(attempt, "Essay?")["question"]
    for on in (True, True, False):
        marked = _flag(api, learner, attempt, question_id, on)["attempt"]
        assert [each["isFlagged"] for each in marked["questions"] if each["question"] == question_id] == [on]
        assert sum(each["isFlagged"] for each in marked["questions"]) == on
        assert (marked["revision"], marked["answeredCount"]) == (0, 0)
        assert all(each["answeredAt"] is None for each in marked["questions"])


def test_marking_a_question_of_another_attempt_is_not_found(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    foreign = factories.essay(factories.make_assessment())
    for wrong in (ids.encode("Question", foreign.pk), ids.encode("Question", 0), "nonsense"):
        assert _error(_flag(api, learner, attempt, wrong)) == ("NOT_FOUND", ["questionId"])
    assert AttemptAnswer.objects.count() == 0


# ---------------------------------------------------------------- refusals of every write


def _writes(api: Api, viewer: Any, attempt: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every way to change an attempt, by the name of the mutation."""
    answers = answers_to(attempt, {"Single?": ["London"]})
    return {
        "submitAnswers": submit(api, viewer, attemptId=attempt["id"], answers=answers),
        "flagQuestion": _flag(api, viewer, attempt, question_named(attempt, "Single?")["question"]),
        "completeAttempt": complete(api, viewer, attemptId=attempt["id"], answers=answers),
    }


def test_an_attempt_of_somebody_else_is_not_found(
    api: Api, learner: User, assessment: Assessment, people: Any
) -> None:
    attempt = start(api, learner, assessment)
    for stranger in (people.classmate, people.other_learner, people.instructor, people.superuser):
        for name, payload in _writes(api, stranger, attempt).items():
            assert (name, _error(payload)) == (name, ("NOT_FOUND", ["attemptId"]))
    assert AttemptAnswer.objects.count() == 0
    assert not AssessmentAttempt.objects.get().is_completed


def test_after_a_person_ended_it_answers_and_marks_are_refused_with_attempt_closed(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"])
    refused = _writes(api, learner, attempt)
    assert _error(refused["submitAnswers"]) == ("ATTEMPT_CLOSED", ["attemptId"])
    assert _error(refused["flagQuestion"]) == ("ATTEMPT_CLOSED", ["attemptId"])
    assert refused["completeAttempt"]["userErrors"] == []
    assert AttemptAnswer.objects.count() == 0


def test_after_the_timer_ended_it_every_late_answer_is_refused_with_time_expired(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Single?": ["Paris"]}))
    let_time_run_out(AssessmentAttempt.objects.get())
    for name, payload in _writes(api, learner, attempt).items():
        assert (name, _error(payload)) == (name, ("TIME_EXPIRED", ["attemptId"]))
    shown = page(api, learner, attempt["id"])
    assert (shown["state"], shown["endedBy"], shown["endedAt"]) == (
        "COMPLETED",
        "TIMER",
        shown["deadlineAt"],
    )
    assert question_named(shown, "Single?")["result"]["correctness"] == "CORRECT"


def test_question_ids_are_those_of_the_authoring_side_and_open_nothing_there(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    wanted = [question["question"] for question in attempt["questions"]]
    wanted += [ids.encode("Answer", pk) for pk in Answer.objects.values_list("pk", flat=True)]
    found = api("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", learner, ids=wanted)
    assert found["nodes"] == [None] * len(wanted)
    assert Question.objects.count() == 7
