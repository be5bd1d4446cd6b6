"""Root fields that read: `query(...)` names the scope, and runs the read with what is asked beneath it."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import strawberry

from schema.context import Info
from schema.core.look_ahead import look_ahead
from schema.core.permissions import RequiresScope, Scope, scope_missing
from schema.dataloaders.base import fill
from schema.dataloaders.plans import Plan
from schema.execution.database_threads import database


@dataclass(frozen=True)
class RootRead:
    """What a root field reads: the scope that it needs, and its function."""

    scope: Scope
    function: Callable[..., Any]

    def __call__(self, info: Any, plan: Plan, arguments: Mapping[str, Any]) -> Any:
        """The value of the field, and what `plan` asks beneath it: work for a database thread."""
        value = self.function(info, **arguments)
        if value is not None:
            fill(info.context.viewer, value if isinstance(value, list) else [value], plan)
        return value


def root_read_of(field: Any) -> RootRead | None:
    """What the root field reads, or None where `query` has not made it."""
    resolver = getattr(field, "base_resolver", None)
    return getattr(resolver and resolver.wrapped_func, "root_read", None)


def query(*, scope: Scope, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Publish a function `(info, ...arguments) -> value` as a root field.

    The function runs on a database thread, and what the client asks beneath it is loaded in the same visit.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        read = RootRead(scope, function)

        @functools.wraps(function)
        async def resolver(info: Info, **arguments: Any) -> Any:
            if not info.context.has_scope(scope):
                raise scope_missing(scope)
            return await database(read, info, look_ahead(info), arguments)

        resolver.root_read = read  # type: ignore[attr-defined]
        return strawberry.field(
            resolver=resolver, description=description, directives=[RequiresScope(scope=scope)]
        )

    return decorate
