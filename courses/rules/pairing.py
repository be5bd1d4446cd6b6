"""Which stored rows an edited list goes on with, so that what refers to them stays true."""

from collections.abc import Callable, Sequence
from typing import TypeVar

S = TypeVar("S")
G = TypeVar("G")


def paired(
    stored: Sequence[S], given: Sequence[G], *, is_same: Callable[[S, G], bool]
) -> tuple[list[S | None], list[S]]:
    """Return what each of `given` goes on with (None: it is new), and which of `stored` nothing goes on with.

    What stayed the same keeps its row, wherever it stands now. What is left on both sides was edited: it is
    paired in its order.
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
