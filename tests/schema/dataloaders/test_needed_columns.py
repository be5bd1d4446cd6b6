"""Of rows no more columns are read than a query asks, and none less."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, User
from courses.utils.clock import StatementTimestamp
from schema.core import ids
from schema.core.compiled_reads import CompiledOperation
from schema.core.ids import KINDS
from schema.dataloaders import statements
from schema.root import schema
from tests import factories
from tests.people import People
from tests.schema.walk import Walk
from tests.taking import remember_versions

Api = Callable[..., Any]


@pytest.fixture(autouse=True)
def _rows_of_several_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CompiledOperation, "inlined", lambda *_: None)


OWNED = {"Note", "UserActivity", "Notification", "AccessToken"}
"""What nobody but its owner sees."""


def _fields() -> list[tuple[str, str]]:
    """Every field of every node type."""
    types: Any = schema._schema.type_map
    return [(type_name, field) for type_name in KINDS for field in types[type_name].fields]


def _asked(api: Api, type_name: str, field: str, global_id: str, viewer: User | None) -> tuple[Any, int]:
    """What the API answers when that field is asked alone, and the statements that it takes."""
    document = Walk(schema._schema, {}).field_of(type_name, field, depth=1)
    with CaptureQueriesContext(connection) as statements_run:
        answer = api(document, viewer, id=global_id)
    return answer["node"], len(statements_run)


@pytest.mark.parametrize(("type_name", "field"), _fields())
def test_a_field_asked_alone_is_answered_as_from_whole_rows(
    api: Api,
    people: People,
    rows: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    type_name: str,
    field: str,
) -> None:
    viewer = people["learner" if type_name in OWNED else "admin"]
    factories.make_review(
        people["classmate"], Course.objects.get(pk=ids.required_pk(rows["Course"], "Course"))
    )
    remember_versions()
    from_needed_columns = _asked(api, type_name, field, rows[type_name], viewer)
    with _whole_rows(monkeypatch):
        assert from_needed_columns == _asked(api, type_name, field, rows[type_name], viewer)


@pytest.mark.parametrize(
    "field", [field for type_name, field in _fields() if type_name == "AssessmentAttempt"]
)
@pytest.mark.parametrize("state", ["open", "graded"])
def test_so_is_a_field_of_an_attempt_in_another_state(
    api: Api, people: People, monkeypatch: pytest.MonkeyPatch, state: str, field: str
) -> None:
    learner = people["learner"]
    assert learner is not None
    assessment = factories.make_assessment(time_limit=0 if state == "graded" else 600)
    factories.single_choice(assessment)
    make = {"open": factories.make_attempt, "graded": factories.make_completed_attempt}[state]
    attempt = ids.encode("AssessmentAttempt", make(learner, assessment).pk)
    remember_versions()
    monkeypatch.setattr(StatementTimestamp, "as_sql", lambda *_: ("TIMESTAMPTZ '2026-01-01 12:00+00'", []))
    for viewer in (learner, people["admin"]):
        from_needed_columns = _asked(api, "AssessmentAttempt", field, attempt, viewer)
        with _whole_rows(monkeypatch):
            assert from_needed_columns == _asked(api, "AssessmentAttempt", field, attempt, viewer)


@contextmanager
def _whole_rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Read all columns meanwhile."""
    with monkeypatch.context() as changed:
        statements.statement.cache_clear()
        changed.setattr(statements, "_narrowed", lambda rows, _columns: rows)
        yield
    statements.statement.cache_clear()


def _columns_read(api: Api, document: str, viewer: User | None = None, **variables: Any) -> list[set[str]]:
    """The columns of the rows that each statement of an operation reads."""
    with CaptureQueriesContext(connection) as run:
        assert not api(document, viewer, **variables).errors
    return [_columns_of(query["sql"]) for query in run]


def _columns_of(statement: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return {column.name for column in cursor.description} - {"place", "parent_key"}


def test_a_list_reads_what_is_asked_and_what_its_cursors_need(api: Api, people: People, rows: Any) -> None:
    document = """{
        courses { edges { node { title reviews(first: 1) { edges { node { author { displayName } } } } } } }
    }"""
    assert _columns_read(api, document, people["admin"]) == [
        {"id", "title", "created_date"},
        {"id", "user_id", "created_date"},
        {"id", "display_name", "username"},
    ]


def test_one_row_reads_what_is_asked_however_it_is_reached(api: Api, people: People, rows: Any) -> None:
    learner = people["learner"]
    for document in (
        "query($id: ID!) { attempt(id: $id) { revision } }",
        "query($id: ID!) { node(id: $id) { ... on AssessmentAttempt { revision } } }",
        "query($id: ID!) { nodes(ids: [$id]) { id ...Seen } } fragment Seen on AssessmentAttempt { revision }",
    ):
        assert _columns_read(api, document, learner, id=rows["AssessmentAttempt"]) == [
            {"id", "revision", "is_overdue"}
        ]


def test_two_selections_of_one_thing_read_what_either_asks(api: Api, people: People, rows: Any) -> None:
    document = """query($id: ID!) {
        course(id: $id) { lessons { title } ...Times }
    }
    fragment Times on Course { lessons { durationSeconds } }"""
    assert _columns_read(api, document, people["learner"], id=rows["Course"]) == [
        {"id"},
        {"id", "title", "duration_seconds"},
    ]


def test_whether_the_key_may_be_seen_is_found_out_where_a_solution_is_asked(api: Api, people: People) -> None:
    attempt = factories.make_attempt(people["learner"], factories.make_assessment())
    columns = {
        asked: _columns_read(
            api,
            f"query($id: ID!) {{ attempt(id: $id) {{ answeredCount questions {{ {asked} }} }} }}",
            people["learner"],
            id=ids.encode("AssessmentAttempt", attempt.pk),
        )[0]
        for asked in ("text", "solution { explanation }", "result { credit }")
    }
    assert columns == {
        "text": {"id", "layout", "is_overdue"},
        "solution { explanation }": {"id", "layout", "is_overdue", "answer_key_visible"},
        "result { credit }": {"id", "layout", "is_overdue", "is_completed", "results_visible"},
    }
