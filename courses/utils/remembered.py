"""Values that never change, in memory: the least recently used ones are forgotten."""

from collections import OrderedDict
from collections.abc import Collection, Hashable
from contextlib import suppress
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """At most `number` values. Threads may use it at once: each step on the dictionary is one of Python's own."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._values: OrderedDict[Key, Value] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """Return a value, None where it is not known."""
        value = self._values.get(key)
        if value is not None:
            with suppress(KeyError):  # forgotten meanwhile by another thread
                self._values.move_to_end(key)
        return value

    def known(self, keys: Collection[Key]) -> dict[Key, Value]:
        """Return those of the values that are known."""
        return {key: value for key in keys if (value := self.get(key)) is not None}

    def put(self, key: Key, value: Value) -> None:
        """Remember a value."""
        self._values[key] = value
        with suppress(KeyError):
            while len(self._values) > self._number:
                self._values.popitem(last=False)

    def clear(self) -> None:
        self._values.clear()
