"""Whatever is wrong beneath a root field is told in its own place: as graphql-core tells it, that looks at nothing
before it gets there.

Random operations with wrong arguments and missing scopes are executed in two ways: compiled and with looking
ahead, and with graphql-core's own executor over a plan of nothing.
"""

import random
from typing import Any

import pytest
from asgiref.sync import AsyncToSync, async_to_sync
from django.conf import settings
from django.db import transaction

from courses.constants import Scope
from schema.context import Context, Identity
from schema.dataloaders.base import Declaration, Loaders
from schema.root import schema
from tests.dataloaders_alone import dataloaders_alone
from tests.people import People
from tests.schema.faulty_operations import FaultyOperations

pytestmark = pytest.mark.compiled

QUERIES_OF_A_SEED = 40
TOKENS = [
    frozenset({Scope.COURSES_READ}),
    frozenset({Scope.COURSES_READ, Scope.NOTES_READ}),
    frozenset({Scope.COURSES_READ, Scope.ATTEMPTS_READ}),
    frozenset(Scope) - {Scope.STATISTICS_READ},
    frozenset(Scope) - {Scope.COURSES_READ},
]
Answers = tuple[Any, list[tuple[Any, ...]]]


@pytest.fixture
def nothing_is_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load at once, on the test's own thread, whatever was not foreseen.

    Of several errors beneath one null only one is told. Which one is a matter of timing where a batch is awaited;
    here it is the first of the document.
    """

    def value(self: Loaders, parent: Any, declaration: Declaration, request: Any = None) -> Any:
        filled = vars(parent).get("_filled", {})
        if (declaration, request) in filled:
            return filled[declaration, request]
        if (key := declaration.key_of(parent)) is None:
            return declaration.missing(key, request)
        tests_own_thread = AsyncToSync.executors.current
        found = tests_own_thread.submit(declaration.load, self._viewer, [key], request).result()
        return found[key] if key in found else declaration.missing(key, request)

    monkeypatch.setattr(Loaders, "value", value)


@pytest.fixture
def no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAX_COST", "MAX_TOKENS", "MAX_READING_STEPS", "MAX_DEPTH", "MAX_ALIASES"):
        monkeypatch.setattr(settings, name, 10**18)


def answered(document: str, variables: dict[str, Any], identity: Identity) -> Answers:
    """The data, and the path, code and message of every error. What was written is undone."""
    with transaction.atomic():
        asked = async_to_sync(schema.execute)
        result = asked(document, variable_values=variables, context_value=Context(identity))
        transaction.set_rollback(True)
    errors = [(error.path, (error.extensions or {})["code"], error.message) for error in result.errors or []]
    return result.data, sorted(errors, key=str)


def identities(people: People) -> list[Identity]:
    sessions = [Identity(person) for person in vars(people).values()]
    return [*sessions, *(Identity(people["learner"], scopes) for scopes in TOKENS)]


@pytest.mark.parametrize("seed", range(5))
def test_random_queries_with_wrong_arguments_are_answered_alike(
    people: People, rows: dict[str, str], nothing_is_awaited: None, no_limits: None, seed: int
) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    operations = FaultyOperations(schema._schema, rows, chance)
    beneath_the_root = 0

    for _ in range(QUERIES_OF_A_SEED):
        identity, document = chance.choice(identities(people)), operations.query()
        ours = answered(document, operations.variables, identity)
        with dataloaders_alone():
            expected = answered(document, operations.variables, identity)
        assert ours == expected, (document, operations.variables, identity)
        codes = {code for _, code, _ in expected[1]}
        assert codes <= {"BAD_USER_INPUT", "TOKEN_SCOPE_MISSING"}, (document, operations.variables, expected)
        beneath_the_root += any(len(path or ()) > 1 for path, _, _ in expected[1])

    assert beneath_the_root > QUERIES_OF_A_SEED / 4


@pytest.mark.filterwarnings(
    "ignore:coroutine .* was never awaited:RuntimeWarning"
)  # graphql-core leaves them behind
@pytest.mark.parametrize("seed", [100])
def test_so_they_are_where_data_loaders_bring_what_was_not_foreseen(
    people: People, rows: dict[str, str], no_limits: None, seed: int
) -> None:
    """Batches that are awaited decide which of several errors beneath one null is told, and nothing else."""
    print(f"seed {seed}")
    chance = random.Random(seed)
    operations = FaultyOperations(schema._schema, rows, chance)
    told = 0

    for _ in range(QUERIES_OF_A_SEED):
        identity, document = chance.choice(identities(people)), operations.query()
        data, errors = answered(document, operations.variables, identity)
        with dataloaders_alone():
            expected, expected_errors = answered(document, operations.variables, identity)
        assert data == expected, (document, operations.variables, identity)
        assert nulls_of(data, errors) == nulls_of(expected, expected_errors), (document, operations.variables)
        told += errors == expected_errors != []

    assert told > QUERIES_OF_A_SEED / 4


def nulls_of(data: Any, errors: list[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    """Where null stands for what failed: the beginning of each error's path that there is in the data."""
    nulls = set()
    for path, _, _ in errors:
        value, place = data, []
        for step in path or ():
            if value is None:
                break
            value = value[step]
            place.append(step)
        nulls.add(tuple(place))
    return nulls


WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    "updateNote": ("noteId", {"content": "Changed."}),
    "voteReviewHelpful": ("reviewId", {"helpful": True}),
    "moderateReview": ("reviewId", {"isApproved": True}),
    "markNotificationRead": ("notificationId", {}),
    "completeLesson": ("lessonId", {}),
    "updateCourse": ("courseId", {"title": "Changed"}),
    "updateAssessment": ("assessmentId", {"title": "Changed"}),
}


@pytest.mark.parametrize("name", WRITES)
def test_what_a_mutation_wrote_is_shown_with_the_same_errors(
    people: People, rows: dict[str, str], nothing_is_awaited: None, no_limits: None, name: str
) -> None:
    print(f"seed {name}")
    chance = random.Random(name)
    operations = FaultyOperations(schema._schema, rows, chance)
    of, more = WRITES[name]
    given = {of: rows[of[0].upper() + of.removesuffix("Id")[1:]], **more}

    for _ in range(QUERIES_OF_A_SEED // 4):
        identity, document = chance.choice(identities(people)), operations.mutation(name, given)
        ours = answered(document, operations.variables, identity)
        with dataloaders_alone():
            assert ours == answered(document, operations.variables, identity), (document, identity)
