"""The whole story of a learner and an assessment: from seeing it in the course to reading the key."""

from typing import Any

import pytest

from courses.models import AssessmentAttempt, UserActivity
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
    six_types,
    start,
    submit,
)

pytestmark = pytest.mark.django_db

COURSE_PAGE = """query CoursePage($slug: String!) {
  course(slug: $slug) { lessons { title assessment {
    id title questionCount maxScore timeLimitMinutes maxAttempts
    questions { id }
    viewerAttempts { used remaining open { id } best { score } mayStart { allowed code } }
  } } }
}"""


def _assessment_on_the_course_page(api: Api, viewer: Any, slug: str) -> dict[str, Any]:
    (lesson,) = api(COURSE_PAGE, viewer, slug=slug)["course"]["lessons"]
    return lesson["assessment"]


def test_a_learner_enrols_takes_both_attempts_and_reads_the_key(api: Api) -> None:
    assessment = six_types(max_attempts=2, time_limit=30, passing_score=75, randomize_questions=True)
    course, learner = assessment.lesson.course, factories.make_user()

    seen = _assessment_on_the_course_page(api, learner, course.slug)
    assert (seen["questionCount"], seen["maxScore"], seen["timeLimitMinutes"]) == (7, 16, 30)
    assert seen["questions"] is None
    assert seen["viewerAttempts"]["mayStart"] == {"allowed": False, "code": "NOT_ENROLLED"}

    enrolled = api(
        "mutation ($id: ID!) { enroll(input: { courseId: $id }) { enrollment { status } userErrors { code } } }",
        learner,
        id=ids.encode("Course", course.pk),
    )["enroll"]
    assert enrolled == {"enrollment": {"status": "ACTIVE"}, "userErrors": []}
    seen = _assessment_on_the_course_page(api, learner, course.slug)
    assert seen["viewerAttempts"] == {
        "used": 0,
        "remaining": 2,
        "open": None,
        "best": None,
        "mayStart": {"allowed": True, "code": None},
    }

    # The first attempt: a few answers, a change of mind, and then the time runs out.
    first = start(api, learner, assessment)
    assert first["allowedActions"] == ["SUBMIT_ANSWERS", "FLAG_QUESTION", "COMPLETE"]
    answers = answers_to(first, {"Single?": ["London"], "Pairs?": {"cat": "meows"}})
    assert submit(api, learner, attemptId=first["id"], answers=answers)["attempt"]["answeredCount"] == 2
    answers = answers_to(first, {"Single?": ["Paris"]})
    assert submit(api, learner, attemptId=first["id"], answers=answers, baseRevision=1)["userErrors"] == []
    flagged = api(
        operation("flag_question"),
        learner,
        attemptId=first["id"],
        questionId=question_named(first, "Essay?")["question"],
        isFlagged=True,
    )
    assert flagged["flagQuestion"]["userErrors"] == []
    let_time_run_out(AssessmentAttempt.objects.get())
    late = submit(api, learner, attemptId=first["id"], answers=answers_to(first, {"Short?": "mitosis"}))
    assert [error["code"] for error in late["userErrors"]] == ["TIME_EXPIRED"]
    shown = page(api, learner, first["id"])
    assert (shown["endedBy"], shown["score"], shown["isPassed"], shown["answerKeyVisible"]) == (
        "TIMER",
        3,
        False,
        False,
    )
    assert question_named(shown, "Essay?")["isFlagged"] is True

    # The second attempt: everything right, and an essay that a person has to read.
    second = start(api, learner, assessment)
    assert (second["attemptNumber"], second["id"] != first["id"]) == (2, True)
    assert not page(api, learner, first["id"])["answerKeyVisible"]
    done = complete(api, learner, attemptId=second["id"], answers=answers_to(second, RIGHT))["attempt"]
    assert (done["gradingState"], done["score"], done["isPassed"]) == ("PENDING_MANUAL", None, True)
    assert done["allowedActions"] == ["VIEW_RESULTS", "VIEW_ANSWER_KEY"]
    assert done["assessment"]["viewerAttempts"]["mayStart"]["code"] == "ATTEMPT_LIMIT_REACHED"

    # No attempt is left, so the key may be read, in the first attempt too.
    for attempt in (first, second):
        shown = page(api, learner, attempt["id"])
        solution = question_named(shown, "Single?")["solution"]["choices"]
        assert [{"choices": solution}] == [
            each["response"] for each in answers_to(shown, {"Single?": ["Paris"]})
        ]
    seen = _assessment_on_the_course_page(api, learner, course.slug)["viewerAttempts"]
    assert (seen["used"], seen["remaining"], seen["open"], seen["best"]) == (2, 0, None, {"score": 3})
    events = UserActivity.objects.filter(user=learner, activity_type="take_quiz").order_by("pk")
    assert [(each.data["event"], each.data["attempt"]) for each in events] == [
        ("started", 1),
        ("completed", 1),
        ("started", 2),
        ("completed", 2),
    ]
