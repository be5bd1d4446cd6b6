"""createCourse, updateCourse, createLesson and updateLesson, as every kind of person sends them."""

import pytest
from django.contrib.auth.models import Permission

from courses.models import Course, Lesson
from schema.core.ids import encode
from tests import factories
from tests.operations import operation
from tests.people import People

SLIDES = {"title": "Slides", "kind": "DOCUMENT", "url": "https://example.org/slides.pdf"}


@pytest.fixture
def people(people: People) -> People:
    """Instructors may make courses of their own."""
    for teacher in (people.instructor, people.instructor_elsewhere):
        teacher.user_permissions.add(Permission.objects.get(codename="add_course"))
    return people


DENIED = "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("who", "may_create", "may_edit"),
    [
        ("learner", DENIED, DENIED),
        ("learner_elsewhere", DENIED, DENIED),
        ("instructor", None, None),
        ("instructor_elsewhere", None, DENIED),
        ("moderator", None, None),
        ("admin", None, None),
    ],
)
def test_who_writes_courses_and_lessons(api, people, who, may_create, may_edit, course):
    viewer = people[who]
    lesson = factories.make_lesson(course=course)
    course_id, lesson_id = encode("Course", course.pk), encode("Lesson", lesson.pk)
    asked = {
        "createCourse": ("create_course", {"title": "New", "slug": "new"}, may_create),
        "updateCourse": ("update_course", {"courseId": course_id, "title": "New"}, may_edit),
        "createLesson": ("create_lesson", {"courseId": course_id, "title": "New"}, may_edit),
        "updateLesson": ("update_lesson", {"lessonId": lesson_id, "title": "New"}, may_edit),
    }
    for field, (name, values, refusal) in asked.items():
        payload = api(operation(name), viewer=viewer, input=values)[field]
        assert [error["code"] for error in payload["userErrors"]] == ([refusal] if refusal else []), field
        assert (payload["course" if "Course" in field else "lesson"] is None) == (refusal is not None)
    assert Course.objects.filter(title="New").exists() == (may_create is None)
    assert Lesson.objects.filter(title="New").exists() == (may_edit is None)


def test_nobody_writes_without_signing_in(api):
    answered = api(operation("create_course"), input={"title": "New", "slug": "new"})
    assert answered.codes == ["UNAUTHENTICATED"]
    assert not Course.objects.exists()


def test_a_token_needs_the_scope_to_write_courses(api, people):
    scopes = frozenset({"courses:read"})
    created = api(
        operation("create_course"),
        viewer=people["instructor"],
        scopes=scopes,
        input={"title": "New", "slug": "new"},
    )
    assert [error["code"] for error in created["createCourse"]["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert not Course.objects.filter(slug="new").exists()


def test_a_course_comes_back_as_it_was_written(api, people):
    values = {"title": "Tea", "slug": "tea", "price": "12.50", "currency": "USD", "isPublished": True}
    created = api(operation("create_course"), viewer=people["instructor"], input=values)["createCourse"]
    assert created["userErrors"] == []
    assert created["course"] == values | {
        "id": encode("Course", Course.objects.get(slug="tea").pk),
        "description": "",
        "instructors": [{"id": encode("User", people["instructor"].pk)}],
    }


@pytest.mark.parametrize(
    ("values", "errors"),
    [
        ({"slug": "taken"}, [("CONFLICT", ["slug"])]),
        ({"slug": "TaKen"}, [("CONFLICT", ["slug"])]),
        ({"slug": "a b"}, [("INVALID", ["slug"])]),
        ({"title": ""}, [("INVALID", ["title"])]),
        ({"title": "x" * 256}, [("INVALID", ["title"])]),
        ({"title": None}, [("REQUIRED", ["title"])]),
        ({"isPublished": None}, [("REQUIRED", ["isPublished"])]),
        ({"price": "-0.01"}, [("INVALID", ["price"])]),
        ({"price": "1e999"}, [("INVALID", ["price"])]),
        ({"price": "0.001", "currency": "euro"}, [("INVALID", ["price"]), ("INVALID", ["currency"])]),
    ],
)
def test_values_that_are_refused_are_named_and_nothing_is_written(api, people, values, errors, course):
    factories.make_course(slug="taken")
    before = Course.objects.filter(pk=course.pk).values().get()
    payload = api(
        operation("update_course"),
        viewer=people["instructor"],
        input={"courseId": encode("Course", course.pk)} | values,
    )["updateCourse"]
    found = {(error["code"], tuple(error["field"])) for error in payload["userErrors"]}
    assert found == {(code, tuple(field)) for code, field in errors}
    assert payload["course"] is None
    assert Course.objects.filter(pk=course.pk).values().get() == before


def test_a_course_that_is_not_visible_and_one_that_is_not_there_are_one_answer(api, people):
    hidden = factories.make_course(is_published=False)
    answers = [
        api(operation("update_course"), viewer=people["learner"], input={"courseId": course_id, "title": "x"})
        for course_id in (
            encode("Course", hidden.pk),
            encode("Course", 10**9),
            encode("Lesson", hidden.pk),
            "no id",
        )
    ]
    assert all(answer["updateCourse"] == answers[0]["updateCourse"] for answer in answers)
    assert answers[0]["updateCourse"]["userErrors"] == [
        {
            "code": "NOT_FOUND",
            "message": "There is nothing here with this id that you may see. Please check the id.",
            "field": ["courseId"],
        }
    ]


def test_null_clears_what_may_be_empty_and_absent_leaves_it(api, people, course):
    lesson = factories.make_lesson(course=course, content="Text", duration_seconds=60)
    lesson_id = encode("Lesson", lesson.pk)
    asked = {"lessonId": lesson_id, "durationSeconds": None, "resources": [SLIDES]}
    changed = api(operation("update_lesson"), viewer=people["instructor"], input=asked)["updateLesson"]
    assert changed["userErrors"] == []
    assert (changed["lesson"]["durationSeconds"], changed["lesson"]["content"]) == (None, "Text")
    (resource,) = changed["lesson"]["resources"]
    assert {name: resource[name] for name in SLIDES} == SLIDES


def test_a_refused_resource_is_named_by_its_path(api, people, course):
    asked = {"courseId": encode("Course", course.pk), "title": "One"}
    resources = [SLIDES, SLIDES | {"url": "http://example.org"}]
    payload = api(
        operation("create_lesson"), viewer=people["instructor"], input=asked | {"resources": resources}
    )["createLesson"]
    assert payload["userErrors"] == [
        {
            "code": "INVALID",
            "message": "Please give an address that begins with https://.",
            "field": ["resources", "1", "url"],
        }
    ]
    assert not Lesson.objects.exists()
