"""What matters most, told the same when DataLoaders alone answer: who sees what, whole stories, queries of clients.

The tables and stories are those of other modules, run once more. CONTRIBUTING.md says how to run any test this way.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.dataloaders_alone import dataloaders_alone
from tests.operations import operation
from tests.scenarios.test_a_learner_takes_an_assessment import (  # noqa: F401 - run once more
    test_a_learner_enrols_takes_both_attempts_and_reads_the_key,
)
from tests.scenarios.test_authoring_a_course import (  # noqa: F401 - run once more
    instructor,
    test_an_instructor_writes_a_course_and_a_learner_takes_it,
)
from tests.schema.core.test_compiled_reads import QUERIES, variables_of
from tests.schema.test_who_sees_what import (  # noqa: F401 - run once more
    test_who_finds_a_node_by_its_id,
    test_who_is_answered_with_a_protected_field_or_list,
)
from tests.schema.threats.conftest import World, world  # noqa: F401 - a fixture


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with dataloaders_alone():
        yield


@pytest.mark.parametrize("kind", ["learner", "admin"])
def test_queries_of_clients_are_answered_without_errors(api: Any, world: World, kind: str) -> None:  # noqa: F811
    viewer = getattr(world, kind)
    for name in QUERIES:
        answer = api(operation(name), viewer, **variables_of(name, world))
        assert (answer.errors, bool(answer.data)) == ([], True), name
