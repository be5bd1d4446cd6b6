"""Lines of exports say what the API says, field by field, to each viewer."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import Any

import pytest
from django.utils import timezone

from courses.constants import ActivityType, ExportKind
from courses.models import AssessmentAttempt, AttemptAnswer, Enrollment, Review, User, UserActivity
from courses.services import grading
from schema.core import ids
from tests import factories
from tests.exporting import lines_for

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _own_directory(settings: Any, tmp_path: Any) -> None:
    settings.EXPORTS_DIR = tmp_path


@dataclass
class Scene:
    learner: User
    other: User
    teacher: User
    stranger: User
    staff: User
    done: AssessmentAttempt
    hidden: AssessmentAttempt
    elsewhere: AssessmentAttempt

    @property
    def course_id(self) -> int:
        pk: int = self.done.assessment.lesson.course_id
        return pk


@pytest.fixture
def scene() -> Scene:
    teacher, staff = factories.make_user(), factories.make_staff()
    course = factories.make_course(instructors=(teacher,), is_published=True)
    learner, other = factories.make_learner(course), factories.make_learner(course)
    lesson = factories.make_lesson(course=course)
    shown = factories.make_assessment(lesson=lesson, time_limit=30)
    questions = [
        factories.multiple_response(shown, points=3),
        factories.true_false(shown),
        factories.short_answer(shown, "Tea", points=2),
        factories.matching(shown, {"1": "one", "2": "two"}, "three", points=3),
        factories.fill_blank(shown, {"a": ["x"], "b": ["y"]}, points=2),
        factories.essay(shown, points=4),
        factories.short_answer(shown, "Coffee"),
    ]
    done = factories.make_attempt(learner, shown)
    factories.pick(done, questions[0], "a")
    factories.pick(done, questions[1])
    factories.answer(done, questions[2], {"text": 'Say "te\\a"\n☕ % {}'})
    answers = list(questions[3].answers.order_by("pk"))
    factories.answer(
        done,
        questions[3],
        {"matches": {str(answers[0].pk): answers[0].pk, str(answers[1].pk): answers[2].pk}},
    )
    factories.answer(done, questions[4], {"blanks": {"b": "y", "a": "\u200b"}}, is_flagged=True)
    written = factories.answer(done, questions[5], {"text": "Thoughts."})
    factories.answer(done, questions[6], {"text": " \u2003"})
    done.complete()
    for points in (1, 3):
        grading.grade_answer(grader=teacher, task_id=written.pk, points=points, feedback=f"{points} points")

    unseen = factories.make_assessment(lesson=factories.make_lesson(course=course), show_results=False)
    choice = factories.single_choice(unseen)
    factories.essay(unseen)
    hidden = factories.make_attempt(learner, unseen)
    factories.pick(hidden, choice, "right")
    hidden.complete()
    factories.make_attempt(other, shown)
    waiting = factories.make_attempt(other, unseen)
    factories.answer(waiting, unseen.questions.get(order=2), {"text": "An essay"})
    waiting.complete()

    elsewhere = factories.make_assessment()
    factories.single_choice(elsewhere)
    return Scene(
        learner,
        other,
        teacher,
        factories.make_user(),
        staff,
        done,
        hidden,
        factories.make_completed_attempt(learner, elsewhere),
    )


def by_id(lines: list[dict[str, Any]], kind: str) -> dict[str, dict[str, Any]]:
    found = {line["id"]: line for line in lines if line["type"] == kind}
    assert len(found) == sum(line["type"] == kind for line in lines)
    return found


ATTEMPT = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on AssessmentAttempt {
  id assessment { id lesson { course { id } } } learner { id } attemptNumber state gradingState revision startedAt
  deadlineAt endedAt endedBy timeTakenSeconds resultsVisible score exactScore maxScore scorePercentage isPassed
  gradeChanges { question reason changedBy { id } changedAt oldCredit newCredit oldPoints newPoints }
  questions { question position response { choices text matches { prompt match } blanks { key text } } answeredAt
    revision isFlagged
    result { correctness isCorrect credit pointsEarned exactPoints feedback gradedBy { id } } } } } }"""


def attempts_in_api(api: Api, viewer: User) -> list[dict[str, Any]]:
    """Attempts as the API shows all of them to a viewer."""
    all_ids = [
        ids.encode("AssessmentAttempt", pk) for pk in AssessmentAttempt.objects.values_list("pk", flat=True)
    ]
    nodes = api(ATTEMPT, viewer=viewer, ids=all_ids)["nodes"]
    return [node for node in nodes if node is not None]


def attempt_line(node: dict[str, Any]) -> dict[str, Any]:
    shown = {
        name: value
        for name, value in node.items()
        if name not in ("assessment", "learner", "questions", "gradeChanges")
    }
    return shown | {
        "type": "attempt",
        "assessmentId": node["assessment"]["id"],
        "courseId": node["assessment"]["lesson"]["course"]["id"],
        "learnerId": node["learner"]["id"],
    }


def filled(response: dict[str, Any] | None) -> dict[str, Any] | None:
    return response and {name: value for name, value in response.items() if value is not None}


VIEWERS = ["learner", "other", "teacher", "stranger", "staff"]


@pytest.mark.parametrize("name", VIEWERS)
def test_attempts_and_responses_are_those_that_the_api_shows(api: Api, scene: Scene, name: str) -> None:
    viewer = getattr(scene, name)
    lines = lines_for(viewer, ExportKind.RESPONSES)
    shown = attempts_in_api(api, viewer)

    assert by_id(lines, "attempt") == {node["id"]: attempt_line(node) for node in shown}
    assert lines_for(viewer, ExportKind.ATTEMPTS) == [line for line in lines if line["type"] == "attempt"]
    stored = {
        (row.attempt_id, row.question_id): ids.encode("GradingTask", row.pk)
        for row in AttemptAnswer.objects.all()
    }
    expected = {}
    for node in shown:
        for question in node["questions"]:
            key = (ids.pk(node["id"], "AssessmentAttempt"), ids.pk(question["question"], "Question"))
            if key in stored:
                expected[stored[key]] = {
                    "type": "response",
                    "id": stored[key],
                    "attemptId": node["id"],
                    "questionId": question["question"],
                    "response": filled(question["response"]),
                    **{part: question[part] for part in ("position", "answeredAt", "revision", "isFlagged")},
                }
    assert by_id(lines, "response") == expected


@pytest.mark.parametrize("name", VIEWERS)
def test_grades_and_their_changes_are_those_that_the_api_shows(api: Api, scene: Scene, name: str) -> None:
    viewer = getattr(scene, name)
    lines = lines_for(viewer, ExportKind.GRADES)
    shown = attempts_in_api(api, viewer)

    assert by_id(lines, "attempt") == {node["id"]: attempt_line(node) for node in shown}
    expected = {}
    for node in shown:
        for question in node["questions"]:
            result = question["result"]
            answered = AttemptAnswer.objects.filter(
                attempt=ids.pk(node["id"], "AssessmentAttempt"),
                question=ids.pk(question["question"], "Question"),
            ).first()
            if result is not None and answered is not None:
                expected[ids.encode("GradingTask", answered.pk)] = {
                    "type": "grade",
                    "id": ids.encode("GradingTask", answered.pk),
                    "attemptId": node["id"],
                    "questionId": question["question"],
                    "gradedById": result["gradedBy"] and result["gradedBy"]["id"],
                    **{part: value for part, value in result.items() if part != "gradedBy"},
                }
    assert by_id(lines, "grade") == expected
    changes = [line for line in lines if line["type"] == "gradeChange"]
    for line in changes:
        line.pop("id")
    assert sorted(changes, key=itemgetter("changedAt")) == [
        {
            "type": "gradeChange",
            "attemptId": node["id"],
            "questionId": change["question"],
            "changedById": change["changedBy"]["id"],
            **{part: value for part, value in change.items() if part not in ("question", "changedBy")},
        }
        for node in shown
        for change in node["gradeChanges"] or ()
    ]
    assert len(changes) == (2 if name in ("teacher", "staff") else 0)


def test_the_scene_has_every_correctness(scene: Scene) -> None:
    grades = by_id(lines_for(scene.staff, ExportKind.GRADES), "grade").values()

    assert {grade["correctness"] for grade in grades} == {
        "CORRECT",
        "PARTIAL",
        "INCORRECT",
        "UNANSWERED",
        "PENDING",
    }


def test_results_that_are_not_shown_yet_are_in_no_line_for_the_learner(scene: Scene) -> None:
    lines = lines_for(scene.learner, ExportKind.GRADES)

    hidden = ids.encode("AssessmentAttempt", scene.hidden.pk)
    [attempt] = [line for line in lines if line["id"] == hidden]
    assert [attempt[part] for part in ("score", "exactScore", "scorePercentage", "isPassed")] == [None] * 4
    assert not [line for line in lines if line.get("attemptId") == hidden]


KEY = {"isCorrect", "explanation", "solution", "matchText", "answers", "tolerance"}


@pytest.mark.parametrize("kind", [kind for kind in ExportKind if kind is not ExportKind.GRADES])
def test_no_line_holds_a_key(scene: Scene, kind: ExportKind) -> None:
    for viewer in (scene.learner, scene.staff):
        for line in lines_for(viewer, kind):
            assert not KEY & line.keys()


@pytest.mark.parametrize("name", VIEWERS)
def test_enrollments_are_those_that_the_api_shows(api: Api, scene: Scene, name: str) -> None:
    viewer = getattr(scene, name)
    Enrollment.objects.filter(user=scene.other).update(
        status="completed", completed_date=NOON, progress_percentage="66.60"
    )
    all_ids = [ids.encode("Enrollment", pk) for pk in Enrollment.objects.values_list("pk", flat=True)]
    nodes = api(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Enrollment { "
        "id course { id } user { id } status progressPercentage enrolledAt completedAt } } }",
        viewer=viewer,
        ids=all_ids,
    )["nodes"]

    assert by_id(lines_for(viewer, ExportKind.ENROLLMENTS), "enrollment") == {
        node["id"]: {part: value for part, value in node.items() if part not in ("course", "user")}
        | {"type": "enrollment", "courseId": node["course"]["id"], "userId": node["user"]["id"]}
        for node in nodes
        if node is not None
    }


@pytest.mark.parametrize("name", VIEWERS)
def test_reviews_are_those_that_the_api_shows(api: Api, scene: Scene, name: str) -> None:
    viewer = getattr(scene, name)
    course = scene.done.assessment.lesson.course
    factories.make_review(scene.learner, course, content='Line\nand "quotes" \\ 100 %')
    factories.make_review(scene.other, course, is_approved=False, moderation_notes="Hm.")
    nodes = api(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Review { id course { id } author { id } rating title content "
        "helpfulCount isVerifiedPurchase isApproved isFeatured moderationNotes createdAt updatedAt } } }",
        viewer=viewer,
        ids=[ids.encode("Review", pk) for pk in Review.objects.values_list("pk", flat=True)],
    )["nodes"]

    assert by_id(lines_for(viewer, ExportKind.REVIEWS), "review") == {
        node["id"]: {part: value for part, value in node.items() if part not in ("course", "author")}
        | {"type": "review", "courseId": node["course"]["id"], "authorId": node["author"]["id"]}
        for node in nodes
        if node is not None
    }


@pytest.mark.parametrize("name", VIEWERS)
def test_activity_is_the_viewers_own(api: Api, scene: Scene, name: str) -> None:
    viewer = getattr(scene, name)
    course, draft = scene.done.assessment.lesson.course, factories.make_course(is_published=False)
    for person in (scene.learner, scene.teacher, scene.stranger):
        factories.make_activity(person, course=course, data={"time_spent": 60, "more": ["a", None, 1.5]})
        factories.make_activity(person, course=draft, at=NOON)
        factories.make_activity(
            person,
            activity_type=ActivityType.TAKE_QUIZ,
            lesson=scene.done.assessment.lesson,
            assessment=scene.done.assessment,
            resource=factories.make_resource(lesson=scene.done.assessment.lesson),
        )
    nodes = api(
        "query($ids: [ID!]!) { nodes(ids: $ids) { ... on UserActivity { "
        "id type course { id } lesson { id } resource { id } assessment { id } data createdAt } } }",
        viewer=viewer,
        ids=[ids.encode("UserActivity", pk) for pk in UserActivity.objects.values_list("pk", flat=True)],
    )["nodes"]

    parts = ("course", "lesson", "resource", "assessment")
    assert by_id(lines_for(viewer, ExportKind.ACTIVITY), "activity") == {
        node["id"]: {
            "type": "activity",
            "id": node["id"],
            "activityType": node["type"],
            "data": node["data"],
            "createdAt": node["createdAt"],
            **{f"{part}Id": node[part] and node[part]["id"] for part in parts},
        }
        for node in nodes
        if node is not None
    }


def test_a_course_and_a_moment_narrow_it_to_attempts_with_all_that_belongs_to_them(scene: Scene) -> None:
    def attempts(**narrowed: Any) -> set[int | None]:
        lines = lines_for(scene.staff, ExportKind.RESPONSES, **narrowed)
        kept = {line["id"] for line in lines if line["type"] == "attempt"}
        assert {line["attemptId"] for line in lines if line["type"] == "response"} <= kept
        return {ids.pk(each, "AssessmentAttempt") for each in kept}

    everything = set(AssessmentAttempt.objects.values_list("pk", flat=True))
    assert attempts(course_id=scene.course_id) == everything - {scene.elsewhere.pk}

    long_ago = timezone.now() - timedelta(days=3)
    AssessmentAttempt.objects.update(updated_date=long_ago)
    AttemptAnswer.objects.update(updated_date=long_ago)
    since = long_ago + timedelta(days=1)
    assert attempts(changed_since=since) == set()
    AttemptAnswer.objects.filter(pk=scene.elsewhere.answers.get().pk).update(updated_date=since)
    AssessmentAttempt.objects.filter(pk=scene.done.pk).update(updated_date=since)
    assert attempts(changed_since=since) == {scene.done.pk, scene.elsewhere.pk}
    assert len(lines_for(scene.staff, ExportKind.RESPONSES, changed_since=since)) == 2 + 7 + 1
