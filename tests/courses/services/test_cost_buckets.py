"""Cost buckets: what is drawn, what flows back, and that nobody together with others draws more than there is."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.services.cost_buckets import Draw, draw, forget_full_buckets
from courses.utils import sql
from tests.concurrency import at_once

SIZE, RATE = 1_000, 10
OWNER = "user:7"


@pytest.fixture(autouse=True)
def _small_bucket(settings: Any) -> None:
    settings.RATE_LIMIT_POINTS, settings.RATE_LIMIT_RESTORED_PER_SECOND = SIZE, RATE


def let_pass(seconds: float, owner: str = OWNER) -> None:
    """Move the last measurement into the past; in the transaction of a test the database's clock stands still."""
    sql.execute(
        "UPDATE courses_costbucket SET measured_at = measured_at - make_interval(secs => %(seconds)s)"
        " WHERE owner = %(owner)s",
        seconds=seconds,
        owner=owner,
    )


def owners() -> set[str]:
    return {row.owner for row in sql.fetch("SELECT owner FROM courses_costbucket")}


def test_a_new_bucket_is_full(db: None) -> None:
    drawn = draw(owner=OWNER, points=400)

    assert (drawn.is_granted, drawn.remaining, drawn.points) == (True, 600, 400)


def test_draws_add_up_to_the_last_point(db: None) -> None:
    assert [draw(owner=OWNER, points=points).remaining for points in (400, 599, 1)] == [600, 1, 0]


def test_one_point_too_many_is_refused_and_draws_nothing(db: None) -> None:
    draw(owner=OWNER, points=999)

    refused = draw(owner=OWNER, points=2)

    assert (refused.is_granted, refused.remaining) == (False, 1)
    assert draw(owner=OWNER, points=1).is_granted


def test_being_refused_again_and_again_does_not_put_off_the_next_grant(db: None) -> None:
    draw(owner=OWNER, points=SIZE)
    let_pass(seconds=5)

    assert [draw(owner=OWNER, points=60).is_granted for _ in range(5)] == [False] * 5
    let_pass(seconds=1)
    assert draw(owner=OWNER, points=60).is_granted


def test_what_was_drawn_flows_back_at_the_rate_and_no_further_than_full(db: None) -> None:
    draw(owner=OWNER, points=800)
    let_pass(seconds=30)

    assert draw(owner=OWNER, points=0).remaining == 200 + 30 * RATE
    let_pass(seconds=3_600)
    assert draw(owner=OWNER, points=1).remaining == SIZE - 1


def test_parts_of_a_point_flow_back_exactly(db: None) -> None:
    draw(owner=OWNER, points=10)
    for _ in range(10):
        let_pass(seconds=0.01)
        drawn = draw(owner=OWNER, points=0)

    assert drawn.spent == 9


def test_a_clock_that_goes_back_gives_nothing_and_takes_nothing(db: None) -> None:
    draw(owner=OWNER, points=100)
    let_pass(seconds=-60)

    assert draw(owner=OWNER, points=0).remaining == SIZE - 100
    let_pass(seconds=60)
    assert draw(owner=OWNER, points=0).remaining == SIZE - 100  # that minute has been counted already


def test_everybody_has_a_bucket_of_their_own(db: None) -> None:
    draw(owner=OWNER, points=SIZE)

    assert draw(owner="user:8", points=SIZE).is_granted


def test_a_draw_is_one_statement_whether_granted_or_refused(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        assert draw(owner=OWNER, points=SIZE).is_granted
        assert not draw(owner=OWNER, points=1).is_granted


def test_it_is_told_when_the_points_are_there_and_when_the_bucket_is_full() -> None:
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    refused = Draw(points=35, is_granted=False, spent=990, measured_at=noon)

    assert refused.granted_after_seconds == 3  # 25 points are missing, 10 come back each second
    assert refused.full_after_seconds == 99
    assert refused.full_at == noon + timedelta(seconds=99)


@pytest.mark.usefixtures("empty_buckets")
def test_only_full_buckets_are_forgotten() -> None:
    draw(owner="full", points=50)
    draw(owner="half", points=50)
    let_pass(seconds=5, owner="full")
    let_pass(seconds=4.9, owner="half")

    assert forget_full_buckets() == 1
    assert owners() == {"half"}


def test_the_table_is_unlogged_so_that_a_draw_waits_for_no_disk(db: None) -> None:
    [row] = sql.fetch("SELECT relpersistence FROM pg_class WHERE relname = 'courses_costbucket'")

    assert row.relpersistence == "u"


def test_thirty_two_askers_at_once_draw_exactly_what_there_is(transactional_db: None, settings: Any) -> None:
    settings.RATE_LIMIT_RESTORED_PER_SECOND = Decimal("0.000001")
    sql.execute("TRUNCATE courses_costbucket")
    granted: list[int] = []

    def ask(number: int) -> None:
        granted.extend(number for _ in range(10) if draw(owner=OWNER, points=7).is_granted)

    assert at_once(ask) == []
    assert len(granted) == SIZE // 7
