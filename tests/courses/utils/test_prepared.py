"""Statements are planned once by each session, and never where that could end a transaction."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg2 import errors

from courses.utils import prepared
from courses.utils.prepared import VARYING, Prepared, run_prepared

ADD = Prepared("SELECT %s + %s::int, '100 %%'", [1, VARYING])


@pytest.fixture(autouse=True)
def _new_session(transactional_db: None) -> Iterator[None]:
    connection.close()
    yield
    connection.close()


def run(statement: Prepared, *values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        statement.execute(cursor, values)
        return cursor.fetchall()


def prepared_here() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements ORDER BY prepare_time, name")
        return [name for (name,) in cursor.fetchall()]


def test_it_is_planned_the_first_time_and_executed_from_then_on(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2) as captured:
        assert run(ADD, 2) == [(3, "100 %")]
        assert run(ADD, 40) == [(41, "100 %")]
    assert [query["sql"].split()[0] for query in captured] == ["PREPARE", "SET"]
    assert prepared_here() == [ADD.name]


def test_a_statement_without_parameters_keeps_its_percent_signs() -> None:
    assert run(Prepared("SELECT 'a%%b' LIKE 'a%%'", [])) == [(True,)]


def test_other_constants_are_another_statement() -> None:
    other = Prepared("SELECT %s + %s::int, '100 %%'", [5, VARYING])
    assert (run(ADD, 2), run(other, 2)) == ([(3, "100 %")], [(7, "100 %")])
    assert prepared_here() == [ADD.name, other.name]


def test_inside_a_transaction_nothing_is_prepared() -> None:
    with transaction.atomic():
        assert run(ADD, 2) == [(3, "100 %")]
    assert prepared_here() == []


def test_a_session_that_lacks_the_name_is_answered_by_preparing_again() -> None:
    run(ADD, 2)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    assert run(ADD, 3) == [(4, "100 %")]
    assert prepared_here() == [ADD.name]


def test_a_new_session_starts_without_names() -> None:
    run(ADD, 2)
    connection.close()
    assert run(ADD, 3) == [(4, "100 %")]
    assert prepared_here() == [ADD.name]


def test_what_another_client_has_prepared_in_the_session_is_executed_and_stays() -> None:
    run(ADD, 2)
    others = "s" + "0" * 24
    with connection.cursor() as cursor:
        cursor.execute(f"PREPARE {others} AS SELECT 1")
    connection.prepared_names = None, None  # type: ignore[attr-defined]
    assert run(ADD, 3) == [(4, "100 %")]
    assert prepared_here() == [ADD.name, others]


def test_a_table_that_has_changed_is_planned_anew() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE changing AS SELECT 1 AS one")
    everything = Prepared("SELECT * FROM changing", [])
    assert run(everything) == [(1,)]
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE changing ADD COLUMN two integer DEFAULT 2")
    assert run(everything) == [(1, 2)]


def test_a_session_keeps_the_latest_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "KEPT", 2)
    first, second, third = (Prepared(f"SELECT {number}", []) for number in (1, 2, 3))
    for statement in (first, second, first, third):
        run(statement)
    assert sorted(prepared_here()) == sorted([first.name, third.name])


def test_a_name_to_be_forgotten_that_is_not_there_is_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "KEPT", 1)
    run(ADD, 2)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    other = Prepared("SELECT 7", [])
    assert (run(other), prepared_here()) == ([(7,)], [other.name])


def test_where_every_attempt_meets_another_session_it_is_run_without_a_name() -> None:
    failures = cycle([errors.InvalidSqlStatementName, errors.DuplicatePreparedStatement])
    texts = []
    for attempt, failure in zip(ADD.attempts({ADD.name: True}, [2]), failures, strict=False):
        texts.append(attempt.text.split()[0])
        if attempt.text == "SELECT %s + %s::int, '100 %%'":
            break
        with attempt:
            raise ProgrammingError from failure(f'prepared statement "{ADD.name}" does not suit')
    assert texts == ["SET", "PREPARE", "SET", "PREPARE", "SELECT"]
    assert attempt.parameters == [1, 2]


def test_what_several_transactions_share_is_prepared_once() -> None:
    shared, first, second = (Prepared(f"SELECT {number}", []) for number in (1, 2, 3))
    sent: list[str] = []
    with connection.cursor() as cursor, connection.execute_wrapper(_noting(sent)):
        for group in [[first, shared], [second, shared], [first, shared], [second, shared]]:
            run_prepared(cursor, "; ".join(statement.run for statement in group), [], group)
    assert [[part.split()[0] for part in text.split("; ")] for text in sent] == [
        ["PREPARE", "PREPARE", "EXECUTE", "EXECUTE"],
        ["PREPARE", "EXECUTE", "EXECUTE"],
        ["EXECUTE", "EXECUTE"],
        ["EXECUTE", "EXECUTE"],
    ]


@pytest.mark.parametrize("there", [[0], [1], [2], [0, 1], [0, 2], [0, 1, 2]])
def test_of_a_group_only_what_the_session_lacks_is_prepared(there: list[int]) -> None:
    group = [Prepared(f"SELECT {number}", []) for number in (1, 2, 3)]
    for place in there:
        run(group[place])
    connection.prepared_names = None, None  # type: ignore[attr-defined]
    before = prepared_here()
    for _ in range(2):
        with connection.cursor() as cursor:
            run_prepared(cursor, "; ".join(statement.run for statement in group), [], group)
            assert cursor.fetchall() == [(3,)]
    assert prepared_here()[: len(before)] == before
    assert sorted(prepared_here()) == sorted(statement.name for statement in group)


def test_a_group_that_was_believed_to_be_there_is_prepared_but_for_what_is() -> None:
    group = [Prepared(f"SELECT {number}", []) for number in (1, 2, 3)]
    text, sent = "; ".join(statement.run for statement in group), list[str]()
    with connection.cursor() as cursor:
        run_prepared(cursor, text, [], group)
        cursor.execute(f"DEALLOCATE {group[1].name}")
        with connection.execute_wrapper(_noting(sent)):
            run_prepared(cursor, text, [], group)
    assert [[part.split()[0] for part in each.split("; ")] for each in sent] == [
        ["EXECUTE", "EXECUTE", "EXECUTE"],
        ["PREPARE", "PREPARE", "PREPARE", "EXECUTE", "EXECUTE", "EXECUTE"],
        ["PREPARE", "PREPARE", "EXECUTE", "EXECUTE", "EXECUTE"],
        ["PREPARE", "EXECUTE", "EXECUTE", "EXECUTE"],
        [
            "EXECUTE",
            "EXECUTE",
            "EXECUTE",
        ],  # the one before was prepared by the string that failed at the last
    ]
    assert sorted(prepared_here()) == sorted(statement.name for statement in group)


def _noting(sent: list[str]) -> Any:
    def execute(execute: Any, text: str, *rest: Any) -> Any:
        sent.append(text)
        return execute(text, *rest)

    return execute


def test_other_mistakes_are_told() -> None:
    with pytest.raises(Exception, match="division by zero"):
        run(Prepared("SELECT 1 / %s::int", [VARYING]), 0)
    assert run(ADD, 2) == [(3, "100 %")]


def test_it_has_one_plan_and_other_statements_keep_theirs() -> None:
    keys = Prepared("SELECT count(*) FROM pg_class WHERE oid = ANY(%s::oid[])", [VARYING])
    for _ in range(8):
        run(keys, [1])
    with connection.cursor() as cursor:
        cursor.execute("SELECT generic_plans, custom_plans FROM pg_prepared_statements")
        assert cursor.fetchall() == [(8, 0)]
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("auto",)


def test_it_reads_no_small_table_whole_and_other_statements_may() -> None:
    settings = "SELECT current_setting('enable_hashjoin'), current_setting('enable_seqscan'), %s::int"
    assert run(Prepared(settings, [VARYING]), 1) == [("off", "off", 1)]
    with connection.cursor() as cursor:
        cursor.execute(settings, [1])
        assert cursor.fetchall() == [("on", "on", 1)]
