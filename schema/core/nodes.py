"""Fetching things again by their global ids: `node`, `nodes`, and the root fields for one thing."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import strawberry
from django.conf import settings
from graphql import GraphQLError

from schema.context import Info
from schema.core import ids as global_ids
from schema.core.ids import KINDS, Node
from schema.core.permissions import Scope, scope_missing
from schema.core.queries import query

Id = Annotated[strawberry.ID, strawberry.argument(description="A global id.")]
Ids = Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")]


def fetch(info: Info, global_id: str, type_name: str) -> Any:
    """The row with that id as the viewer may see it; None for an id of another type, too."""
    return _fetch_all(info, [global_id], [type_name])[0]


@strawberry.type
class NodeQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Anything by its id; null when it is missing or not visible: the two are one answer.",
    )
    def node(info: Info, id: Id) -> Node | None:
        return _fetch_all(info, [id], KINDS)[0]

    @query(
        scope=Scope.COURSES_READ,
        description="Many things by their ids, with null for each that is missing or not visible.",
    )
    def nodes(info: Info, ids: Ids) -> list[Node | None]:
        if len(ids) > settings.MAX_PAGE_SIZE:
            raise GraphQLError(
                f"At most {settings.MAX_PAGE_SIZE} ids at once; {len(ids)} were given.",
                extensions={"code": "BAD_USER_INPUT"},
            )
        return _fetch_all(info, ids, KINDS)


def _fetch_all(info: Info, wanted: Sequence[str], type_names: Iterable[str]) -> list[Any]:
    """The rows with those ids in their order, in one statement for each type among `type_names`.

    In the place of each thing that the request's token was not made for stands the error that says so.
    """
    rows: dict[tuple[str, int], Any] = {}
    refusals: dict[str, GraphQLError] = {}
    for type_name in type_names:
        kind = KINDS[type_name]
        keys = {key for key in (global_ids.pk(one, type_name) for one in wanted) if key is not None}
        if keys and not info.context.has_scope(kind.scope):
            refusals[type_name] = scope_missing(kind.scope)
        elif keys:
            found = kind.by_pk.load(info.context.viewer, list(keys), None)
            rows |= {(type_name, key): row for key, row in found.items()}
    names = [global_ids.decode(one)[0] for one in wanted]
    return [
        refusals.get(name) or rows.get((name, global_ids.pk(one, name) or 0))
        for one, name in zip(wanted, names, strict=True)
    ]
