"""The catalogue as a list: what it shows to whom, in which order, page by page, and at which cost."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course
from courses.services.statistics import refresh_all
from schema.core import ids
from tests.factories import (
    enroll,
    make_assessment,
    make_attempt,
    make_course,
    make_lesson,
    make_note,
    make_review,
    make_staff,
    make_user,
)
from tests.operations import operation

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]
CATALOGUE = operation("course_catalogue")


def _titles(courses: dict[str, Any]) -> list[str]:
    return [edge["node"]["title"] for edge in courses["edges"]]


def _rated(course: Course, *ratings: int) -> None:
    for rating in ratings:
        make_review(make_user(), course, rating=rating)


def test_drafts_are_listed_for_those_who_teach_them_and_for_staff_only(api: Api) -> None:
    instructor = make_user()
    make_course(title="Published")
    make_course(title="Draft", is_published=False, instructors=(instructor,))
    for viewer, expected in (
        (None, ["Published"]),
        (make_user(), ["Published"]),
        (instructor, ["Draft", "Published"]),
        (make_staff(), ["Draft", "Published"]),
    ):
        courses = api(CATALOGUE, viewer=viewer)["courses"]
        assert (_titles(courses), courses["totalCount"]) == (expected, len(expected))


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("NEWEST", ["Cyan", "Blue", "Amber"]),
        ("TITLE", ["Amber", "Blue", "Cyan"]),
        ("RATING", ["Blue", "Amber", "Cyan"]),
        ("POPULARITY", ["Cyan", "Blue", "Amber"]),
    ],
)
def test_courses_can_be_ordered(api: Api, order: str, expected: list[str]) -> None:
    amber, blue, cyan = (make_course(title=title) for title in ("Amber", "Blue", "Cyan"))
    _rated(amber, 3)
    _rated(blue, 5, 4)
    for learner in (make_user(), make_user()):
        enroll(learner, cyan)
    enroll(make_user(), blue)
    refresh_all()
    assert _titles(api(CATALOGUE, orderBy=[order])["courses"]) == expected


def test_only_approved_reviews_count_for_the_rating_and_only_those_who_stayed_for_popularity(
    api: Api,
) -> None:
    course = make_course()
    _rated(course, 4)
    make_review(make_user(), course, rating=1, is_approved=False)
    enroll(make_user(), course)
    enroll(make_user(), course, status="withdrawn")
    refresh_all()
    course.refresh_from_db()
    assert (course.average_rating, course.learner_count) == (Decimal("4.00"), 1)


def test_filters_narrow_the_list_and_its_count(api: Api) -> None:
    instructor, learner = make_user(), make_user()
    coffee = make_course(title="Coffee", description="From seed to cup.", instructors=(instructor,))
    make_course(title="Statistics", description="Without fear.")
    make_course(title="Draft of tea", is_published=False, instructors=(learner,))
    enroll(learner, coffee)
    _rated(coffee, 5)
    refresh_all()
    for criteria, expected in (
        ({"search": "see cup"}, ["Coffee"]),
        ({"search": "coffee | statistics"}, []),
        ({"search": "SEED CUP"}, ["Coffee"]),
        ({"search": "fear \u200fstatistics"}, ["Statistics"]),
        ({"isPublished": False}, ["Draft of tea"]),
        ({"instructorId": ids.encode("User", instructor.pk)}, ["Coffee"]),
        ({"instructorId": ids.encode("Course", instructor.pk)}, []),
        ({"enrolledByMe": True}, ["Coffee"]),
        ({"enrolledByMe": False, "isPublished": True}, ["Statistics"]),
        ({"minimumRating": "4.5"}, ["Coffee"]),
    ):
        courses = api(CATALOGUE, viewer=learner, filter=criteria)["courses"]
        assert (_titles(courses), courses["totalCount"]) == (expected, len(expected)), criteria


@pytest.mark.parametrize("order", ["NEWEST", "TITLE", "RATING", "POPULARITY"])
def test_pages_go_forwards_and_backwards_without_a_gap_or_a_repeat_where_everything_ties(
    api: Api, order: str
) -> None:
    """All courses have the same title, rating and popularity, and were created in the same moment."""
    for _ in range(7):
        make_course(title="Same")
    Course.objects.update(created_date="2026-01-01T00:00:00Z")
    everything = [e["node"]["id"] for e in api(CATALOGUE, orderBy=[order], first=100)["courses"]["edges"]]

    forwards: list[str] = []
    page = api(CATALOGUE, orderBy=[order], first=3)["courses"]
    forwards += [edge["node"]["id"] for edge in page["edges"]]
    while page["pageInfo"]["hasNextPage"]:
        page = api(CATALOGUE, orderBy=[order], first=3, after=page["pageInfo"]["endCursor"])["courses"]
        forwards += [edge["node"]["id"] for edge in page["edges"]]
    assert forwards == everything

    backwards: list[str] = []
    page = api(CATALOGUE, orderBy=[order], last=3)["courses"]
    backwards = [edge["node"]["id"] for edge in page["edges"]] + backwards
    while page["pageInfo"]["hasPreviousPage"]:
        page = api(CATALOGUE, orderBy=[order], last=3, before=page["pageInfo"]["startCursor"])["courses"]
        backwards = [edge["node"]["id"] for edge in page["edges"]] + backwards
    assert backwards == everything


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"first": 0}, "A page has 1 to 100 rows; 0 were asked for."),
        ({"first": 101}, "A page has 1 to 100 rows; 101 were asked for."),
        ({"first": 1, "last": 1}, "Give `first` or `last`, not both."),
        ({"after": "nonsense"}, "The cursor is not one of this list: start again from its first page."),
        ({"after": "WyJ4IiwxXQ=="}, "The cursor is not one of this list: start again from its first page."),
    ],
)
def test_pages_that_cannot_be_are_refused(api: Api, arguments: dict[str, Any], message: str) -> None:
    answered = api(CATALOGUE, **arguments)
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["message"] == message


def test_the_catalogue_costs_the_same_number_of_statements_for_one_course_and_for_twenty(api: Api) -> None:
    viewer = make_user()
    counts = []
    for size in (1, 20):
        Course.objects.all().delete()
        for _ in range(size):
            course = make_course(instructors=(make_user(),))
            make_lesson(course=course)
            enroll(viewer, course)
            _rated(course, 4, 5)
        with CaptureQueriesContext(connection) as captured:
            assert len(api(CATALOGUE, viewer=viewer, first=50)["courses"]["edges"]) == size
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_aliases_with_different_arguments_cost_one_statement_each_whatever_the_number_of_courses(
    api: Api,
) -> None:
    document = """{ courses(first: 50) { edges { node {
        best: reviews(orderBy: [HIGHEST_RATING], first: 1) { edges { node { rating } } }
        worst: reviews(orderBy: [LOWEST_RATING], first: 1) { totalCount edges { node { rating } } }
    } } } }"""
    counts = []
    for size in (1, 20):
        Course.objects.all().delete()
        for _ in range(size):
            _rated(make_course(), 2, 5)
        with CaptureQueriesContext(connection) as captured:
            edges = api(document)["courses"]["edges"]
        counts.append(len(captured))
        assert {
            (
                e["node"]["best"]["edges"][0]["node"]["rating"],
                e["node"]["worst"]["edges"][0]["node"]["rating"],
            )
            for e in edges
        } == {(5, 2)}
        assert {edge["node"]["worst"]["totalCount"] for edge in edges} == {2}
    assert counts[0] == counts[1]


def test_aliased_notes_cost_one_statement_each_whatever_the_number_of_lessons(api: Api) -> None:
    document = """query ($id: ID!) { course(id: $id) { lessons {
        first: notes(orderBy: [OLDEST], first: 1) { edges { node { content } } }
        newest: notes(first: 1) { totalCount edges { node { content } } }
        end: notes(last: 1) { edges { node { content } } }
    } } }"""
    viewer, counts = make_user(), []
    for size in (1, 20):
        course = make_course()
        enroll(viewer, course)
        for _ in range(size):
            lesson = make_lesson(course=course)
            for content in ("early", "late"):
                make_note(viewer, lesson, content=content)
        with CaptureQueriesContext(connection) as captured:
            lessons = api(document, viewer, id=ids.encode("Course", course.pk))["course"]["lessons"]
        counts.append(len(captured))
        assert len(lessons) == size
        for lesson in lessons:
            shown = {name: found["edges"][0]["node"]["content"] for name, found in lesson.items()}
            assert shown == {"first": "early", "newest": "late", "end": "early"}
            assert lesson["newest"]["totalCount"] == 2
    assert counts[0] == counts[1]


def test_aliased_attempts_cost_one_statement_each_whatever_the_number_of_assessments(api: Api) -> None:
    document = """query ($id: ID!, $learner: ID!) { course(id: $id) { lessons { assessment {
        oldest: attempts(orderBy: [OLDEST], first: 1) { edges { node { id } } }
        newest: attempts(first: 1) { totalCount edges { node { id } } }
        ofOne: attempts(learnerId: $learner, state: COMPLETED, last: 1) { totalCount edges { node { id } } }
    } } } }"""
    instructor, one, other = make_user(), make_user(), make_user()
    counts = []
    for size in (1, 20):
        course = make_course(instructors=(instructor,))
        expected = []
        for _ in range(size):
            assessment = make_assessment(lesson=make_lesson(course=course))
            made = {}
            for learner in (one, other):
                made[learner] = make_attempt(learner, assessment)
                made[learner].complete()
            expected.append([ids.encode("AssessmentAttempt", made[who].pk) for who in (one, other, one)])
        variables = {"id": ids.encode("Course", course.pk), "learner": ids.encode("User", one.pk)}
        with CaptureQueriesContext(connection) as captured:
            lessons = api(document, instructor, **variables)["course"]["lessons"]
        counts.append(len(captured))
        lists = [list(lesson["assessment"].values()) for lesson in lessons]
        assert [[found["edges"][0]["node"]["id"] for found in row] for row in lists] == expected
        assert {(row[1]["totalCount"], row[2]["totalCount"]) for row in lists} == {(2, 1)}
    assert counts[0] == counts[1]
