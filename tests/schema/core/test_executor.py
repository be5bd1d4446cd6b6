"""Our executor answers as graphql-core's own does: the data and errors of random queries over random objects."""

import asyncio
import enum
import random
from dataclasses import dataclass
from typing import Any

import pytest
import strawberry
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.core.executor import Executor
from schema.core.fields import computed
from schema.network.extensions import ApiSchema
from tests.factories import make_course, make_review, make_user

QUERIES_OF_A_SEED = 40


@strawberry.enum
class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Thing:
    """What is published as a Part. Now and then an attribute is null or of a wrong kind."""

    text: Any
    maybe_text: Any


@strawberry.interface
class Named:
    text: str


@strawberry.type
class Part(Named):
    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Thing)

    maybe_text: str | None
    number: int
    color: Color | None
    words: list[str]
    maybe_words: list[str | None] | None
    part: "Part | None"
    own_part: "Part"
    parts: list["Part"]
    maybe_parts: "list[Part | None] | None"
    names: list[Named]

    @computed("Fails where `number` is 3.")
    def computed_text(root: Any) -> str:
        if root.number == 3:
            raise ValueError("three")
        return f"{root.number}"

    @computed("The part itself, made anew.")
    def computed_part(root: Any) -> "Part | None":
        return root.part

    @strawberry.field
    def resolved(root: Any) -> str | None:
        return root.maybe_text

    @strawberry.field
    async def awaited(root: Any) -> str:
        await asyncio.sleep(0)
        return root.maybe_text

    @strawberry.field
    async def awaited_parts(root: Any) -> "list[Part]":
        await asyncio.sleep(0)
        return root.parts


LEAVES = (
    "text", "maybeText", "number", "color", "words", "maybeWords", "computedText", "resolved", "awaited", "__typename"
)  # fmt: skip
BRANCHES = ("part", "ownPart", "parts", "maybeParts", "computedPart", "awaitedParts")


@strawberry.type
class Query:
    @strawberry.field
    def part(self, info: strawberry.Info) -> Part | None:
        return info.context


SCHEMA = ApiSchema(query=Query)


@dataclass
class Wrong:
    """An object of no type that is published."""

    text: str = "wrong"


def _random_part(random: random.Random, depth: int) -> Any:
    def usually(value: Any, *otherwise: Any) -> Any:
        return value if random.random() < 0.93 else random.choice(otherwise)

    def parts() -> Any:
        number = random.randrange(3) if depth else 0
        return [
            usually(_random_part(random, depth - 1), None, Wrong(), ValueError("item")) for _ in range(number)
        ]

    part: Any = Thing()
    part.text = usually("text", None, 5, object())
    part.maybe_text = random.choice(["maybe", None])
    part.number = usually(random.randrange(6), None, "no number", 2**40)
    part.color = usually(random.choice([Color.RED, None]), "green")
    part.words = usually(
        [usually("word", None) for _ in range(random.randrange(3))], None, "words", ("a", "b")
    )
    part.maybe_words = random.choice([None, ["word", None]])
    part.part = _random_part(random, depth - 1) if depth and random.random() < 0.6 else None
    part.own_part = usually(_random_part(random, depth - 1), None, Wrong()) if depth else None
    part.parts = usually(parts(), None, 7)
    part.maybe_parts = random.choice([None, parts(), tuple(parts())])
    part.names = parts()
    return part


def _random_selection(random: random.Random, depth: int) -> str:
    asked = random.sample(LEAVES, random.randrange(1, 5))
    if depth:
        asked += [
            f"{alias}{name} {{ {_random_selection(random, depth - 1)} }}"
            for name in random.sample(BRANCHES, random.randrange(1, 3))
            for alias in random.choice([("",), ("", f"{name}Again: ")])
        ]
        if random.random() < 0.2:
            asked.append("names { __typename text ... on Part { number } }")
        if random.random() < 0.3:
            asked.append(f"... on Part {{ {_random_selection(random, depth - 1)} }}")
    return " ".join(asked)


async def _answer(executor: type, document: str, part: Thing) -> Any:
    SCHEMA.execution_context_class = executor
    result = await SCHEMA.execute(document, context_value=part)
    while left_behind := asyncio.all_tasks() - {asyncio.current_task()}:  # by an error
        await asyncio.gather(*left_behind, return_exceptions=True)
    return result.data, sorted((str(error.path), error.message) for error in result.errors or [])


# An error cancels what was about to be awaited beside it; graphql-core leaves that behind in the same way.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("seed", range(12))
def test_random_queries_are_answered_alike(seed: int) -> None:
    """Where something is awaited, which of several errors beneath one null are told is a matter of timing."""
    source = random.Random(seed)
    failed = 0
    for _ in range(QUERIES_OF_A_SEED):
        part = _random_part(source, 4)
        document = f"{{ part {{ {_random_selection(source, 3)} }} }}"
        data, errors = asyncio.run(_answer(Executor, document, part))
        expected, expected_errors = asyncio.run(
            _answer(StrawberryGraphQLCoreExecutionContext, document, part)
        )
        assert data == expected, (seed, document)
        if "awaited" in document:
            assert bool(errors) == bool(expected_errors), (seed, document)
        else:
            assert errors == expected_errors, (seed, document)
        failed += bool(errors)
    assert 0 < failed < QUERIES_OF_A_SEED, f"Seed {seed} tries only one side: {failed} of its queries fail."


def test_graphql_core_executes_no_field_of_a_row_that_was_filled(
    api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even the root field, however many courses, reviews and authors there are."""
    left: list[str] = []
    execute_field = StrawberryGraphQLCoreExecutionContext.execute_field

    def counted(self: Any, parent_type: Any, source: Any, details: Any, path: Any, context: Any) -> Any:
        left.append(f"{parent_type.name}.{path.key}")
        return execute_field(self, parent_type, source, details, path, context)

    monkeypatch.setattr(StrawberryGraphQLCoreExecutionContext, "execute_field", counted)
    for number in range(3):
        course = make_course(title=f"Course {number}")
        make_review(make_user(display_name="Reviewer"), course, rating=4)
    answered = api(
        "{ courses { edges { cursor node { title lessonCount reviewSummary { averageRating }"
        " reviews(first: 2) { edges { node { __typename rating author { displayName } } } } } } } }"
    )
    [first, *others] = [edge["node"] for edge in answered["courses"]["edges"]]
    assert len(others) == 2
    assert first["reviews"]["edges"][0]["node"]["author"] == {"displayName": "Reviewer"}
    assert left == []
