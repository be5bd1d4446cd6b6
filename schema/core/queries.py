"""Root fields that read: `query(...)` names the scope, and runs the read with what is asked beneath it."""

import functools
from collections.abc import Callable
from typing import Any

import strawberry

from schema.context import Info
from schema.core.compiled_reads import RootRead, look_ahead
from schema.core.permissions import RequiresScope, Scope, scope_missing
from schema.execution.database_threads import database


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
