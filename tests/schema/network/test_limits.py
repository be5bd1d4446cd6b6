"""What an operation may be at most, and what it is said to cost."""

import time
from typing import Any

import pytest
from graphql import get_introspection_query

from schema.documents import reading
from schema.documents.reading import forget_documents


def nested_rows(levels: int, first: int = 1) -> str:
    """A query of `levels` nested connections: 3 levels of fields each, and one for the number inside."""
    opening = f"rows(first: {first}) {{ edges {{ node {{ "
    return "{ " + opening * levels + "number" + " } } }" * levels + " }"


def refusals(response) -> list[str]:
    errors = response.json()["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"LIMIT_EXCEEDED"}
    return [error["message"] for error in errors]


def cost(response) -> int:
    return response.json()["extensions"]["cost"]["requested"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ hello }", 1),
        ("{ hello __typename }", 2),
        ("mutation { change }", 10),
        ("mutation { a: change b: change }", 20),
        ("{ rows(first: 10) { edges { node { number } } } }", 1 + 10 * 3),
        ("{ rows(last: 7) { edges { node { number } } } }", 1 + 7 * 3),
        ("{ rows { edges { node { number } } } }", 1 + 20 * 3),
        ("{ rows(first: null) { edges { node { number } } } }", 1 + 20 * 3),
        (
            "{ rows(first: 2) { edges { node { rows(first: 3) { edges { node { number } } } } } } }",
            1 + 2 * (3 + 3 * 3),
        ),
        ("query ($n: Int = 4) { rows(first: $n) { edges { node { number } } } }", 1 + 4 * 3),
        ("query ($n: Int) { rows(first: $n) { edges { node { number } } } }", 1 + 20 * 3),
        ("{ rows(first: 5) { ...E } } fragment E on RowConnection { edges { node { number } } }", 1 + 5 * 3),
        ("{ ... { hello } ... on Query { hello } }", 2),
    ],
)
def test_a_field_costs_1_a_mutation_10_and_a_connection_multiplies(post, query, expected):
    assert cost(post(query)) == expected


def test_the_value_of_a_variable_decides_the_cost_and_not_the_document_alone(post):
    query = "query ($n: Int) { rows(first: $n) { edges { node { number } } } }"

    assert cost(post(query, variables={"n": 100})) == 301
    assert cost(post(query, variables={"n": 1})) == 4


def test_a_list_of_ids_multiplies_what_is_asked_of_each(post):
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { number } }"

    assert cost(post(query, variables={"ids": ["a"] * 150})) == 1 + 150
    assert cost(post('{ nodes(ids: ["a", "b"]) { number } }')) == 1 + 2


def test_a_page_size_of_the_wrong_type_is_refused_as_input(post):
    query = "query ($n: Int) { rows(first: $n) { edges { node { number } } } }"

    response = post(query, variables={"n": "all"})

    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_query_that_costs_too_much_is_refused_with_limit_and_actual_cost(post):
    response = post(nested_rows(2, first=100))

    assert refusals(response) == [
        "The query costs 30301; at most 10000 is allowed: ask for fewer or smaller pages."
    ]
    assert cost(response) == 30_301


def test_sixteen_levels_are_refused_and_fifteen_are_not(post):
    fifteen = "{ __schema { types { fields { type " + "{ ofType " * 10 + "{ name }" + " }" * 14
    sixteen = fifteen.replace("{ name }", "{ ofType { name } }")

    assert "errors" not in post(fifteen).json()
    assert refusals(post(sixteen)) == ["The query is 16 levels deep; at most 15 are allowed."]


def test_the_introspection_that_tools_send_is_within_every_limit(post):
    query = get_introspection_query(
        specified_by_url=True, schema_description=True, input_value_deprecation=True
    )

    assert "errors" not in post(query).json()


def test_levels_inside_fragments_count(post):
    query = "{ __schema { types { ...T } } } fragment T on __Type { ofType { ...U } } fragment U on __Type "

    assert refusals(post(query + "{ ofType " * 12 + "{ name }" + "}" * 12)) == [
        "The query is 16 levels deep; at most 15 are allowed."
    ]


def test_fifty_one_aliases_are_refused_and_fifty_are_not(post):
    def aliases(count: int) -> str:
        return "{ " + " ".join(f"a{number}: hello" for number in range(count)) + " }"

    assert "errors" not in post(aliases(50)).json()
    assert refusals(post(aliases(51))) == ["The query has 51 aliases; at most 50 are allowed."]


def test_aliases_count_each_time_their_fragment_is_spread(post):
    aliases = " ".join(f"a{number}: number" for number in range(30))
    query = "{ rows(first: 1) { edges { node { ...F } x: node { ...F } } } } fragment F on Row "

    assert refusals(post(query + "{" + aliases + "}")) == [
        "The query has 61 aliases; at most 50 are allowed."
    ]


def test_eleven_fields_of_a_mutation_are_refused_and_ten_are_not(post):
    def changes(count: int) -> str:
        return (
            "mutation { ...F } fragment F on Mutation { "
            + " ".join(f"a{n}: change" for n in range(count))
            + " }"
        )

    assert "errors" not in post(changes(10)).json()
    assert refusals(post(changes(11))) == ["The query has 11 mutation fields; at most 10 are allowed."]


def test_only_the_operation_that_is_executed_counts(post):
    query = "query Small { hello } query Large " + nested_rows(2, first=100)

    assert cost(post(query, operationName="Small")) == 1
    assert refusals(post(query, operationName="Large"))


def test_too_many_tokens_are_refused_before_validation(post):
    response = post("{ " + "hello " * 2_000 + "}")

    assert refusals(response)[0].startswith("Syntax Error: Document contains more than 2000 tokens.")


def test_a_fragment_bomb_is_refused_without_being_expanded(post):
    levels = 60
    fragments = [f"fragment F{n} on Row {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    bottom = "a: number rows(first: 9) { edges { node { number } } }"
    fragments.append(f"fragment F{levels} on Row {{ {bottom} }}")
    query = "{ rows(first: 1) { edges { node { ...F0 } } } } " + " ".join(fragments)
    started = time.perf_counter()

    messages = refusals(post(query))

    assert time.perf_counter() - started < 2
    assert "The query has 1000000000000 aliases; at most 50 are allowed." in messages


def test_absurd_nesting_is_refused_as_a_limit(post):
    assert refusals(post("{a" * 900 + "}" * 900))


def test_a_document_is_parsed_and_validated_once_however_it_is_spaced(post, monkeypatch):
    read: list[Any] = []
    monkeypatch.setattr(reading, "_read", _noting(read, reading._read))
    forget_documents()

    answers = [
        post(query).json()["data"]
        for query in ("{ hello }", "{ hello }", "{hello}", "{\n  hello, # you\n}\n", "\ufeff{,,hello,,}")
    ]

    assert answers == [{"hello": "hello you"}] * 5
    assert [spelling.text for spelling in read] == ["{ hello }"]


def _noting(noted, read):
    def note(schema, spelling, work):
        noted.append(spelling)
        return read(schema, spelling, work)

    return note
