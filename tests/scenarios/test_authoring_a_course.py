"""An instructor writes a course from nothing, through the API alone, until a learner can take it."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission

from tests import factories
from tests.operations import operation

QUESTIONS: list[dict[str, Any]] = [
    {
        "type": "MULTIPLE_CHOICE",
        "text": "Which are made of leaves?",
        "points": 2,
        "answers": [
            {"text": "Green tea", "isCorrect": True},
            {"text": "Black tea", "isCorrect": True},
            {"text": "Coffee"},
        ],
    },
    {
        "type": "TRUE_FALSE",
        "text": "Black tea is oxidised.",
        "answers": [{"text": "False"}, {"text": "True", "isCorrect": True}],
    },
    {
        "type": "SHORT_ANSWER",
        "text": "Whose leaves?",
        "answers": [{"text": "Camellia*", "textMatch": "WILDCARD", "credit": "0"}],
    },
    {
        "type": "MATCHING",
        "text": "Where does it grow?",
        "answers": [
            {"text": "Assam", "matchText": "India"},
            {"text": "Uji", "matchText": "Japan"},
            {"text": "", "matchText": "Peru"},
        ],
    },
    {
        "type": "FILL_BLANK",
        "text": "Steep green tea at [[degrees]] degrees.",
        "answers": [
            {
                "text": "70",
                "isCorrect": True,
                "blankKey": "degrees",
                "textMatch": "NUMERIC",
                "tolerance": "10",
            }
        ],
    },
    {"type": "ESSAY", "text": "Why does it turn bitter?", "points": 5},
]


@pytest.fixture
def instructor(db):
    instructor = factories.make_user()
    instructor.user_permissions.add(Permission.objects.get(codename="add_course"))
    return instructor


def test_an_instructor_writes_a_course_and_a_learner_takes_it(api, instructor):
    learner = factories.make_user()

    def done(name: str, viewer=instructor, **values):
        payload = next(iter(api(operation(name), viewer=viewer, input=values).data.values()))
        assert payload["userErrors"] == []
        return payload

    course = done("create_course", title="Tea", slug="tea")["course"]
    lesson = done("create_lesson", courseId=course["id"], title="Leaves", content="# Leaves")["lesson"]
    assert (lesson["position"], lesson["course"]["lessonCount"]) == (1, 1)
    assessment = done(
        "create_assessment",
        lessonId=lesson["id"],
        title="Leaves",
        passingScore=60,
        maxAttempts=2,
        timeLimitMinutes=30,
        questions=QUESTIONS,
    )["assessment"]
    assert (assessment["questionCount"], assessment["maxScore"]) == (6, 11)
    assert assessment["problems"] == ["Question 3: Add at least one accepted text."]

    unfinished = assessment["questions"][2]
    accepted = [{"text": "Camellia*", "textMatch": "WILDCARD", "isCorrect": True}]
    done("update_question", questionId=unfinished["id"], question=QUESTIONS[2] | {"answers": accepted})
    order = [question["id"] for question in assessment["questions"]][::-1]
    reordered = done("reorder_questions", assessmentId=assessment["id"], questionIds=order)["assessment"]
    assert [question["id"] for question in reordered["questions"]] == order

    hidden = api(operation("start_attempt"), viewer=learner, assessmentId=assessment["id"])["startAttempt"]
    assert [error["code"] for error in hidden["userErrors"]] == ["NOT_FOUND"]

    done("update_course", courseId=course["id"], isPublished=True)
    enroll = "mutation Enroll($input: EnrollInput!) { enroll(input: $input) { userErrors { code } } }"
    assert api(enroll, viewer=learner, input={"courseId": course["id"]})["enroll"]["userErrors"] == []
    started = api(operation("start_attempt"), viewer=learner, assessmentId=assessment["id"])["startAttempt"]
    assert started["userErrors"] == []
    assert [question["question"] for question in started["attempt"]["questions"]] == order
