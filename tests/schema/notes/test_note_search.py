"""Finding one's own notes again: by lesson, by tag, and by words."""

from typing import Any

import pytest
from django.db import connection
from graphql import GraphQLError

from courses.models import Lesson, Note, User
from schema.core import ids
from schema.core.connections import encode_cursor
from schema.dataloaders import notes as loaders
from schema.dataloaders.base import TotalCount
from schema.dataloaders.paging import Page
from schema.notes.filters import NoteOrder, notes_of_viewer
from schema.notes.types import Note as NoteType  # noqa: F401 - makes ids of notes known
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def lesson() -> Lesson:
    return factories.make_lesson()


@pytest.fixture
def learner(lesson: Lesson) -> User:
    return factories.make_learner(lesson.course)


def _page(viewer: User, **arguments: Any) -> Page:
    return loaders.notes_of_viewer.load(viewer, [viewer.pk], notes_of_viewer(**arguments))[viewer.pk]


def _found(viewer: User, **arguments: Any) -> list[str]:
    return [note.content for note in _page(viewer, **arguments).rows]


@pytest.mark.parametrize(
    ("content", "search"),
    [
        ("Extraction decides the taste.", "extraction"),
        ("Extraction decides the taste.", "EXTR tas"),
        ("Extraction decides the taste.", "taste extraction"),
        ("A well-known formula", "well-kn"),
        ("It's sour", "it's"),
        ("Größe zählt", "größ"),
        ("Version 3.14 of it", "3.1"),
        ("a path\\with backslash", "path\\with"),
        ("sour & sweet", "sour & swe"),
        ("About TCP/IP today", "tcp/ip"),
        ("About TCP/IP today", "TCP"),
        ("About TCP/IP today", "ip"),
        ("An x86-64 machine", "64"),
        ("An x86-64 machine", "x86"),
        ("An x86-64 machine", "x86-64"),
        ("An x86-64 machine", "x86-6"),
        ("A read/write lock", "write"),
        ("A read/write lock", "read/wri lock"),
        ("Python 3.11 is the floor", "3.11"),
        ("Python 3.11 is the floor", "11"),
        ("Ask ann@example.org", "ann@example.org"),
        ("Ask ann@example.org", "example"),
        ("See https://example.org/courses/1?tab=notes", "notes"),
        ("See https://example.org/courses/1?tab=notes", "example.org/courses"),
        ("Pointers of C++", "c++"),
        ("Properties of C#", "C#"),
        ("snake_case_name", "case"),
        ("a 20% share", "20%"),
        ("Bal d'été", "d'été"),
        ("Bal d'été", "ÉTÉ"),
        ("Bal d’été", "d’été"),
        ("le café", "cafe\u0301"),
        ("le cafe\u0301", "CAFÉ"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("σοφος", "ΣΟΦΟΣ"),
        ("Die Straße", "STRASSE"),
        ("DIE STRASSE", "straße"),
        ("İzmir", "izmir"),
        ("Izmir", "İZMİR"),
        ("Kaf\u00adfee\u200b", "kaffee"),
        ("Kaffee", "\u200fkaf\u00adfee\ufeff"),
    ],
)
def test_a_search_finds_notes_with_every_word_or_its_beginning(
    learner: User, lesson: Lesson, content: str, search: str
) -> None:
    factories.make_note(learner, lesson, content=content)
    factories.make_note(learner, lesson, content="Nothing of the kind.")
    assert _found(learner, search=search) == [content]


@pytest.mark.parametrize(
    "search",
    [
        "decided",
        "raction",
        "extraction bitter",
        "!",
        "'",
        "\\",
        ":* | !",
        "<->",
        "the/decides",
        "extra/decides",
    ],
)
def test_a_search_finds_nothing_else_and_nothing_in_it_is_an_operator(
    learner: User, lesson: Lesson, search: str
) -> None:
    factories.make_note(learner, lesson, content="Extraction decides the taste.")
    assert _found(learner, search=search) == []


@pytest.mark.parametrize("search", [None, "", " \n", "\u200b \u3164"])
def test_a_search_for_nothing_asks_for_all_notes(learner: User, lesson: Lesson, search: str | None) -> None:
    factories.make_note(learner, lesson, content="One.")
    factories.make_note(learner, lesson, content="Two.")
    assert _found(learner, search=search) == ["Two.", "One."]


def test_a_search_of_more_than_200_characters_is_refused() -> None:
    notes_of_viewer(search="x" * 200)
    with pytest.raises(GraphQLError) as refused:
        notes_of_viewer(search="x" * 201)
    assert refused.value.extensions == {"code": "BAD_USER_INPUT"}


def test_the_best_match_comes_first_and_equal_ones_the_newest_first(learner: User, lesson: Lesson) -> None:
    contents = ["sour once", "sour and sour and sour", "sour then"]
    for content in contents:
        factories.make_note(learner, lesson, content=content)
    assert _found(learner, search="sour") == ["sour and sour and sour", "sour then", "sour once"]


def test_an_order_that_is_asked_for_comes_before_the_best_match(learner: User, lesson: Lesson) -> None:
    contents = ["sour once", "sour and sour and sour", "sour then"]
    for content in contents:
        factories.make_note(learner, lesson, content=content)
    assert _found(learner, search="sour", order_by=[NoteOrder.OLDEST]) == contents
    assert _found(learner, search="sour", order_by=[NoteOrder.NEWEST]) == contents[::-1]


def test_pages_of_a_search_go_on_where_the_last_one_ended_through_all_ties(
    learner: User, lesson: Lesson
) -> None:
    for number in range(9):
        factories.make_note(learner, lesson, content=" ".join(["sour"] * (1 + number % 3)))
    Note.objects.update(created_date=lesson.created_date)
    whole = [note.pk for note in _page(learner, search="sour", first=100).rows]
    walked: list[int] = []
    after = None
    while True:
        page = _page(learner, search="sour", first=2, after=after)
        walked += [note.pk for note in page.rows]
        if not page.has_next_page:
            break
        after = encode_cursor(page.rows[-1], page.request.order)
    assert walked == whole
    assert len(set(walked)) == 9
    assert TotalCount().load(learner, [page], None) == {page: 9}


def test_a_cursor_of_a_search_does_not_fit_the_list_without_one(learner: User, lesson: Lesson) -> None:
    factories.make_note(learner, lesson, content="sour")
    page = _page(learner, search="sour")
    with pytest.raises(GraphQLError):
        notes_of_viewer(after=encode_cursor(page.rows[0], page.request.order))


@pytest.mark.parametrize(
    ("stored", "tag"),
    [
        ("To ask", "To ask"),
        ("To ask", "TO ASK"),
        ("To ask", "  to   ask "),
        ("café", "CAFE\u0301"),
        ("cafe\u0301", "café"),
        ("ΣΟΦΟΣ", "σοφος"),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("İzmir", "izmir"),
        ("IZMIR", "İzmir"),
        ("cof\u00adfee", "cof\u200bfee"),
        ('"quoted\\', '"QUOTED\\'),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_a_tag_is_found_however_it_is_written(learner: User, lesson: Lesson, stored: str, tag: str) -> None:
    factories.make_note(learner, lesson, content="Tagged.", tags=["a", stored])
    factories.make_note(learner, lesson, content="Other.", tags=[f"{stored} more"])
    factories.make_note(learner, lesson, content="Untagged.")
    assert _found(learner, tag=tag) == ["Tagged."]


@pytest.mark.parametrize("tag", ["", "\u200b", "To", "To ask, a"])
def test_nothing_but_the_whole_tag_is_found(learner: User, lesson: Lesson, tag: str) -> None:
    factories.make_note(learner, lesson, content="Tagged.", tags=["a", "To ask"])
    assert _found(learner, tag=tag) == []


def test_a_note_is_found_by_what_was_written_without_saving_it(learner: User, lesson: Lesson) -> None:
    factories.make_note(learner, lesson, content="Before.", tags=["before"])
    Note.objects.update(content="Die Straße", tags=["ΣΟΦΟΣ"])
    assert _found(learner, search="strasse") == _found(learner, tag="σοφος") == ["Die Straße"]
    assert _found(learner, search="before") == _found(learner, tag="before") == []


def test_lesson_tag_and_words_narrow_together(learner: User, lesson: Lesson) -> None:
    other = factories.make_lesson(course=lesson.course)
    for place, tags, content in (
        (lesson, ["x"], "sour"),
        (lesson, [], "sour too"),
        (other, ["x"], "sour also"),
    ):
        factories.make_note(learner, place, content=content, tags=tags)
    lesson_id = ids.encode("Lesson", lesson.pk)
    assert _found(learner, lesson_id=lesson_id, tag="X", search="sour") == ["sour"]
    assert _found(learner, lesson_id=lesson_id) == ["sour too", "sour"]
    assert _found(learner, lesson_id=ids.encode("Course", lesson.pk)) == []


def test_a_search_finds_ones_own_notes_only(learner: User, lesson: Lesson) -> None:
    factories.make_note(factories.make_learner(lesson.course), lesson, content="sour", is_private=False)
    assert _found(learner, search="sour") == []


def test_a_search_reads_the_index_of_words_where_somebody_has_many_notes(
    learner: User, lesson: Lesson
) -> None:
    Note.objects.bulk_create(
        Note(user=learner, lesson=lesson, content=f"word{number} and the like") for number in range(5_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE courses_note")
    page = _page(learner, search="word4321")
    assert [note.content for note in page.rows] == ["word4321 and the like"]
    plan = page.request.narrow(page.everything()).filter(user=learner).order_by("-relevance").explain()
    assert "note_words" in plan
