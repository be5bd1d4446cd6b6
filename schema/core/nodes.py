"""Refetching by global id: `node`, `nodes`, and the root fields for one object."""

from collections.abc import Sequence
from typing import Annotated, Any

import strawberry
from django.conf import settings
from graphql import GraphQLError

from schema.context import Info
from schema.core import ids as global_ids
from schema.core.compiled_reads import look_ahead
from schema.core.ids import KINDS, Node
from schema.core.permissions import Scope, scope_missing
from schema.core.queries import query
from schema.core.rows import shown_as
from schema.dataloaders.base import fill
from schema.dataloaders.sources import NoRow, RowByPk, Source
from schema.execution.tracing import statement

Id = Annotated[strawberry.ID, strawberry.argument(description="Global id, as read from an `id` field.")]
Ids = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="Global ids, at most 100 unless the server sets another limit."),
]


def row_by_id(info: Info, global_id: str, type_name: str) -> Source:
    """Return the row of a node type by global id, as visible to the viewer; none for an id of another type.

    Raises GraphQLError (TOKEN_SCOPE_MISSING).
    """
    kind, key = KINDS.get(type_name), global_ids.pk(global_id, type_name)
    if kind is None or key is None:
        return NoRow()
    if not info.context.has_scope(kind.scope):
        raise scope_missing(kind.scope)
    return RowByPk(kind.by_pk, key, type_name)


@strawberry.type
class NodeQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Object with the given global id. Null when it does not exist or is not visible to the "
        "viewer; the two cases are not told apart.",
        names_source=True,
    )
    def node(info: Info, id: Id) -> Node | None:
        return shown_as(Node, row_by_id(info, id, global_ids.decode(id)[0]))

    @query(
        scope=Scope.COURSES_READ,
        description="Objects with the given global ids, in the order of `ids`. An element is null when the "
        "object does not exist or is not visible to the viewer.",
    )
    def nodes(info: Info, ids: Ids) -> list[Node | None]:
        if len(ids) > settings.MAX_PAGE_SIZE:
            raise GraphQLError(
                f"At most {settings.MAX_PAGE_SIZE} ids at once; {len(ids)} were given.",
                extensions={"code": "BAD_USER_INPUT"},
            )
        return _fetch_all(info, ids)


def _fetch_all(info: Info, wanted: Sequence[str]) -> list[Node | None]:
    """Load the rows of global ids, in their order, and prefetch beneath them: one statement for each type.

    An object whose scope the token lacks is replaced by its error (TOKEN_SCOPE_MISSING).
    """
    names = [global_ids.decode(one)[0] for one in wanted]
    things = [(name, global_ids.pk(one, name)) for one, name in zip(wanted, names, strict=True)]
    rows: dict[tuple[str, int | None], Any] = {}
    refusals: dict[str, Any] = {}
    for type_name, kind in KINDS.items():
        keys = {key for name, key in things if name == type_name and key is not None}
        if keys and not info.context.has_scope(kind.scope):
            refusals[type_name] = scope_missing(kind.scope)
        elif keys:
            plan = look_ahead(info, type_name)
            with statement(kind.by_pk.names):
                found = kind.by_pk.load(info.context.viewer, list(keys), None, plan)
            fill(info.context.viewer, found.values(), plan)
            rows |= {(type_name, key): row for key, row in found.items()}
    return [refusals.get(name) or rows.get((name, key)) for name, key in things]
