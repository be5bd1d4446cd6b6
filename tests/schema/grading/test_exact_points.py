"""Exact points and scores as clients see them, weighted picks, and the decimal comma of a course."""

from typing import Any

import pytest

from courses.constants import ScoringPolicy
from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, Course, Question, User
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People
from tests.taking import Api

ATTEMPT = """query ($id: ID!) { attempt(id: $id) {
  score exactScore maxScore scorePercentage isPassed
  questions { result { credit pointsEarned exactPoints } }
} }"""
OWN = """{ viewer { attempts { edges { node { score exactScore scorePercentage isPassed
  assessment { viewerAttempts { best { exactScore } } } } } } } }"""


@pytest.fixture
def assessment(course: Course) -> Assessment:
    """One point, for one choice whose wrong answers earn something; half of it passes."""
    assessment = factories.make_assessment(
        lesson=factories.make_lesson(course=course), passing_score=60, max_attempts=9
    )
    factories.single_choice(assessment, wrong=("half", "almost", "nothing"), points=1)
    for text, credit in (("half", "0.5"), ("almost", "0.5996")):
        Answer.objects.filter(answer_text=text).update(credit=credit)
    return assessment


@pytest.fixture
def learner(people: People) -> User:
    return people["learner"]


def _taken(learner: User, assessment: Assessment, text: str) -> AssessmentAttempt:
    attempt = factories.make_attempt(learner, assessment)
    factories.pick(attempt, assessment.questions.get(), text)
    attempt.complete()
    return attempt


def _shown(api: Api, viewer: User, attempt: AssessmentAttempt) -> dict[str, Any]:
    shown: dict[str, Any] = api(ATTEMPT, viewer, id=ids.encode("AssessmentAttempt", attempt.pk))["attempt"]
    return shown


def test_half_of_one_point_is_half_of_everything(api: Api, learner: User, assessment: Assessment) -> None:
    assert _shown(api, learner, _taken(learner, assessment, "half")) == {
        "score": 1,
        "exactScore": "0.5",
        "maxScore": 1,
        "scorePercentage": "50.00",
        "isPassed": False,
        "questions": [{"result": {"credit": "0.5", "pointsEarned": 1, "exactPoints": "0.5"}}],
    }


def test_a_percentage_that_is_rounded_to_the_pass_mark_does_not_pass(
    api: Api, learner: User, assessment: Assessment
) -> None:
    """400 and 199.96 of 1,000 points are 59.996 percent."""
    Answer.objects.filter(answer_text="almost").update(credit="0.4999")
    Question.objects.update(points=400)
    one = factories.single_choice(assessment, points=400)
    factories.single_choice(assessment, points=200)
    attempt = factories.make_attempt(learner, assessment)
    factories.pick(attempt, assessment.questions.get(order=1), "almost")
    factories.pick(attempt, one, "right")
    attempt.complete()
    shown = _shown(api, learner, attempt)
    assert (shown["exactScore"], shown["scorePercentage"], shown["isPassed"]) == ("599.96", "60.00", False)


def test_the_list_and_the_best_attempt_count_exact_scores(
    api: Api, learner: User, assessment: Assessment
) -> None:
    for text in ("half", "almost", "nothing"):
        _taken(learner, assessment, text)
    nodes = [edge["node"] for edge in api(OWN, learner)["viewer"]["attempts"]["edges"]]
    assert [(node["score"], node["exactScore"], node["scorePercentage"]) for node in nodes] == [
        (0, "0", "0.00"),
        (1, "0.5996", "59.96"),
        (1, "0.5", "50.00"),
    ]
    assert {node["assessment"]["viewerAttempts"]["best"]["exactScore"] for node in nodes} == {"0.5996"}


def test_the_best_of_equal_percentages_is_the_one_with_more(
    api: Api, learner: User, assessment: Assessment
) -> None:
    first, second = (_taken(learner, assessment, "half") for _ in range(2))
    AssessmentAttempt.objects.filter(pk=first.pk).update(exact_score="0.50001")
    AssessmentAttempt.objects.filter(pk=second.pk).update(exact_score="0.50002")
    [best, _] = [edge["node"] for edge in api(OWN, learner)["viewer"]["attempts"]["edges"]]
    assert best["scorePercentage"] == "50.00"
    assert best["assessment"]["viewerAttempts"]["best"] == {"exactScore": "0.50002"}


def test_exact_numbers_are_null_as_long_as_whole_ones_are(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = factories.make_attempt(learner, assessment)
    factories.answer(attempt, factories.essay(assessment), {"text": "Because."})
    shown = _shown(api, learner, attempt)
    assert (shown["score"], shown["exactScore"], shown["questions"]) == (None, None, [{"result": None}])
    attempt.complete()
    shown = _shown(api, learner, attempt)
    assert (shown["score"], shown["exactScore"], shown["scorePercentage"]) == (None, None, None)
    Assessment.objects.update(show_results=False)
    AttemptAnswer.objects.update(credit=1, exact_points=1, points_earned=1, is_correct=True)
    assert _shown(api, learner, attempt)["exactScore"] is None
    assert _shown(api, assessment.lesson.course.instructors.get(), attempt)["exactScore"] == "0"


def test_what_an_earlier_version_graded_counts_as_it_was_graded(
    api: Api, learner: User, assessment: Assessment
) -> None:
    attempt = _taken(learner, assessment, "half")
    AttemptAnswer.objects.update(exact_points=None)
    AssessmentAttempt.objects.update(exact_score=None)
    shown = _shown(api, learner, attempt)
    assert (shown["exactScore"], shown["scorePercentage"]) == ("1", "100.00")
    assert shown["questions"] == [{"result": {"credit": "0.5", "pointsEarned": 1, "exactPoints": "0.5"}}]


def test_a_preview_of_a_regrade_shows_what_whole_points_hide(
    api: Api, people: People, assessment: Assessment
) -> None:
    attempt = _taken(people["learner"], assessment, "half")
    Answer.objects.filter(answer_text="half").update(credit="0.75")
    document = """mutation ($id: ID!) { previewRegrade(input: {assessmentId: $id, policy: EXACT}) { changes {
      oldScore newScore oldExactScore newExactScore wasPassed isPassed passFlips } } }"""
    payload = api(document, people["instructor"], id=ids.encode("Assessment", assessment.pk))[
        "previewRegrade"
    ]
    assert payload["changes"] == [
        {
            "oldScore": 1,
            "newScore": 1,
            "oldExactScore": "0.5",
            "newExactScore": "0.75",
            "wasPassed": False,
            "isPassed": True,
            "passFlips": True,
        }
    ]
    attempt.refresh_from_db()
    assert (str(attempt.exact_score), attempt.is_passed) == ("0.500000000000000000", False)


# ---------------------------------------------------------------- weighted picks

WEIGHTED: dict[str, Any] = {
    "type": "MULTIPLE_CHOICE",
    "text": "Which?",
    "points": 1,
    "scoring": "WEIGHTED",
    "answers": [
        {"text": "a", "isCorrect": True, "credit": "0.75"},
        {"text": "b", "isCorrect": True, "credit": "0.25"},
        {"text": "c", "credit": "-0.5"},
    ],
}
UNCOUNTED = WEIGHTED | {"scoring": "EVERY_DECISION"}


def test_weighted_picks_are_tried_written_and_shown(api: Api, people: People, assessment: Assessment) -> None:
    picks = [["0", "1"], ["0"], ["0", "2"], ["2"]]
    asked = {"question": WEIGHTED, "responses": [{"choices": picked} for picked in picks]}
    results = api(operation("try_grade"), people["instructor"], input=asked)["tryGrade"]["results"]
    assert [(each["credit"], each["exactPoints"], each["pointsEarned"]) for each in results] == [
        ("1", "1", 1),
        ("0.75", "0.75", 1),
        ("0.25", "0.25", 0),
        ("0", "0", 0),
    ]
    written = {"assessmentId": ids.encode("Assessment", assessment.pk), "question": WEIGHTED}
    document = """mutation ($input: CreateQuestionInput!) { createQuestion(input: $input) {
      question { scoring answers { text credit } } userErrors { code } } }"""
    payload = api(document, people["instructor"], input=written)["createQuestion"]
    assert payload == {
        "question": {
            "scoring": "WEIGHTED",
            "answers": [
                {"text": "a", "credit": "0.7500"},
                {"text": "b", "credit": "0.2500"},
                {"text": "c", "credit": "-0.5000"},
            ],
        },
        "userErrors": [],
    }


def _ways_to_write(
    assessment: Assessment, question: dict[str, Any]
) -> dict[str, tuple[dict[str, Any], list[str]]]:
    """Each mutation that takes a question, with its input and the path of the question in it."""
    stored = ids.encode("Question", assessment.questions.get().pk)
    lesson = factories.make_lesson(course=assessment.lesson.course)
    return {
        "createQuestion": (
            {"assessmentId": ids.encode("Assessment", assessment.pk), "question": question},
            ["question"],
        ),
        "updateQuestion": ({"questionId": stored, "question": question}, ["question"]),
        "createAssessment": (
            {"lessonId": ids.encode("Lesson", lesson.pk), "title": "New", "questions": [question]},
            ["questions", "0"],
        ),
        "tryGrade": ({"question": question, "responses": []}, ["question"]),
    }


WAYS = ("createQuestion", "updateQuestion", "createAssessment", "tryGrade")


def _refused(api: Api, people: People, name: str, asked: dict[str, Any]) -> list[tuple[str, list[str]]]:
    input_type = f"{name[0].upper()}{name[1:]}Input!"
    document = f"""mutation ($input: {input_type}) {{
      {name}(input: $input) {{ userErrors {{ code field message }} }} }}"""
    errors = api(document, people["instructor"], input=asked)[name]["userErrors"]
    assert all("WEIGHTED" in error["message"] for error in errors)
    return [(error["code"], error["field"]) for error in errors]


def _everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in (Assessment, Question, Answer)]


@pytest.mark.parametrize("name", WAYS)
def test_credits_of_several_picks_are_refused_under_policies_that_ignore_them(
    api: Api, people: People, assessment: Assessment, name: str
) -> None:
    asked, path = _ways_to_write(assessment, UNCOUNTED)[name]
    before = _everything()
    credit = [[*path, "answers", place, "credit"] for place in ("0", "1", "2")]
    assert sorted(_refused(api, people, name, asked)) == sorted(("INVALID", field) for field in credit)
    assert _everything() == before


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize(
    "question",
    [
        pytest.param(
            {"type": "SHORT_ANSWER", "text": "?", "answers": [{"text": "x", "credit": "-1"}]}, id="a text"
        ),
        pytest.param(
            WEIGHTED | {"answers": [{"text": "a", "isCorrect": True, "credit": "-1"}, {"text": "b"}]},
            id="a right choice",
        ),
        pytest.param(
            {
                "type": "MULTIPLE_CHOICE",
                "text": "?",
                "answers": [{"text": "a", "credit": "-0.5"}, {"text": "b"}],
            },
            id="no weights",
        ),
    ],
)
def test_a_credit_below_nothing_is_refused_where_it_would_be_ignored(
    api: Api, people: People, assessment: Assessment, name: str, question: dict[str, Any]
) -> None:
    asked, path = _ways_to_write(assessment, question)[name]
    before = _everything()
    assert _refused(api, people, name, asked) == [("INVALID", [*path, "answers", "0", "credit"])]
    assert _everything() == before


def test_a_policy_that_ignores_stored_credits_cannot_be_chosen(
    api: Api, people: People, assessment: Assessment
) -> None:
    question = factories.multiple_response(assessment, scoring=ScoringPolicy.WEIGHTED)
    question.answers.filter(answer_text="a").update(credit="0.4")
    asked = {
        "questionId": ids.encode("Question", question.pk),
        "question": {"type": "MULTIPLE_CHOICE", "text": "Which?", "scoring": "ALL_OR_NOTHING"},
    }
    assert _refused(api, people, "updateQuestion", asked) == [
        ("INVALID", ["question", "answers", "0", "credit"])
    ]
    question.refresh_from_db()
    assert question.scoring == ScoringPolicy.WEIGHTED


# ---------------------------------------------------------------- decimal comma


def test_a_course_accepts_a_decimal_comma_if_its_author_says_so(
    api: Api, people: People, course: Course
) -> None:
    document = """mutation ($input: UpdateCourseInput!) { updateCourse(input: $input) {
      course { decimalComma } userErrors { code } } }"""
    course_id = ids.encode("Course", course.pk)
    assert api("query ($id: ID!) { course(id: $id) { decimalComma } }", id=course_id)["course"] == {
        "decimalComma": False
    }
    asked = {"courseId": course_id, "decimalComma": True}
    assert api(document, people["learner"], input=asked)["updateCourse"]["userErrors"] == [
        {"code": "PERMISSION_DENIED"}
    ]
    assert api(document, people["instructor"], input=asked)["updateCourse"]["course"] == {
        "decimalComma": True
    }
    made = {"title": "Zahlen", "slug": "zahlen", "decimalComma": True}
    document = """mutation ($input: CreateCourseInput!) { createCourse(input: $input) {
      course { decimalComma } } }"""
    assert api(document, factories.make_staff(), input=made)["createCourse"]["course"] == {
        "decimalComma": True
    }


@pytest.mark.parametrize(("decimal_comma", "credit"), [(True, "1"), (False, "0")])
def test_a_key_is_tried_with_and_without_a_decimal_comma(
    api: Api, people: People, decimal_comma: bool, credit: str
) -> None:
    question = {
        "type": "SHORT_ANSWER",
        "text": "Pi?",
        "answers": [{"text": "3.14", "isCorrect": True, "textMatch": "NUMERIC"}],
    }
    asked = {"question": question, "responses": [{"text": "3,14"}], "decimalComma": decimal_comma}
    [result] = api(operation("try_grade"), people["instructor"], input=asked)["tryGrade"]["results"]
    assert result["credit"] == credit
