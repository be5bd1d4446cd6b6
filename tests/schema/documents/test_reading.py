"""Reading a document is bounded work, counted here in calls of functions, which are the same on every machine."""

from functools import partial
from itertools import islice
from typing import Any

import pytest
from graphql import get_introspection_query

from schema.documents import introspection, reading
from schema.root import schema
from tests.schema.documents.worst_documents import documents
from tests.schema.threats.test_bombs import calls_of, read_anew, refused

MOST_CALLS = 250_000


@pytest.mark.parametrize("seed", [1, 2])
def test_no_document_of_a_random_kind_takes_more_than_so_much_work(seed: int) -> None:
    print("seed", seed)
    for kind, text in islice(documents(seed), 30):
        assert calls_of(partial(read_anew, text)) < MOST_CALLS, kind


@pytest.mark.parametrize(
    "query",
    [
        "{ " + "viewer { __typename } " * 480 + "}",
        "{ " + "serverTime " * 1_900 + "}",
        "{ " + " ".join(f"...F{number}" for number in range(150)) + " }"
        + "".join(f" fragment F{number} on Query {{ viewer {{ __typename }} }}" for number in range(150)),
        "{ ...F0 }"
        + "".join(f" fragment F{n} on Query {{ viewer {{ __typename }} ...F{n + 1} ...F{n + 2} }}" for n in range(60))
        + " fragment F60 on Query { __typename } fragment F61 on Query { __typename }",
        "{ __typename } #" + '"' + "x" * 60_000 + '"\n{ course(slug: "' + "x" * 60_000 + '") { id } }',
    ],
    ids=["equal selections", "equal fields", "fragments side by side", "nested fragments", "a long text"],
)  # fmt: skip
def test_what_would_take_too_long_is_refused_with_the_limit_and_a_way_out(query: str) -> None:
    assert calls_of(lambda: read_anew(query)) < MOST_CALLS
    assert refused(query) == [
        "LIMIT_EXCEEDED: The query takes more than 40000 steps to be read, which is the limit: "
        "ask for fewer fields, select none twice, and send long texts and lists as variables."
    ]


def test_fragments_that_many_operations_share_are_bounded_too() -> None:
    operations = [f"query Q{n}($a: ID!) {{ ...F0 ...F{n % 20} }}" for n in range(60)]
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(20)]
    uses = " ".join(f"n{n}: node(id: $a) {{ id }}" for n in range(40))

    [error] = read_anew(" ".join([*operations, *fragments, f"fragment F20 on Query {{ {uses} }}"])).errors

    assert error.message.startswith("The query takes more than 40000 steps to be read")


@pytest.mark.parametrize(
    ("query", "conflict"),
    [
        ("{ a: serverTime a: __typename }", "'serverTime' and '__typename' are different fields"),
        ('{ course(slug: "a") { id } course(slug: "b") { id } }', "they have differing arguments"),
        (
            "{ viewer { a: __typename } ...F } fragment F on Query { viewer { a: user { id } } }",
            "subfields 'a' conflict because '__typename' and 'user' are different fields",
        ),
    ],
)
def test_a_conflict_is_found_among_as_many_fields_as_are_read(query: str, conflict: str) -> None:
    beside = " ".join(f"b{number}: serverTime" for number in range(200))

    [said] = refused(query.replace("{", "{ " + beside, 1))

    assert said.startswith("GRAPHQL_VALIDATION_FAILED: Fields ")
    assert conflict in said


def test_equal_selections_are_no_conflict() -> None:
    assert read_anew("{ " + "viewer { __typename } " * 40 + "}").errors == ()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("{ " + "x" * 200_000 + " }", "A name is 200000 characters long; at most 128 are allowed."),
        ('{ course(slug: [{a: "' + "x" * 9_000 + '"}]) { id } }', "…"),
        ('{ course("' + "x" * 9_000 + '") { id } }', "…"),
    ],
)
def test_a_message_repeats_little_of_what_was_sent(query: str, said: str) -> None:
    [message] = refused(query)

    assert message.endswith(said)
    assert len(message) < 1_100


def test_of_many_errors_a_few_are_told_and_the_first_with_a_suggestion() -> None:
    said = refused("{ serverTimes " + " ".join(f"nothing{number}" for number in range(100)) + " }")

    assert said[0] == (
        "GRAPHQL_VALIDATION_FAILED: Cannot query field 'serverTimes' on type 'Query'. Did you mean 'serverTime'?"
    )
    assert said[1] == "GRAPHQL_VALIDATION_FAILED: Cannot query field 'nothing0' on type 'Query'."
    assert 1 < len(said) <= 20


def test_a_type_that_is_unknown_is_told_without_comparing_it_with_all_the_others() -> None:
    assert refused("{ ... on Coursee { id } }") == ["GRAPHQL_VALIDATION_FAILED: Unknown type 'Coursee'."]


def test_introspection_is_worked_out_once_for_everybody(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    executed = []
    execute = introspection.execute

    def noted(*given: Any, **named: Any) -> Any:
        executed.append(named)
        return execute(*given, **named)

    monkeypatch.setattr(introspection, "execute", noted)
    reading.forget_documents()
    query = get_introspection_query()

    answers = [api(text)["__schema"] for text in (query, query, "# again\n" + query)]

    assert answers[0] == answers[1] == answers[2]
    assert {"name": "Course"}.items() <= {type_["name"]: type_ for type_ in answers[0]["types"]}[
        "Course"
    ].items()
    assert executed == [{"operation_name": "IntrospectionQuery"}]


def test_introspection_is_paid_by_the_values_of_its_answer() -> None:
    prepared = read_anew(get_introspection_query(schema_description=True, input_value_deprecation=True))

    cost = prepared.shapes["IntrospectionQuery"].cost({})

    assert 1_000 < cost < 5_000
    assert read_anew("{ __schema { types { name } } }").shapes[None].cost({}) == 1 + -(
        -(1 + len(schema._schema.type_map)) // 20
    )
