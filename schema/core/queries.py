"""Root fields that read: `query(...)` names the scope, and runs the read with what is asked beneath it."""

import functools
from collections.abc import Callable
from functools import partial
from typing import Any

import strawberry

from schema.context import Info
from schema.core.compiled_reads import look_ahead
from schema.core.compiling import RootRead
from schema.core.permissions import RequiresScope, Scope, scope_missing
from schema.execution.database_threads import database


def query(
    *, scope: Scope, description: str, names_source: bool = False
) -> Callable[[Callable[..., Any]], Any]:
    """Publish a function `(info, ...arguments) -> value` as a root field.

    The function runs on a database thread, and what the client asks beneath it is loaded in the same visit. One that
    `names_source` returns a Source instead, and may run anywhere: its operation can be read by one statement.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        read = RootRead(scope, function, names_source)

        @functools.wraps(function)
        async def resolver(info: Info, **arguments: Any) -> Any:
            if not info.context.has_scope(scope):
                raise scope_missing(scope)
            return await database(read, info, partial(look_ahead, info), arguments)

        resolver.root_read = read  # type: ignore[attr-defined]
        return strawberry.field(
            resolver=resolver, description=description, directives=[RequiresScope(scope=scope)]
        )

    return decorate
