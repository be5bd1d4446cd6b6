"""Cache in memory: least recently used entries are evicted, by number and by weight."""

from collections.abc import Collection, Hashable
from threading import Lock
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Kept(Generic[Key, Value]):
    """LRU cache of at most `number` values, whose weights add up to at most `weight`; for all threads of a process."""

    def __init__(self, *, number: int, weight: int | None = None) -> None:
        self._number = number
        self._weight = number if weight is None else weight
        self._values: dict[Key, tuple[Value, int]] = {}
        self._kept_weight = 0
        self._lock = Lock()

    def get(self, key: Key) -> Value | None:
        with self._lock:
            return self._get(key)

    def known(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Return those of the values that are cached."""
        with self._lock:
            return {key: value for key in keys if (value := self._get(key)) is not None}

    def put(self, key: Key, value: Value, *, weight: int = 1) -> None:
        """Cache `value`, unless it alone is too heavy, and evict the least recently used values."""
        if weight > self._weight:
            return
        with self._lock:
            self._remove(key)
            self._values[key] = value, weight
            self._kept_weight += weight
            while len(self._values) > self._number or self._kept_weight > self._weight:
                self._remove(next(iter(self._values)))

    def clear(self) -> None:
        with self._lock:
            self._values.clear()
            self._kept_weight = 0

    def _get(self, key: Key) -> Value | None:
        found = self._values.pop(key, None)
        if found is None:
            return None
        self._values[key] = found
        return found[0]

    def _remove(self, key: Key) -> None:
        if removed := self._values.pop(key, None):
            self._kept_weight -= removed[1]
