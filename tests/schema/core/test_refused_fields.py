"""A field that is refused, for its arguments or for its scope, is refused in its own place and alone."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from courses.constants import Scope
from courses.models import Assessment, Note, User
from schema.core import ids
from schema.dataloaders.base import Loaders
from schema.dataloaders.catalog import course_of
from tests import factories
from tests.schema.faulty_operations import CURSORS

Api = Callable[..., Any]
TOO_SMALL = "A page has 1 to 100 rows; 0 were asked for."


@pytest.fixture
def assessment(db: None) -> Assessment:
    return factories.make_assessment(title="Beans", max_attempts=3)


@pytest.fixture
def learner(assessment: Assessment) -> User:
    learner = factories.make_learner(assessment.lesson.course)
    factories.make_note(learner, assessment.lesson)
    return learner


def told(answer: Any) -> list[tuple[list[Any], str]]:
    return [(error["path"], error["extensions"]["code"]) for error in answer.errors]


PAGES = ["first: 0", "first: 101", "first: -1", "last: 0", "first: 1, last: 1", 'after: "x"', 'before: ""',
         f'after: "{CURSORS[1]}"', f'first: 2, before: "{CURSORS[4]}"']  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_a_wrong_page_leaves_what_stands_beside_it(
    api: Api, assessment: Assessment, learner: User, page: str
) -> None:
    document = f"query ($id: ID!) {{ assessment(id: $id) {{ title y: attempts({page}) {{ totalCount }} }} }}"

    answer = api(document, learner, id=ids.encode("Assessment", assessment.pk))

    assert answer.data == {"assessment": {"title": "Beans", "y": None}}
    assert told(answer) == [(["assessment", "y"], "BAD_USER_INPUT")]


def test_the_same_field_with_good_arguments_is_answered(
    api: Api, assessment: Assessment, django_assert_num_queries: Any
) -> None:
    author = factories.make_user(is_staff=True, is_superuser=True)
    document = """query ($id: ID!, $first: Int) { assessment(id: $id) {
      wrong: attempts(first: $first) { totalCount } right: attempts(first: 1) { totalCount }
    } }"""

    with django_assert_num_queries(3):  # the assessment, its attempts and their number
        answer = api(document, author, id=ids.encode("Assessment", assessment.pk), first=0)

    assert answer.data == {"assessment": {"wrong": None, "right": {"totalCount": 0}}}
    assert answer.errors[0]["message"] == TOO_SMALL
    assert told(answer) == [(["assessment", "wrong"], "BAD_USER_INPUT")]


def test_every_list_is_refused_in_its_own_place(api: Api, assessment: Assessment, learner: User) -> None:
    document = """query ($course: ID!, $assessment: ID!) { nodes(ids: [$course, $assessment, $course]) {
      ... on Course { lessonCount } ... on Assessment { title attempts(first: 0) { totalCount } }
    } }"""
    given = {
        "course": ids.encode("Course", assessment.lesson.course_id),
        "assessment": ids.encode("Assessment", assessment.pk),
    }

    answer = api(document, learner, **given)

    assert answer.data == {
        "nodes": [{"lessonCount": 1}, {"title": "Beans", "attempts": None}, {"lessonCount": 1}]
    }
    assert told(answer) == [(["nodes", 1, "attempts"], "BAD_USER_INPUT")]


def test_one_refusal_is_told_for_each_row(api: Api, learner: User) -> None:
    factories.make_assessment(lesson=factories.make_lesson(course=learner.enrollments.get().course))
    document = "{ courses { edges { node { lessons { title assessment { attempts(first: 0) { totalCount } } } } } } }"

    answer = api(document, learner)

    lessons = ["courses", "edges", 0, "node", "lessons"]
    assert sorted(told(answer)) == [
        ([*lessons, place, "assessment", "attempts"], "BAD_USER_INPUT") for place in (0, 1)
    ]
    [course] = [edge["node"] for edge in answer.data["courses"]["edges"]]
    assert [lesson["assessment"] for lesson in course["lessons"]] == [{"attempts": None}] * 2


SKIPPED = ["@skip(if: true)", "@skip(if: $yes)", "@include(if: $no)", "@skip(if: $yes) @include(if: $yes)"]


@pytest.mark.parametrize("directive", SKIPPED)
def test_what_is_not_asked_is_not_refused(
    api: Api, assessment: Assessment, learner: User, directive: str
) -> None:
    declared = "".join(f", {name}: Boolean!" for name in ("$yes", "$no") if name in directive)
    document = f"""query ($id: ID!{declared}) {{ assessment(id: $id) {{
      title attempts(first: 0) {directive} {{ totalCount }}
    }} }}"""

    answer = api(document, learner, id=ids.encode("Assessment", assessment.pk), yes=True, no=False)

    assert answer["assessment"] == {"title": "Beans"}


def test_a_condition_that_is_null_is_told_where_its_field_stands(api: Api, learner: User) -> None:
    document = """query ($if: Boolean = true) { viewer { user { displayName } enrollments { edges { node {
      status course { title @include(if: $if) } } } } } }"""

    answer = api(document, learner, **{"if": None})

    assert answer.data == {"viewer": None}  # nothing between is nullable
    assert told(answer) == [
        (["viewer", "enrollments", "edges", 0, "node", "course"], "BAD_USER_INPUT"),
    ]


# ---------------------------------------------------------------- scopes

OF_THE_VIEWER = [
    "attempts { totalCount }",
    "notes { totalCount }",
    "activity { totalCount }",
    "notifications { totalCount }",
    "unreadNotificationCount",
    "statistics { coursesEnrolled }",
    "accessTokens { name }",
]


@pytest.mark.parametrize("field", OF_THE_VIEWER)
def test_a_scope_that_is_missing_is_told_at_the_field(api: Api, learner: User, field: str) -> None:
    """No list of the viewer may be null, so that its refusal reaches the viewer, which may."""
    name = field.partition(" ")[0]
    document = f"{{ serverTime viewer {{ user {{ displayName }} {field} enrollments {{ totalCount }} }} }}"

    answer = api(document, learner, frozenset({Scope.COURSES_READ}))

    assert answer.data["viewer"] is None
    assert answer.data["serverTime"] is not None
    assert told(answer) == [(["viewer", name], "TOKEN_SCOPE_MISSING")]


def test_fields_that_may_be_null_are_refused_one_by_one(
    api: Api, assessment: Assessment, learner: User
) -> None:
    document = """query ($id: ID!) { assessment(id: $id) {
      title viewerAttempts { used } attempts { totalCount } itemAnalysis { mean } lesson { title }
    } }"""

    answer = api(
        document, learner, frozenset({Scope.COURSES_READ}), id=ids.encode("Assessment", assessment.pk)
    )

    assert answer.data["assessment"] == {
        "title": "Beans",
        "viewerAttempts": None,
        "attempts": None,
        "itemAnalysis": None,
        "lesson": {"title": assessment.lesson.title},
    }
    refused = ("viewerAttempts", "attempts", "itemAnalysis")
    assert told(answer) == [(["assessment", name], "TOKEN_SCOPE_MISSING") for name in refused]


# ---------------------------------------------------------------- what a mutation shows


def test_a_mutation_is_carried_out_and_only_what_it_shows_is_refused(api: Api, learner: User) -> None:
    note = Note.objects.get()
    document = """mutation ($id: ID!) { updateNote(input: {noteId: $id, content: "New"}) {
      userErrors { code } note { content lesson { assessment { y: attempts(first: 0) { totalCount } } } }
    } }"""

    answer = api(document, learner, id=ids.encode("Note", note.pk))

    assert answer.data["updateNote"] == {
        "userErrors": [],
        "note": {"content": "New", "lesson": {"assessment": {"y": None}}},
    }
    assert told(answer) == [(["updateNote", "note", "lesson", "assessment", "y"], "BAD_USER_INPUT")]
    note.refresh_from_db()
    assert note.content == "New"


def test_nobody_signed_in_is_told_nothing_of_a_review_of_their_own(api: Api, assessment: Assessment) -> None:
    factories.make_review(factories.make_user(), assessment.lesson.course)

    answer = api("{ courses { edges { node { viewerReview { moderationNotes } } } } }")

    assert answer["courses"] == {"edges": [{"node": {"viewerReview": None}}]}


# ---------------------------------------------------------------- beside what a DataLoader brings


def test_who_gives_up_waiting_takes_nobody_with_them(db: None) -> None:
    """An error cancels what is awaited beside it, and another field may wait for the same course."""
    lesson = factories.make_lesson(course=factories.make_course(title="Coffee"))

    async def run() -> Any:
        loaders = Loaders(None)
        given_up, kept = (loaders.value(lesson, course_of) for _ in range(2))
        given_up.cancel()
        return await kept

    assert async_to_sync(run)().title == "Coffee"
