"""The roster of a course and its instructors: what staff see and change of the people of a course."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, Enrollment, User
from schema.core.ids import encode
from tests import factories
from tests.operations import operation
from tests.people import People

Api = Callable[..., Any]
ROSTER = operation("course_roster")


def _id(person: User) -> str:
    return encode("User", person.pk)


def _names(api: Api, viewer: User, course: Course, **filters: Any) -> list[str]:
    """The display names on the first page of a roster, which its count agrees with."""
    values = {"id": encode("Course", course.pk), "first": 10} | filters
    roster = api(ROSTER, viewer=viewer, **values)["course"]["enrollments"]
    names = [edge["node"]["user"]["displayName"] for edge in roster["edges"]]
    assert roster["totalCount"] == len(names)
    return names


# ---------------------------------------------------------------- the roster


def test_staff_see_everybody_who_takes_or_took_the_course_newest_first(
    api: Api, people: People, course: Course
) -> None:
    left = factories.make_user(username="left", display_name="Lena Left")
    factories.enroll(left, course, status="withdrawn")
    for viewer in (people.instructor, people.moderator, people.admin):
        assert _names(api, viewer, course) == ["Lena Left", "Tomás Arrieta", "Mira Lindholt"]


@pytest.mark.parametrize(
    "who", ["learner", "classmate", "learner_elsewhere", "instructor_elsewhere", "anonymous"]
)
def test_nobody_else_sees_a_roster(api: Api, people: People, course: Course, who: str) -> None:
    values = {"id": encode("Course", course.pk), "first": 10}
    assert api(ROSTER, viewer=people[who], **values)["course"]["enrollments"] is None


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("mira", ["Mira Lindholt"]),
        ("LIND mir", ["Mira Lindholt"]),
        ("TOMA\u0301S", ["Tomás Arrieta"]),
        ("arr", ["Tomás Arrieta"]),
        ("Mira Arrieta", []),
        ("rieta", []),
        ("plain", ["plain.name"]),
        ("name", ["plain.name"]),
        ("hidden", []),
        ("example", []),
        (" ", ["plain.name", "Tomás Arrieta", "Mira Lindholt"]),
        ("&|!:*", []),
    ],
)
def test_a_search_finds_the_names_that_are_shown_and_no_others(
    api: Api, people: People, course: Course, search: str, found: list[str]
) -> None:
    """Somebody without a display name is shown, and found, by the user name; nobody else's is told."""
    User.objects.filter(pk=people.learner.pk).update(username="hidden")
    factories.make_learner(course, username="plain.name")
    assert _names(api, people.instructor, course, search=search) == found


def test_filters_narrow_the_list_together(api: Api, people: People, course: Course) -> None:
    factories.enroll(factories.make_user(display_name="Mira Miles"), course, status="withdrawn")
    mira = Enrollment.objects.filter(user=people.learner)
    assert _names(api, people.instructor, course, status="ACTIVE", search="mira") == ["Mira Lindholt"]
    assert _names(api, people.instructor, course, status="WITHDRAWN") == ["Mira Miles"]
    assert _names(api, people.instructor, course, status="COMPLETED") == []
    moment = datetime(2026, 5, 1, 12, tzinfo=UTC)
    Enrollment.objects.update(updated_date=moment - timedelta(microseconds=1))
    mira.update(updated_date=moment)
    since = {"updatedSince": moment.isoformat()}
    assert _names(api, people.instructor, course, **since) == ["Mira Lindholt"]
    assert _names(api, people.instructor, course, **since, status="WITHDRAWN") == []


def test_a_roster_is_read_page_by_page(api: Api, people: People, course: Course) -> None:
    values = {"id": encode("Course", course.pk), "first": 1, "search": "i"}
    factories.make_learner(course, display_name="Ida")
    factories.make_learner(course, display_name="Ivo")
    first = api(ROSTER, viewer=people.instructor, **values)["course"]["enrollments"]
    after = first["pageInfo"]["endCursor"]
    second = api(ROSTER, viewer=people.instructor, **values, after=after)["course"]["enrollments"]
    pages = [[edge["node"]["user"]["displayName"] for edge in page["edges"]] for page in (first, second)]
    assert pages == [["Ivo"], ["Ida"]]
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert (first["totalCount"], second["totalCount"]) == (2, 2)


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"status": "ACTIVE"},
        {"search": "mira"},
        {"updatedSince": "2020-01-01T00:00:00Z"},
        {"status": "ACTIVE", "search": "mira", "updatedSince": "2020-01-01T00:00:00Z"},
    ],
)
def test_a_roster_is_one_statement_whatever_it_is_narrowed_to(
    api: Api, people: People, course: Course, filters: dict[str, str]
) -> None:
    values = {"id": encode("Course", course.pk), "first": 10} | filters
    for viewer in (people.instructor, people.moderator, people.learner, None):
        with CaptureQueriesContext(connection) as statements:
            api(ROSTER, viewer=viewer, **values)
        assert len(statements) == 1


def test_a_search_that_is_too_long_is_refused(api: Api, people: People, course: Course) -> None:
    values = {"id": encode("Course", course.pk), "first": 10, "search": "x" * 201}
    assert api(ROSTER, viewer=people.instructor, **values).codes == ["BAD_USER_INPUT"]


# ---------------------------------------------------------------- who may change it

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
def test_who_changes_the_people_of_a_course(
    api: Api, people: People, course: Course, who: str, refusal: str | None
) -> None:
    second, newcomer = factories.make_user(username="second"), factories.make_user(username="newcomer")
    course.instructors.add(second)
    of_course = {"courseId": encode("Course", course.pk)}
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "addInstructor": ("add_instructor", {"username": "newcomer"}),
        "removeInstructor": ("remove_instructor", {"userId": _id(second)}),
        "updateEnrollments": ("update_enrollments", {"usernames": ["newcomer"], "action": "ENROLL"}),
    }
    for field, (name, values) in asked.items():
        payload = api(operation(name), viewer=people[who], input=of_course | values)[field]
        assert [error["code"] for error in payload["userErrors"]] == ([refusal] if refusal else []), field
        empty = not payload["outcomes"] if field == "updateEnrollments" else payload["course"] is None
        assert empty == (refusal is not None)
    changed = {people.instructor, newcomer}, True
    kept = {people.instructor, second}, False
    found = set(course.instructors.all()), Enrollment.objects.filter(user=newcomer, course=course).exists()
    assert found == (kept if refusal else changed)


@pytest.mark.parametrize("name", ["add_instructor", "remove_instructor", "update_enrollments"])
def test_nobody_changes_them_without_signing_in_or_with_a_token_that_reads(
    api: Api, people: People, course: Course, name: str
) -> None:
    named: dict[str, dict[str, Any]] = {
        "add_instructor": {"username": people.learner.username},
        "remove_instructor": {"userId": _id(people.instructor)},
        "update_enrollments": {"userIds": [_id(people.learner)], "action": "WITHDRAW"},
    }
    values = named[name] | {"courseId": encode("Course", course.pk)}
    assert api(operation(name), input=values).codes == ["UNAUTHENTICATED"]
    scopes = frozenset({"courses:read", "grading:write"})
    [payload] = api(operation(name), people.instructor, scopes, input=values).data.values()
    assert [error["code"] for error in payload["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert course.instructors.get() == people.instructor
    assert set(Enrollment.objects.filter(course=course).values_list("status", flat=True)) == {"active"}


# ---------------------------------------------------------------- enrolling others


def test_each_person_who_is_named_has_an_outcome(api: Api, people: People, course: Course) -> None:
    factories.make_user(username="ada", display_name="Ada")
    values = {
        "courseId": encode("Course", course.pk),
        "usernames": ["ada", "nobody"],
        "userIds": [_id(people.classmate), _id(people.learner_elsewhere), encode("Course", course.pk), "?"],
        "action": "WITHDRAW",
    }
    payload = api(operation("update_enrollments"), viewer=people.instructor, input=values)[
        "updateEnrollments"
    ]
    assert payload["userErrors"] == []
    said = [
        (outcome["learner"] and outcome["learner"]["displayName"], outcome["code"])
        for outcome in payload["outcomes"]
    ]
    assert (
        said
        == [("Ada", "NOT_ENROLLED"), (None, "NOT_FOUND"), ("Tomás Arrieta", None)] + [(None, "NOT_FOUND")] * 3
    )
    enrollment = Enrollment.objects.get(user=people.classmate)
    assert payload["outcomes"][2] == {
        "learner": {"id": _id(people.classmate), "displayName": "Tomás Arrieta"},
        "enrollment": {
            "id": encode("Enrollment", enrollment.pk),
            "status": "WITHDRAWN",
            "progressPercentage": "0.00",
        },
        "code": None,
        "message": None,
    }
    assert payload["outcomes"][0]["enrollment"] is None
    assert payload["outcomes"][0]["message"] == (
        "This person was never enrolled, so there is nothing to withdraw."
    )
    assert payload["outcomes"][1]["message"] == "Nobody here has this user name or id. Please check it."


def test_outcomes_need_no_further_scope(api: Api, people: People, course: Course) -> None:
    values = {
        "courseId": encode("Course", course.pk),
        "userIds": [_id(people.learner)],
        "action": "ENROLL",
    }
    answer = api(
        operation("update_enrollments"), people.instructor, frozenset({"courses:write"}), input=values
    )
    [outcome] = answer["updateEnrollments"]["outcomes"]
    assert outcome["learner"]["displayName"] == "Mira Lindholt"
    assert outcome["enrollment"]["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("named", "error"),
    [
        ({}, ("REQUIRED", ["usernames"])),
        ({"usernames": None, "userIds": []}, ("REQUIRED", ["usernames"])),
        ({"usernames": ["x"] * 201}, ("INVALID", ["usernames"])),
        ({"userIds": ["x"] * 201}, ("INVALID", ["userIds"])),
    ],
)
def test_a_call_that_names_nobody_or_too_many_is_refused_as_a_whole(
    api: Api, people: People, course: Course, named: dict[str, Any], error: tuple[str, list[str]]
) -> None:
    values = {"courseId": encode("Course", course.pk), "action": "WITHDRAW"} | named
    payload = api(operation("update_enrollments"), viewer=people.instructor, input=values)[
        "updateEnrollments"
    ]
    assert [(found["code"], found["field"]) for found in payload["userErrors"]] == [error]
    assert payload["outcomes"] == []
    assert not Enrollment.objects.filter(status="withdrawn").exists()


def test_two_hundred_outcomes_cost_as_many_statements_as_two(
    api: Api, people: People, course: Course
) -> None:
    many = User.objects.bulk_create(
        User(username=f"person{n}", name_skeleton=f"person{n}") for n in range(200)
    )
    counted = []
    for named in (many[:2], many):
        values = {
            "courseId": encode("Course", course.pk),
            "usernames": [person.username for person in named],
            "action": "ENROLL",
        }
        with CaptureQueriesContext(connection) as statements:
            payload = api(operation("update_enrollments"), viewer=people.instructor, input=values)
        assert len(payload["updateEnrollments"]["outcomes"]) == len(named)
        counted.append(len(statements))
    assert counted[0] == counted[1]


# ---------------------------------------------------------------- instructors


def test_the_course_comes_back_with_who_teaches_it_now(api: Api, people: People, course: Course) -> None:
    factories.make_user(username="ada", display_name="Ada")
    values: dict[str, Any] = {"courseId": encode("Course", course.pk)}
    added = api(operation("add_instructor"), viewer=people.instructor, input=values | {"username": "ada"})
    names = [each["displayName"] for each in added["addInstructor"]["course"]["instructors"]]
    assert sorted(names) == ["Ada", "Dr Ines Falkner"]
    values["userId"] = _id(people.instructor)
    removed = api(operation("remove_instructor"), viewer=people.instructor, input=values)["removeInstructor"]
    assert [each["displayName"] for each in removed["course"]["instructors"]] == ["Ada"]
    again = api(operation("remove_instructor"), viewer=people.moderator, input=values)["removeInstructor"]
    assert [(error["code"], error["field"]) for error in again["userErrors"]] == [("NOT_FOUND", ["userId"])]


def test_the_last_instructor_stays(api: Api, people: People, course: Course) -> None:
    values = {"courseId": encode("Course", course.pk), "userId": _id(people.instructor)}
    payload = api(operation("remove_instructor"), viewer=people.admin, input=values)["removeInstructor"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [("CONFLICT", ["userId"])]
    assert course.instructors.get() == people.instructor
