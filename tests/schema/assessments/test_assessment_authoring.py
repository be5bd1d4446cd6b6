"""Writing assessments and questions through the API, as every kind of person sends it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, Question
from schema.core.ids import encode
from tests import factories
from tests.operations import operation

CHOICE = {
    "type": "MULTIPLE_CHOICE",
    "text": "Which is a leaf?",
    "points": 2,
    "explanation": "Tea is.",
    "answers": [{"text": "Tea", "isCorrect": True, "explanation": "Yes."}, {"text": "Coffee"}],
}
BLANKS = {
    "type": "FILL_BLANK",
    "text": "Pi is about [[pi]].",
    "answers": [
        {
            "text": "3.14",
            "isCorrect": True,
            "blankKey": "pi",
            "textMatch": "NUMERIC",
            "tolerance": "0.005",
            "credit": "0.5",
        }
    ],
}
MATCHING = {"type": "MATCHING", "text": "Match.", "answers": [{"text": "cat", "matchText": "miaow"}]}


@pytest.fixture
def assessment(course):
    return factories.make_assessment(lesson=factories.make_lesson(course=course), title="Leaves")


def asked(assessment) -> dict[str, tuple[str, dict]]:
    """Every way to write, with input that would be carried out."""
    first, second, third = (factories.essay(assessment) for _ in range(3))
    lesson = factories.make_lesson(course=assessment.lesson.course)
    one = factories.make_assessment(lesson=factories.make_lesson(course=assessment.lesson.course))
    assessment_id = encode("Assessment", assessment.pk)
    order = [encode("Question", question.pk) for question in (third, second, first)]
    return {
        "createAssessment": ("create_assessment", {"lessonId": encode("Lesson", lesson.pk), "title": "New"}),
        "updateAssessment": ("update_assessment", {"assessmentId": assessment_id, "title": "New"}),
        "deleteAssessment": ("delete_assessment", {"assessmentId": encode("Assessment", one.pk)}),
        "createQuestion": ("create_question", {"assessmentId": assessment_id, "question": CHOICE}),
        "updateQuestion": ("update_question", {"questionId": order[2], "question": CHOICE}),
        "reorderQuestions": (
            "reorder_questions",
            {"assessmentId": assessment_id, "questionIds": order},
        ),
        "deleteQuestion": ("delete_question", {"questionId": order[0]}),
    }


def everything_stored() -> list:
    return [list(model.objects.order_by("pk").values()) for model in (Assessment, Question)]


@pytest.mark.parametrize("who", ["learner", "learner_elsewhere", "instructor_elsewhere"])
def test_people_who_do_not_teach_the_course_write_nothing(api, people, assessment, who):
    writes = asked(assessment)
    before = everything_stored()
    for field, (name, values) in writes.items():
        payload = api(operation(name), viewer=people[who], input=values)[field]
        hidden = field in {"updateQuestion", "deleteQuestion"}
        code = "NOT_FOUND" if hidden else "PERMISSION_DENIED"
        assert [error["code"] for error in payload["userErrors"]] == [code], field
    assert everything_stored() == before


@pytest.mark.parametrize("who", ["instructor", "moderator", "admin"])
def test_the_staff_of_the_course_write_everything(api, people, assessment, who):
    reordered: list[str] = []
    for field, (name, values) in asked(assessment).items():
        if field == "reorderQuestions":
            created = assessment.questions.order_by("order").last()
            assert created is not None
            values["questionIds"].append(encode("Question", created.pk))
            reordered = values["questionIds"]
        payload = api(operation(name), viewer=people[who], input=values)[field]
        assert payload["userErrors"] == [], field
    left = assessment.questions.order_by("order").values_list("pk", flat=True)
    assert [encode("Question", pk) for pk in left] == reordered[1:]


@pytest.mark.parametrize("name", ["create_assessment", "create_question", "update_question"])
def test_nobody_writes_without_signing_in(api, assessment, name):
    values = next(values for written, values in asked(assessment).values() if written == name)
    before = everything_stored()
    assert api(operation(name), input=values).codes == ["UNAUTHENTICATED"]
    assert everything_stored() == before


def test_an_assessment_comes_back_as_it_was_written(api, people, course):
    lesson = factories.make_lesson(course=course)
    settings = {
        "title": "Leaves",
        "description": "Slowly.",
        "passingScore": 80,
        "maxAttempts": 3,
        "timeLimitMinutes": 30,
        "randomizeQuestions": True,
        "showResults": False,
        "showCorrectAnswers": False,
    }
    values = settings | {"lessonId": encode("Lesson", lesson.pk), "questions": [CHOICE, BLANKS, MATCHING]}
    payload = api(operation("create_assessment"), viewer=people["instructor"], input=values)[
        "createAssessment"
    ]
    assert payload["userErrors"] == []
    created = payload["assessment"]
    assert {name: created[name] for name in settings} == settings
    assert (created["questionCount"], created["maxScore"]) == (3, 4)
    choice, blanks, _ = created["questions"]
    assert {name: choice[name] for name in ("type", "text", "points", "explanation")} == {
        name: CHOICE[name] for name in ("type", "text", "points", "explanation")
    }
    assert [(a["text"], a["isCorrect"], a["explanation"], a["credit"]) for a in choice["answers"]] == [
        ("Tea", True, "Yes.", "1"),
        ("Coffee", False, "", "0"),
    ]
    (blank,) = blanks["answers"]
    assert (blank["blankKey"], blank["textMatch"]) == ("pi", "NUMERIC")
    assert (blank["tolerance"], blank["credit"]) == ("0.0050000000", "0.5000")
    assert created["problems"] == ["Question 3: Add at least two answers with a match."]


def test_what_can_never_be_right_is_named_by_its_path_and_nothing_is_written(api, people, course):
    lesson = factories.make_lesson(course=course)
    three = [{"text": text, "isCorrect": text == "True"} for text in ("True", "False", "Perhaps")]
    unpaired = MATCHING | {"answers": [{"text": "cat", "matchText": "miaow"}, {"text": "dog"}]}
    questions = [CHOICE, {"type": "TRUE_FALSE", "text": "Is it?", "answers": three}, unpaired]
    values = {"lessonId": encode("Lesson", lesson.pk), "title": "L", "questions": questions}
    payload = api(operation("create_assessment"), viewer=people["instructor"], input=values)[
        "createAssessment"
    ]
    assert payload["assessment"] is None
    assert {(error["code"], tuple(error["field"])) for error in payload["userErrors"]} == {
        ("INVALID", ("title",)),
        ("INVALID", ("questions", "1", "answers")),
        ("INVALID", ("questions", "2", "answers", "1", "matchText")),
    }
    assert not Assessment.objects.exists()


def test_no_time_limit_is_null_on_the_way_in_and_out(api, people, assessment):
    Assessment.objects.update(time_limit=20)
    values = {"assessmentId": encode("Assessment", assessment.pk), "timeLimitMinutes": None}
    payload = api(operation("update_assessment"), viewer=people["instructor"], input=values)
    assert payload["updateAssessment"]["assessment"]["timeLimitMinutes"] is None
    assessment.refresh_from_db()
    assert (assessment.time_limit, assessment.title) == (0, "Leaves")


def test_a_setting_cannot_be_emptied(api, people, assessment):
    values = {"assessmentId": encode("Assessment", assessment.pk), "passingScore": None}
    payload = api(operation("update_assessment"), viewer=people["instructor"], input=values)
    (error,) = payload["updateAssessment"]["userErrors"]
    assert (error["code"], error["field"]) == ("REQUIRED", ["passingScore"])


def test_a_question_without_answers_in_the_input_keeps_its_key(api, people, assessment):
    question = factories.single_choice(assessment, explanation="Because.")
    values = {
        "questionId": encode("Question", question.pk),
        "question": {"type": "MULTIPLE_CHOICE", "text": "New?", "points": 2},
    }
    payload = api(operation("update_question"), viewer=people["instructor"], input=values)["updateQuestion"]
    assert payload["userErrors"] == []
    changed = payload["question"]
    assert (changed["text"], changed["points"], changed["explanation"]) == ("New?", 2, "Because.")
    assert [answer["text"] for answer in changed["answers"]] == ["right", "wrong"]


def test_what_learners_have_used_is_refused_as_in_use(api, people, assessment):
    question = factories.single_choice(assessment)
    factories.pick(factories.make_attempt(people["learner"], assessment), question, "right")
    question_id, assessment_id = encode("Question", question.pk), encode("Assessment", assessment.pk)
    without = CHOICE | {"answers": [{"text": "right", "isCorrect": True}]}
    refused = [
        ("deleteQuestion", "delete_question", {"questionId": question_id}, ["questionId"]),
        ("deleteAssessment", "delete_assessment", {"assessmentId": assessment_id}, ["assessmentId"]),
        (
            "updateQuestion",
            "update_question",
            {"questionId": question_id, "question": {"type": "ESSAY", "text": "Why?"}},
            ["question", "type"],
        ),
        (
            "updateQuestion",
            "update_question",
            {"questionId": question_id, "question": without},
            ["question", "answers"],
        ),
    ]
    before = everything_stored()
    for field, name, values, path in refused:
        (error,) = api(operation(name), viewer=people["instructor"], input=values)[field]["userErrors"]
        assert (error["code"], error["field"]) == ("QUESTION_IN_USE", path)
    assert everything_stored() == before


def test_an_id_that_is_no_question_is_named_by_its_place(api, people, assessment):
    question = factories.essay(assessment)
    ids = [encode("Question", question.pk), encode("Answer", question.pk)]
    values = {"assessmentId": encode("Assessment", assessment.pk), "questionIds": ids}
    payload = api(operation("reorder_questions"), viewer=people["instructor"], input=values)
    (error,) = payload["reorderQuestions"]["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["questionIds", "1"])


@pytest.mark.parametrize("who", ["learner", "instructor_elsewhere", "moderator", "anonymous"])
def test_only_staff_read_what_keeps_an_assessment_from_being_started(api, people, assessment, who):
    document = "query Problems($id: ID!) { assessment(id: $id) { problems } }"
    answered = api(document, viewer=people[who], id=encode("Assessment", assessment.pk))["assessment"]
    assert answered["problems"] == (["Add at least one question."] if who == "moderator" else None)


def test_writing_costs_the_same_number_of_statements_for_1_and_for_20_questions(api, people, course):
    counted = []
    for size in (1, 20):
        lesson = factories.make_lesson(course=course)
        values = {"lessonId": encode("Lesson", lesson.pk), "title": "Leaves", "questions": [CHOICE] * size}
        with CaptureQueriesContext(connection) as statements:
            api(operation("create_assessment"), viewer=people["instructor"], input=values)
        created = lesson.assessment
        order = [encode("Question", pk) for pk in created.questions.values_list("pk", flat=True)]
        values = {"assessmentId": encode("Assessment", created.pk), "questionIds": order[::-1]}
        with CaptureQueriesContext(connection) as more:
            api(operation("reorder_questions"), viewer=people["instructor"], input=values)
        counted.append((len(statements), len(more)))
    assert counted[0] == counted[1]


def test_editing_costs_the_same_number_of_statements_for_2_and_for_20_answers(api, people, assessment):
    counted = []
    for size in (2, 20):
        question = factories.single_choice(assessment, wrong=tuple(f"w{place}" for place in range(size)))
        answers = [{"text": f"edited {place}", "isCorrect": place == 0} for place in range(size)]
        values = {"questionId": encode("Question", question.pk), "question": CHOICE | {"answers": answers}}
        with CaptureQueriesContext(connection) as statements:
            api(operation("update_question"), viewer=people["instructor"], input=values)
        counted.append(len(statements))
    assert counted[0] == counted[1]
