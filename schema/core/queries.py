"""Root fields that read: `query(...)` names the scope, and runs the read with what is asked beneath it."""

import functools
from collections.abc import Callable
from typing import Any

import strawberry

from schema.context import Info
from schema.core.look_ahead import look_ahead
from schema.core.permissions import RequiresScope, Scope, scope_missing
from schema.dataloaders.base import Viewer, fill
from schema.dataloaders.plans import Plan
from schema.execution.database_threads import database


def query(*, scope: Scope, description: str) -> Callable[[Callable[..., Any]], Any]:
    """Publish a function `(info, ...arguments) -> value` as a root field.

    The function runs on a database thread, and what the client asks beneath it is loaded in the same visit.
    """

    def decorate(function: Callable[..., Any]) -> Any:
        @functools.wraps(function)
        async def resolver(info: Info, **arguments: Any) -> Any:
            if not info.context.has_scope(scope):
                raise scope_missing(scope)
            return await database(_read, info.context.viewer, look_ahead(info), function, info, arguments)

        return strawberry.field(
            resolver=resolver, description=description, directives=[RequiresScope(scope=scope)]
        )

    return decorate


def _read(viewer: Viewer, plan: Plan, function: Callable[..., Any], info: Info, arguments: Any) -> Any:
    value = function(info, **arguments)
    fill(viewer, value if isinstance(value, list) else [value], plan) if value is not None else None
    return value
