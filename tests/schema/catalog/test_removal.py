"""deleteCourse, deleteLesson and reorderLessons, as every kind of person sends them."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.models import Course, Lesson
from schema.core.ids import encode
from tests import factories
from tests.operations import operation
from tests.people import People

Api = Callable[..., Any]
DENIED = "PERMISSION_DENIED"


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("learner", DENIED),
        ("learner_elsewhere", DENIED),
        ("instructor_elsewhere", DENIED),
        ("instructor", None),
        ("moderator", None),
        ("admin", None),
    ],
)
def test_who_reorders_and_deletes(
    api: Api, people: People, course: Course, who: str, refusal: str | None
) -> None:
    first, second = (factories.make_lesson(course=course) for _ in range(2))
    course_id, lesson_ids = (
        encode("Course", course.pk),
        [encode("Lesson", each.pk) for each in (second, first)],
    )
    viewer, codes = people[who], [refusal] if refusal else []

    payload = api(
        operation("reorder_lessons"), viewer=viewer, input={"courseId": course_id, "lessonIds": lesson_ids}
    )["reorderLessons"]
    assert [error["code"] for error in payload["userErrors"]] == codes
    shown = [{"id": lesson_ids[0], "position": 1}, {"id": lesson_ids[1], "position": 2}]
    assert payload["course"] == (None if refusal else {"id": course_id, "lessons": shown})
    orders = dict(course.lessons.values_list("pk", "order"))
    assert orders == ({first.pk: 1, second.pk: 2} if refusal else {first.pk: 2, second.pk: 1})

    payload = api(operation("delete_lesson"), viewer=viewer, input={"lessonId": lesson_ids[0]})[
        "deleteLesson"
    ]
    assert [error["code"] for error in payload["userErrors"]] == codes
    assert payload["deletedLessonId"] == (None if refusal else lesson_ids[0])
    assert Lesson.objects.filter(pk=second.pk).exists() == (refusal is not None)

    payload = api(operation("delete_course"), viewer=viewer, input={"courseId": course_id})["deleteCourse"]
    assert [error["code"] for error in payload["userErrors"]] == codes
    assert payload["deletedCourseId"] == (None if refusal else course_id)
    assert Course.objects.filter(pk=course.pk).exists() == (refusal is not None)


@pytest.mark.parametrize("name", ["delete_course", "delete_lesson", "reorder_lessons"])
def test_nobody_does_so_without_signing_in_or_with_a_token_that_reads(
    api: Api, people: People, course: Course, name: str
) -> None:
    lesson = factories.make_lesson(course=course)
    values: Any = {
        "delete_course": {"courseId": encode("Course", course.pk)},
        "delete_lesson": {"lessonId": encode("Lesson", lesson.pk)},
        "reorder_lessons": {
            "courseId": encode("Course", course.pk),
            "lessonIds": [encode("Lesson", lesson.pk)],
        },
    }[name]
    assert api(operation(name), input=values).codes == ["UNAUTHENTICATED"]
    [payload] = api(operation(name), people.admin, frozenset({"courses:read"}), input=values).data.values()
    assert [error["code"] for error in payload["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert Lesson.objects.get() == lesson


def test_what_learners_would_lose_is_said_to_the_author(api: Api, people: People, course: Course) -> None:
    lesson = factories.make_lesson(course=course)
    factories.make_note(people.learner, lesson)
    factories.make_review(people.learner, course)
    payload = api(
        operation("delete_lesson"),
        viewer=people.instructor,
        input={"lessonId": encode("Lesson", lesson.pk)},
    )["deleteLesson"]
    assert payload == {
        "deletedLessonId": None,
        "userErrors": [
            {
                "code": "IN_USE",
                "message": "Learners would lose notes with this lesson. You can edit it instead.",
                "field": ["lessonId"],
            }
        ],
    }
    payload = api(
        operation("delete_course"),
        viewer=people.instructor,
        input={"courseId": encode("Course", course.pk)},
    )["deleteCourse"]
    assert payload == {
        "deletedCourseId": None,
        "userErrors": [
            {
                "code": "IN_USE",
                "message": "Learners would lose notes and reviews with this course. "
                "You can unpublish it instead.",
                "field": ["courseId"],
            }
        ],
    }
    assert Lesson.objects.get() == lesson


def test_an_order_names_every_lesson_of_the_course_exactly_once(
    api: Api, people: People, course: Course
) -> None:
    lessons = [factories.make_lesson(course=course) for _ in range(3)]
    foreign = factories.make_lesson()
    a, b, c, d = (encode("Lesson", lesson.pk) for lesson in (*lessons, foreign))
    for given, error in (
        ([a, b], ("INVALID", ["lessonIds"])),
        ([], ("INVALID", ["lessonIds"])),
        ([a, b, c, a], ("INVALID", ["lessonIds"])),
        ([b, d, c], ("NOT_FOUND", ["lessonIds", "1"])),
        ([b, c, encode("Course", course.pk)], ("NOT_FOUND", ["lessonIds", "2"])),
    ):
        values = {"courseId": encode("Course", course.pk), "lessonIds": given}
        payload = api(operation("reorder_lessons"), viewer=people.instructor, input=values)["reorderLessons"]
        assert [(each["code"], each["field"]) for each in payload["userErrors"]] == [error]
        assert list(course.lessons.order_by("order")) == lessons
    assert payload["course"] is None
