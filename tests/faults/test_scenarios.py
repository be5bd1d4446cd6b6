"""Faults in the midst of a short load: what was acknowledged is stored, once, and all the rest is whole.

`python -m tests.faults` plays the same for longer and those that take long as well, and prints the figures.
"""

import random

import pytest

from tests.faults.playing import Ground, Scenario, play
from tests.faults.scenarios import SCENARIOS

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied

OPERATIONS = 40
"""Acknowledgements before the fault and after it: five of each saver."""

PLAYED = [scenario for scenario in SCENARIOS if not scenario.takes_long]


@pytest.mark.parametrize("scenario", PLAYED, ids=[scenario.name for scenario in PLAYED])
def test_nothing_is_lost_and_nothing_done_twice(ground: Ground, scenario: Scenario) -> None:
    if reason := scenario.reason_against(ground):
        pytest.skip(f"2026-11-28: {reason}")
    seed = random.randrange(10**6)
    print(f"python -m tests.faults --only '{scenario.name}' --seed {seed}")

    played = play(scenario, ground, operations=OPERATIONS, seed=seed)

    assert played.findings == []
    assert played.acknowledged >= 2 * OPERATIONS
