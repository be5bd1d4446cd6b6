"""Saving and marking through the API: what the reply shows, and what each refusal says."""

from typing import Any

from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, Question, User
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


def _error(payload: dict[str, Any]) -> tuple[str, list[str]]:
    """Code and field of the one user error of a payload that is otherwise empty."""
    assert payload["attempt"] is None
    (error,) = payload["userErrors"]
    return error["code"], error["field"]


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
    assert AttemptAnswer.objects.values_list("selected_answer__answer_text").get() == ("Paris",)


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
    for stranger in (people.classmate, people.learner_elsewhere, people.instructor, people.admin):
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


def test_an_answer_without_a_response_is_refused_and_clears_nothing(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, RIGHT))
    before = list(AttemptAnswer.objects.order_by("pk").values())
    forgotten = [{"questionId": question_named(attempt, "Short?")["question"]}]
    for answer in (submit, complete):
        assert _error(answer(api, learner, attemptId=attempt["id"], answers=forgotten)) == (
            "REQUIRED",
            ["answers", "0", "response"],
        )
    assert list(AttemptAnswer.objects.order_by("pk").values()) == before
    assert not AssessmentAttempt.objects.get().is_completed


def test_a_base_revision_that_is_yet_to_come_is_refused(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = start(api, learner, assessment)
    for base, answers in ((1, answers_to(attempt, RIGHT)), (-1, answers_to(attempt, RIGHT)), (1, [])):
        refused = submit(api, learner, attemptId=attempt["id"], answers=answers, baseRevision=base)
        assert refused["userErrors"] == [
            {
                "code": "INVALID",
                "field": ["baseRevision"],
                "message": "The attempt has no such revision; it is at 0. Please load it again.",
            }
        ]
    assert AssessmentAttempt.objects.get().revision == 0
    assert AttemptAnswer.objects.count() == 0
