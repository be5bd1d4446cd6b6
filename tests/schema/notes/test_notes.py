"""Notes through the API: who sees which, lists with cursors, and writing."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, Lesson, Note
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import EVERYBODY, People

IN_THE_COURSE = ("classmate", "learner", "instructor", "moderator", "admin")
MUTATIONS = ("create_note", "update_note", "delete_note")


@pytest.fixture
def lesson(course: Course) -> Lesson:
    return factories.make_lesson(course=course)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(("is_private", "seen_by"), [(True, ("learner",)), (False, IN_THE_COURSE)])
def test_a_private_note_is_its_owners_and_a_public_one_for_people_of_the_course(
    api: Any, people: People, lesson: Lesson, who: str, is_private: bool, seen_by: tuple[str, ...]
) -> None:
    note = factories.make_note(people["learner"], lesson, is_private=is_private)
    seen = api(
        "query ($note: ID!, $lesson: ID!) { note: node(id: $note) { id }"
        " lesson: node(id: $lesson) { ... on Lesson { notes { totalCount edges { node { id } } } } } }",
        people[who],
        note=ids.encode("Note", note.pk),
        lesson=ids.encode("Lesson", lesson.pk),
    )
    expected = [{"id": ids.encode("Note", note.pk)}] if who in seen_by else []
    assert [edge["node"] for edge in seen["lesson"]["notes"]["edges"]] == expected
    assert seen["lesson"]["notes"]["totalCount"] == len(expected)
    assert ([seen["note"]] if seen["note"] else []) == expected


def test_whoever_left_the_course_keeps_their_own_notes_and_sees_no_others(
    api: Any, people: People, course: Course, lesson: Lesson
) -> None:
    own = factories.make_note(people["learner"], lesson)
    factories.make_note(people["classmate"], lesson, is_private=False)
    withdraw = "mutation ($input: WithdrawInput!) { withdraw(input: $input) { userErrors { code } } }"
    api(withdraw, people["learner"], input={"courseId": ids.encode("Course", course.pk)})
    found = api(
        operation("lesson_notes"), people["learner"], courseId=ids.encode("Course", course.pk), first=10
    )
    [seen] = found["course"]["lessons"][0]["notes"]["edges"]
    assert seen["node"]["id"] == ids.encode("Note", own.pk)


def test_pages_of_notes_go_on_through_ties_from_the_newest_to_the_oldest(
    api: Any, people: People, lesson: Lesson
) -> None:
    notes = [factories.make_note(people["learner"], lesson) for _ in range(5)]
    Note.objects.update(created_date=datetime(2030, 1, 1, tzinfo=UTC))
    walked: list[str] = []
    after = None
    while True:
        answer = api(
            operation("lesson_notes"),
            people["learner"],
            courseId=ids.encode("Course", lesson.course_id),
            first=2,
            after=after,
        )
        page = answer["course"]["lessons"][0]["notes"]
        walked += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert walked == [ids.encode("Note", note.pk) for note in reversed(notes)]


def test_pages_of_notes_go_backwards_through_ties(api: Any, people: People, lesson: Lesson) -> None:
    notes = [factories.make_note(people["learner"], lesson) for _ in range(5)]
    Note.objects.update(created_date=datetime(2030, 1, 1, tzinfo=UTC))
    document = """query ($id: ID!, $before: String) { node(id: $id) { ... on Lesson {
      notes(last: 2, before: $before) { pageInfo { hasPreviousPage startCursor } edges { node { id } } }
    } } }"""
    walked: list[str] = []
    before = None
    while True:
        answer = api(document, people["learner"], id=ids.encode("Lesson", lesson.pk), before=before)
        page = answer["node"]["notes"]
        walked = [edge["node"]["id"] for edge in page["edges"]] + walked
        if not page["pageInfo"]["hasPreviousPage"]:
            break
        before = page["pageInfo"]["startCursor"]
    assert walked == [ids.encode("Note", note.pk) for note in reversed(notes)]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([], ["late", "middle", "early"]),
        (["NEWEST"], ["late", "middle", "early"]),
        (["OLDEST"], ["early", "middle", "late"]),
        (["OLDEST", "NEWEST"], ["early", "middle", "late"]),
    ],
)
def test_notes_can_be_ordered_by_age(
    api: Any, people: People, lesson: Lesson, order: list[str], expected: list[str]
) -> None:
    for content in ("early", "middle", "late"):
        factories.make_note(people["learner"], lesson, content=content)
    document = """query ($id: ID!, $orderBy: [NoteOrder!]) {
      node(id: $id) { ... on Lesson { notes(orderBy: $orderBy) { edges { node { content } } } } }
      viewer { notes(orderBy: $orderBy) { edges { node { content } } } }
    }"""
    found = api(document, people["learner"], id=ids.encode("Lesson", lesson.pk), orderBy=order)
    for notes in (found["node"]["notes"], found["viewer"]["notes"]):
        assert [edge["node"]["content"] for edge in notes["edges"]] == expected


def test_the_notes_of_twenty_lessons_cost_as_many_statements_as_those_of_one(api: Any, db: None) -> None:
    small, large = factories.make_course(), factories.make_course()
    viewer = factories.make_learner(small)
    factories.enroll(viewer, large)
    for course, lessons in ((small, 1), (large, 20)):
        author = factories.make_learner(course)
        for _ in range(lessons):
            lesson = factories.make_lesson(course=course)
            factories.make_note(viewer, lesson)
            factories.make_note(author, lesson, is_private=False)
    counts = []
    for course in (small, large):
        with CaptureQueriesContext(connection) as queries:
            api(operation("lesson_notes"), viewer, courseId=ids.encode("Course", course.pk), first=10)[
                "course"
            ]
        counts.append(len(queries))
    assert counts == [1, 1]


def test_create_note_answers_with_the_note_as_it_was_stored(api: Any, people: People, lesson: Lesson) -> None:
    lesson_id = ids.encode("Lesson", lesson.pk)
    given = {"lessonId": lesson_id, "content": " Text. ", "timestampSeconds": 90, "tags": [" a  b ", "A B"]}
    payload = api(operation("create_note"), people["learner"], input=given)["createNote"]
    assert payload == {
        "note": {
            "id": ids.encode("Note", Note.objects.get().pk),
            "content": "Text.",
            "timestampSeconds": 90,
            "isPrivate": True,
            "tags": ["a b"],
            "lesson": {"id": lesson_id},
        },
        "userErrors": [],
    }


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"content": " "}, "INVALID", ["content"]),
        ({"timestampSeconds": -1}, "INVALID", ["timestampSeconds"]),
        ({"tags": ["fine", ""]}, "INVALID", ["tags", "1"]),
        ({"tags": [str(number) for number in range(11)]}, "TOO_MANY_TAGS", ["tags"]),
    ],
)
def test_what_is_at_fault_is_told_with_its_path_and_nothing_is_written(
    api: Any, people: People, lesson: Lesson, fields: dict[str, Any], code: str, path: list[str]
) -> None:
    given = {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Text."} | fields
    payload = api(operation("create_note"), people["learner"], input=given)["createNote"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == [(code, path)]
    assert payload["note"] is None
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, ("Text.", 7, True, ["a"])),
        ({"timestampSeconds": None}, ("Text.", None, True, ["a"])),
        ({"content": "New.", "isPrivate": False, "tags": [], "timestampSeconds": 0}, ("New.", 0, False, [])),
    ],
)
def test_what_an_update_leaves_out_stays_and_a_null_takes_the_place_in_the_film_away(
    api: Any, people: People, lesson: Lesson, changes: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    note = factories.make_note(people["learner"], lesson, content="Text.", timestamp_seconds=7, tags=["a"])
    given = {"noteId": ids.encode("Note", note.pk)} | changes
    payload = api(operation("update_note"), people["learner"], input=given)["updateNote"]
    assert payload["userErrors"] == []
    written = payload["note"]
    assert (
        written["content"],
        written["timestampSeconds"],
        written["isPrivate"],
        written["tags"],
    ) == expected


def test_delete_note_answers_with_the_id_that_it_had(api: Any, people: People, lesson: Lesson) -> None:
    note = factories.make_note(people["learner"], lesson)
    note_id = ids.encode("Note", note.pk)
    payload = api(operation("delete_note"), people["learner"], input={"noteId": note_id})["deleteNote"]
    assert payload == {"deletedNoteId": note_id, "userErrors": []}
    assert not Note.objects.exists()


@pytest.mark.parametrize(
    ("name", "is_private", "codes"),
    [
        ("create_note", True, {"learner_elsewhere": "NOT_ENROLLED", "instructor_elsewhere": "NOT_ENROLLED"}),
        (
            "update_note",
            False,
            {"learner_elsewhere": "NOT_FOUND", "instructor_elsewhere": "NOT_FOUND"}
            | dict.fromkeys(("classmate", "instructor", "moderator", "admin"), "PERMISSION_DENIED"),
        ),
        (
            "delete_note",
            False,
            {"learner_elsewhere": "NOT_FOUND", "instructor_elsewhere": "NOT_FOUND"}
            | dict.fromkeys(("classmate", "instructor"), "PERMISSION_DENIED"),
        ),
        (
            "update_note",
            True,
            dict.fromkeys((who for who in EVERYBODY if who not in ("anonymous", "learner")), "NOT_FOUND"),
        ),
        (
            "delete_note",
            True,
            dict.fromkeys((who for who in EVERYBODY if who not in ("anonymous", "learner")), "NOT_FOUND"),
        ),
    ],
)
def test_who_may_not_write_which_notes(
    api: Any, people: People, lesson: Lesson, name: str, is_private: bool, codes: dict[str, str]
) -> None:
    note = factories.make_note(people["learner"], lesson, is_private=is_private)
    before = list(Note.objects.values())
    for who, code in codes.items():
        payload = api(operation(name), people[who], input=_input(name, lesson, note))[_field(name)]
        assert [error["code"] for error in payload["userErrors"]] == [code], who
        assert list(Note.objects.values()) == before, who


@pytest.mark.parametrize("name", MUTATIONS)
def test_nobody_writes_notes_without_signing_in_or_with_a_token_for_something_else(
    api: Any, people: People, lesson: Lesson, name: str
) -> None:
    note = factories.make_note(people["learner"], lesson)
    before = list(Note.objects.values())
    given = _input(name, lesson, note)
    assert api(operation(name), input=given).codes == ["UNAUTHENTICATED"]
    answer = api(operation(name), people["learner"], frozenset({"reviews:write"}), input=given)
    payload = answer.data[_field(name)]
    assert [error["code"] for error in payload["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert list(Note.objects.values()) == before


def test_the_author_of_a_note_cannot_be_given(api: Any, people: People, lesson: Lesson) -> None:
    given = f'lessonId: "{ids.encode("Lesson", lesson.pk)}", content: "Text."'
    author = f'authorId: "{ids.encode("User", people["classmate"].pk)}"'
    answer = api(
        f"mutation {{ createNote(input: {{{given}, {author}}}) {{ userErrors {{ code }} }} }}",
        people["learner"],
    )
    assert answer.data is None
    assert not Note.objects.exists()


def _input(name: str, lesson: Lesson, note: Note) -> Any:
    note_id = ids.encode("Note", note.pk)
    return {
        "create_note": {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Text."},
        "update_note": {"noteId": note_id, "content": "Changed."},
        "delete_note": {"noteId": note_id},
    }[name]


def _field(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)
