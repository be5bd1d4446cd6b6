"""What was worked out before and is kept in memory: the latest used, up to a number and a weight."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """The values used last, at most `number` of them, which together weigh at most `weight`."""

    def __init__(self, *, number: int, weight: int) -> None:
        self._number = number
        self._weight = weight
        self._values: dict[Key, tuple[Value, int]] = {}
        self._kept_weight = 0

    def get(self, key: Key) -> Value | None:
        found = self._values.pop(key, None)
        if found is None:
            return None
        self._values[key] = found
        return found[0]

    def put(self, key: Key, value: Value, *, weight: int) -> None:
        """Keep `value`, unless it alone is too heavy, and let go of those that were not used for the longest time."""
        if weight > self._weight:
            return
        self._remove(key)
        self._values[key] = value, weight
        self._kept_weight += weight
        while len(self._values) > self._number or self._kept_weight > self._weight:
            self._remove(next(iter(self._values)))

    def clear(self) -> None:
        self._values.clear()
        self._kept_weight = 0

    def _remove(self, key: Key) -> None:
        if removed := self._values.pop(key, None):
            self._kept_weight -= removed[1]
