"""Small documents that mean enormous work: refused after work in proportion to their size, which is counted."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from schema.context import Context
from schema.core.error_codes import ErrorCode
from schema.documents import cost, reading
from schema.documents.reading import PreparedDocument, forget_documents, prepare
from schema.root import schema
from tests.schema.network.small_schema import schema as small_schema


def calls_of(work: Callable[[], object]) -> int:
    """How many functions of Python `work` calls: the same on every machine, unlike its time."""
    count = 0

    def note(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def read_anew(query: str) -> PreparedDocument:
    """What a process makes of `query` that has not seen it before."""
    forget_documents()
    return prepare(schema, query)


def refused(query: str) -> list[str]:
    """The codes and texts with which the API refuses `query`."""
    answer = async_to_sync(schema.execute)(query, context_value=Context())
    assert answer.errors
    return [f"{(error.extensions or {})['code']}: {error.message}" for error in answer.errors]


def fragment_bomb(fragments: int) -> str:
    """Each fragment spreads the next one twice: 2 to the power of `fragments` fields."""
    parts = [
        f"fragment F{number} on Course {{ lessons {{ {inner} }} a{number}: lessons {{ {inner} }} }}"
        for number in range(fragments)
        for inner in [f"course {{ ...F{number + 1} }}"]
    ]
    parts.append(f"fragment F{fragments} on Course {{ id }}")
    return '{ course(slug: "x") { ...F0 } } ' + " ".join(parts)


def cycle(levels: int) -> str:
    """Lessons of courses of lessons, `levels` of them."""
    pairs = levels // 2
    return '{ course(slug: "x") { ' + "lessons { course { " * pairs + "id" + " } }" * pairs + " } }"


def test_forty_fragments_that_double_each_other_cost_no_more_than_their_text() -> None:
    twenty, forty = (calls_of(partial(read_anew, fragment_bomb(count))) for count in (20, 40))

    assert forty < 5 * twenty  # twice the text, and never 2 ** 20 times the work
    assert forty < 400_000
    assert any("1000000000000 aliases" in each for each in refused(fragment_bomb(40)))


def test_a_measuring_pass_visits_each_fragment_once(monkeypatch: pytest.MonkeyPatch) -> None:
    visited = 0
    visit = cost._Pass._selections

    def count(self: Any, *arguments: Any) -> Any:
        nonlocal visited
        visited += 1
        return visit(self, *arguments)

    monkeypatch.setattr(cost._Pass, "_selections", count)
    read_anew(fragment_bomb(40))

    assert visited == 2 + 40 * 5 + 1  # the operation and its field; five selection sets a fragment; the last


def test_two_hundred_fragments_in_a_chain_are_more_than_is_read() -> None:
    chain = " ".join(f"fragment F{number} on Query {{ ...F{number + 1} }}" for number in range(200))

    said = refused(f"{{ ...F0 }} {chain} fragment F200 on Query {{ __typename }}")

    assert said == ["LIMIT_EXCEEDED: The query is nested too deeply to be read."]


def test_five_hundred_levels_are_refused_after_no_more_work_than_their_text() -> None:
    fifty = calls_of(lambda: refused(cycle(50)))
    said: list[str] = []

    five_hundred = calls_of(lambda: said.extend(refused(cycle(500))))

    assert [each.partition(":")[0] for each in said] == ["LIMIT_EXCEEDED"]
    assert five_hundred < 12 * fifty


def test_going_round_in_circles_ends_at_the_depth(api: Any, db: None) -> None:
    assert api(cycle(12)).errors == []
    assert refused(cycle(16)) == ["LIMIT_EXCEEDED: The query is 18 levels deep; at most 15 are allowed."]


def test_two_hundred_aliases_of_one_field_are_refused() -> None:
    aliases = " ".join(f"a{number}: serverTime" for number in range(200))

    assert "LIMIT_EXCEEDED: The query has 200 aliases; at most 50 are allowed." in refused(
        "{ " + aliases + " }"
    )


def test_fifteen_hundred_fields_that_would_be_compared_with_each_other_are_never_validated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "faults_of", _must_not_run)
    fields = " ".join(f'a: __type(name: "n{number}") {{ name }}' for number in range(1_500))

    [refusal] = refused("{ " + fields + " }")

    assert refusal.startswith("LIMIT_EXCEEDED: Syntax Error: Document contains more than 2000 tokens.")


@pytest.mark.parametrize("count", [600, 1_000])
def test_a_thousand_unknown_directives_are_refused_with_few_words(count: int) -> None:
    said = refused("{ __typename " + "@a" * count + " }")

    assert 0 < len(said) <= 101
    assert {each.partition(":")[0] for each in said} <= {"GRAPHQL_VALIDATION_FAILED", "LIMIT_EXCEEDED"}


def test_a_hundred_equal_requests_are_validated_once(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    validated = []
    validate = reading.faults_of

    def count(*arguments: Any) -> Any:
        validated.append(arguments)
        return validate(*arguments)

    monkeypatch.setattr(reading, "faults_of", count)
    forget_documents()

    answers = [post("query Hundred { hello }").status_code for _ in range(100)]

    assert answers == [200] * 100
    assert [schema for schema, *_ in validated] == [small_schema._schema]


def test_mutations_do_not_hide_behind_aliases() -> None:
    fields = " ".join(
        f"a{number}: markAllNotificationsRead(input: {{}}) {{ markedCount }}" for number in range(11)
    )

    assert "LIMIT_EXCEEDED: The query has 11 mutation fields; at most 10 are allowed." in refused(
        "mutation { " + fields + " }"
    )


def test_every_refusal_of_size_is_of_the_request_and_not_of_the_server() -> None:
    assert ErrorCode.LIMIT_EXCEEDED.status == 400


def _must_not_run(*_: Any) -> Any:
    pytest.fail("it was validated")
