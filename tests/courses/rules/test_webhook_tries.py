"""Tries of a webhook: the schedule, jitter, and what a receiver asks for."""

from datetime import UTC, datetime, timedelta

import pytest

from courses.rules.webhook_tries import DISTANCES, next_try

NOW = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_times_since_the_first_try_are_those_of_the_standard() -> None:
    moment, since_start = NOW, []
    for tries in range(10):
        following = next_try(tries, moment, None, 0)
        assert following is not None
        moment = following
        since_start.append(str(moment - NOW))

    assert since_start == [
        "0:00:00",
        "0:00:05",
        "0:05:05",
        "0:35:05",
        "2:35:05",
        "7:35:05",
        "17:35:05",
        "1 day, 7:35:05",
        "2 days, 3:35:05",
        "3 days, 3:35:05",
    ]


@pytest.mark.parametrize("tries", [10, 11])
def test_after_ten_tries_a_message_is_given_up_whatever_the_receiver_asks(tries: int) -> None:
    assert next_try(tries, NOW, timedelta(seconds=1), 0.5) is None


@pytest.mark.parametrize("tries", range(1, 10))
def test_jitter_adds_up_to_a_tenth_of_the_distance(tries: int) -> None:
    assert next_try(tries, NOW, None, 0) == NOW + DISTANCES[tries]
    assert next_try(tries, NOW, None, 1) == NOW + DISTANCES[tries] * 1.1


@pytest.mark.parametrize(
    ("tries", "retry_after", "wait"),
    [
        (1, timedelta(minutes=2), timedelta(minutes=2)),
        (3, timedelta(minutes=2), timedelta(minutes=30)),
        (3, timedelta(), timedelta(minutes=30)),
    ],
)
def test_a_receiver_puts_a_try_off_and_never_brings_it_forward(
    tries: int, retry_after: timedelta, wait: timedelta
) -> None:
    assert next_try(tries, NOW, retry_after, 0) == NOW + wait
