"""Rows in place of the GraphQL types that describe them: fields read the row itself, so nothing is built."""

from typing import TypeVar, cast, overload

T = TypeVar("T")


@overload
def shown_as(_type: type[T], row: None) -> None: ...
@overload
def shown_as(_type: type[T], row: object) -> T: ...
def shown_as(_type: type[T], row: object) -> T | None:
    """Return the row itself, typed as the GraphQL type whose fields are read from it."""
    return cast(T | None, row)
