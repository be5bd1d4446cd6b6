"""Matching of an edited list with stored rows, so that references to the rows stay valid."""

from collections.abc import Callable, Sequence
from typing import TypeVar

S = TypeVar("S")
G = TypeVar("G")


def paired(
    stored: Sequence[S], given: Sequence[G], *, is_same: Callable[[S, G], bool]
) -> tuple[list[S | None], list[S]]:
    """Return the stored row that each of `given` updates (None: insert it), and the rows of `stored` left over.

    Equal items keep their row, wherever they stand now. Of the rest, edited items and rows are paired in order.
    """
    left = list(stored)
    pairs: list[S | None] = []
    for wanted in given:
        same = next((row for row in left if is_same(row, wanted)), None)
        pairs.append(same)
        if same is not None:
            left.remove(same)
    for place, row in enumerate(pairs):
        if row is None and left:
            pairs[place] = left.pop(0)
    return pairs, left
