"""The judgement of what was counted: neither too much nor too little, and nothing but successes."""

import pytest

from tests.benchmarks.counted import CountsDiffer, judge
from tests.benchmarks.workloads import WORKLOADS

PAGE, STORY = WORKLOADS[0], WORKLOADS[-1]


@pytest.mark.parametrize("counted", [100, 108])
def test_up_to_one_request_of_each_connection_is_left_behind_by_wrk(counted: int) -> None:
    judge(PAGE, 100, {"OK": counted})


@pytest.mark.parametrize("gained", [{"OK": 99}, {"OK": 109}, {"OK": 100, "OVERLOADED": 1}, {}])
def test_counts_that_differ_are_told(gained: dict[str, int]) -> None:
    with pytest.raises(CountsDiffer, match="attempt page"):
        judge(PAGE, 100, gained)


def test_a_story_is_twelve_requests_exactly() -> None:
    judge(STORY, 3, {"OK": 36})
    with pytest.raises(CountsDiffer, match="36 to 36 requests were made, and 37 are counted"):
        judge(STORY, 3, {"OK": 37})
