"""Positions in the write-ahead log, as they are written and compared."""

import pytest

from courses.utils.wal_positions import ANYWHERE, WalPosition


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("0-0/0", ANYWHERE),
        ("1-0/3000148", WalPosition(1, 0x3000148)),
        ("12-16/B374D848", WalPosition(12, 0x16_B374D848)),
        ("4294967295-FFFFFFFF/FFFFFFFF", WalPosition(2**32 - 1, 2**64 - 1)),
    ],
)
def test_a_position_is_read_as_it_is_written(text: str, position: WalPosition) -> None:
    assert WalPosition.parse(text) == position
    assert str(position) == text


@pytest.mark.parametrize(
    "text", ["", "0/3000148", "1-0/", "1-0/3000148 ", "1-0/FFFFFFFFF", "-1-0/0", "1-g/0", "١-0/0", "1-0/a"]
)
def test_nothing_else_is_a_position(text: str) -> None:
    with pytest.raises(ValueError, match="is no position such as 1-0/3000148"):
        WalPosition.parse(text)


def test_positions_are_in_the_order_of_the_log_and_a_new_timeline_is_after_every_older_one() -> None:
    texts = ["1-0/9", "1-0/10", "1-1/0", "2-0/9"]

    assert sorted(map(WalPosition.parse, reversed(texts))) == [WalPosition.parse(text) for text in texts]
