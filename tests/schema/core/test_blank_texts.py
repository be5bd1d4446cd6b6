"""What shows nothing is refused by every mutation that takes a text, and nothing is written."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps

from courses.models import Note, Review, User
from schema.core import ids
from tests import factories

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]

UNSEEN = "\u200b\u3164\u00ad"
BLANK = "This field cannot be blank."


@pytest.fixture
def staff() -> User:
    return factories.make_staff()


@pytest.fixture
def world(staff: User) -> dict[str, str]:
    """The ids that inputs name."""
    course = factories.make_course()
    lesson = factories.make_lesson(course=course)
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    factories.enroll(staff, course)
    note = factories.make_note(staff, lesson)
    rows = {"Course": course, "Lesson": lesson, "Assessment": assessment, "Note": note}
    return {name: ids.encode(name, row.pk) for name, row in rows.items()}


def _counts() -> dict[str, int]:
    return {
        model.__name__: model._default_manager.count()
        for model in apps.get_app_config("courses").get_models()
    }


def _refused(api: Api, staff: User, mutation: str, given: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """The codes, messages and places that a mutation refuses with, having written nothing."""
    input_type = f"{mutation[0].upper()}{mutation[1:]}Input!"
    asked = f"{mutation}(input: $input) {{ userErrors {{ code message field }} }}"
    document = f"mutation($input: {input_type}) {{ {asked} }}"
    before = _counts()
    answered = api(document, viewer=staff, input=given)[mutation]
    assert _counts() == before
    return [(error["code"], error["message"], error["field"]) for error in answered["userErrors"]]


@pytest.mark.parametrize(
    ("mutation", "given", "field"),
    [
        ("createCourse", {"title": UNSEEN, "slug": "tea"}, ["title"]),
        ("createLesson", {"courseId": "Course", "title": UNSEEN}, ["title"]),
        (
            "createLesson",
            {
                "courseId": "Course",
                "title": "Tea",
                "resources": [{"title": UNSEEN, "kind": "LINK", "url": "https://example.org/"}],
            },
            ["resources", "0", "title"],
        ),
        (
            "createQuestion",
            {"assessmentId": "Assessment", "question": {"type": "ESSAY", "text": UNSEEN}},
            ["question", "text"],
        ),
        ("createNote", {"lessonId": "Lesson", "content": UNSEEN}, ["content"]),
        ("updateNote", {"noteId": "Note", "content": UNSEEN}, ["content"]),
        ("announce", {"courseId": "Course", "title": UNSEEN, "message": "Tea."}, ["title"]),
        ("announce", {"courseId": "Course", "title": "Tea", "message": UNSEEN}, ["message"]),
        ("createAccessToken", {"name": UNSEEN, "scopes": ["courses:read"]}, ["name"]),
    ],
)
def test_a_text_of_which_nothing_shows_is_blank(
    api: Api, staff: User, world: dict[str, str], mutation: str, given: dict[str, Any], field: list[str]
) -> None:
    named = {name: world.get(str(value), value) for name, value in given.items()}
    assert _refused(api, staff, mutation, named) == [("INVALID", BLANK, field)]


@pytest.mark.parametrize(
    ("kind", "answer", "name", "message"),
    [
        ("MULTIPLE_CHOICE", {"text": UNSEEN}, "text", "Write down what this choice says."),
        ("SHORT_ANSWER", {"text": UNSEEN}, "text", "Write down the text that is accepted."),
        (
            "MATCHING",
            {"text": "Tea", "matchText": UNSEEN},
            "matchText",
            "Give this prompt the text that belongs to it.",
        ),
        ("FILL_BLANK", {"text": "Tea", "blankKey": UNSEEN}, "blankKey", BLANK),
    ],
)
def test_an_answer_of_which_nothing_shows_says_nothing(
    api: Api, staff: User, world: dict[str, str], kind: str, answer: dict[str, Any], name: str, message: str
) -> None:
    question = {"type": kind, "text": "Which?", "answers": [answer]}
    given = {"assessmentId": world["Assessment"], "question": question}
    assert _refused(api, staff, "createQuestion", given) == [
        ("INVALID", message, ["question", "answers", "0", name])
    ]


def test_a_review_is_as_long_as_what_is_seen_of_it(api: Api, staff: User, world: dict[str, str]) -> None:
    given = {"courseId": world["Course"], "rating": 5, "content": "Good." + UNSEEN * 9}
    message = "Ensure this value has at least 10 characters (it has 5)."
    assert _refused(api, staff, "createReview", given) == [("INVALID", message, ["content"])]
    message = "Ensure this value has at least 2 characters (it has 1)."
    given = {"assessmentId": world["Assessment"], "title": f"A{UNSEEN}"}
    assert _refused(api, staff, "updateAssessment", given) == [("INVALID", message, ["title"])]


def test_a_tag_of_which_nothing_shows_is_refused(api: Api, staff: User, world: dict[str, str]) -> None:
    given = {"lessonId": world["Lesson"], "content": "Tea.", "tags": ["fine", UNSEEN]}
    message = "A tag has 1 to 50 characters. Please correct this one."
    assert _refused(api, staff, "createNote", given) == [("INVALID", message, ["tags", "1"])]
    assert Note.objects.get().tags == []


def test_a_title_that_may_be_left_out_is_left_out(api: Api, staff: User, world: dict[str, str]) -> None:
    given = {"courseId": world["Course"], "rating": 5, "title": UNSEEN, "content": "I liked it very much."}
    document = "mutation($input: CreateReviewInput!) { createReview(input: $input) { userErrors { code } } }"
    assert api(document, viewer=staff, input=given)["createReview"] == {"userErrors": []}
    assert Review.objects.get().title == ""
