"""A query as one statement that also recognises the access token and draws the cost: one round trip for a request.

Where a replica reads the query, the same is done on the primary without it: a small statement, as a replica cannot
write, nor know of a token that was revoked a moment ago.

A process remembers for which kind of viewer a token's statement is written, as a mere hint: the statement demands the
token, its scopes and the kind of its person, so that a token that was revoked since, or changed, gives no row. Then
nothing was drawn, and the request goes the way of all others.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings

from courses.services.cost_buckets import DRAWING, NOT_DRAWING, Draw, drawing, drawn
from courses.services.last_writes import last_write_of
from courses.services.token_authentication import NOTED_LATELY, USABLE_TOKENS
from courses.utils.kept import Kept
from courses.utils.prepared import VARYING, Prepared
from courses.utils.wal_positions import WalPosition
from schema.core.inlined_reads import InlinedRead
from schema.dataloaders.statements import Kind

HINTS = 10_000
"""Number of tokens whose viewers' kinds a process remembers."""


@dataclass(frozen=True)
class TokenHint:
    """Kind of viewer and scopes that a token had when it was last recognised."""

    kind: Kind
    scopes: frozenset[str]


_hints = Kept[str, TokenHint](number=HINTS)


def remember(digest: str, hint: TokenHint) -> None:
    """Remember what the statements of a token are to be written for."""
    _hints.put(digest, hint)


def hint_for(digest: str) -> TokenHint | None:
    return _hints.get(digest)


class Outcome(NamedTuple):
    """Outcome of a request's statement: the text of the query's `data`, None where the draw was refused."""

    draw: Draw
    token_id: int | None
    text: str | None


class Identification(NamedTuple):
    """Outcome of the statement that reads nothing: who is asking, and where they have written last."""

    draw: Draw
    token_id: int | None = None
    viewer_id: int | None = None
    last_write: WalPosition | None = None
    """None where that is not known; of nobody it never is."""


def principal_of(token_id: int | None) -> str:
    return "anonymous" if token_id is None else f"token:{token_id}"


def statement_of(read: InlinedRead, hint: TokenHint | None) -> Prepared:
    """Return the statement of a query for the viewers of a token; for nobody without one."""
    key = hint, settings.RATE_LIMIT
    if key not in read.statements:
        text = f"CASE WHEN is_granted THEN {read.sql} END"
        read.statements[key] = _written(text, hint, given=read.given, keys=len(read.keys))
    return read.statements[key]


def identification_of(hint: TokenHint | None) -> Prepared:
    """Return the statement that reads nothing, for the viewers of a token; for nobody without one."""
    return _identification(hint, settings.RATE_LIMIT)


@lru_cache(maxsize=256)
def _identification(hint: TokenHint | None, _is_limited: bool) -> Prepared:
    position = last_write_of('"viewer"."id"')
    return _written(f'"viewer"."id", {position}', hint)


def values_of(keys: Sequence[Any], *, digest: str | None, bucket: str | None, points: int) -> list[Any]:
    """Return the values of a statement, in its order; `bucket` is for a request without a token."""
    return [digest, *drawing(owner=bucket, points=points), *keys]


def outcome_of(rows: Iterable[tuple[Any, ...]], points: int) -> Outcome | None:
    """Return the outcome, None where the token was not recognised as it was remembered."""
    for token_id, spent, is_granted, measured_at, text in rows:
        return Outcome(drawn(points, spent, is_granted, measured_at), token_id, text)
    return None


def identified(rows: Iterable[tuple[Any, ...]], points: int) -> Identification | None:
    """Return who is asking, None where the token was not recognised as it was remembered."""
    for token_id, spent, is_granted, measured_at, viewer_id, position in rows:
        last_write = position and WalPosition.parse(position)
        draw = drawn(points, spent, is_granted, measured_at)
        return Identification(draw, token_id, viewer_id, last_write)
    return None


def _written(selected: str, hint: TokenHint | None, *, given: str = "", keys: int = 0) -> Prepared:
    """Return the statement that recognises and draws, and shows what is `selected`."""
    statement = f"""
        WITH "given" AS MATERIALIZED (
            SELECT %s::text AS digest, %s::text AS bucket, %s::numeric AS points, %s::numeric AS size,
                %s::numeric AS rate{given}
        ),
        "viewer" AS MATERIALIZED ({_viewer(hint)}),
        drawing AS (
            SELECT coalesce('user:' || "viewer"."id", "given".bucket) AS owner, points, size, rate
            FROM "viewer" CROSS JOIN "given"
        ),
        drawn AS ({DRAWING if settings.RATE_LIMIT else NOT_DRAWING})
        SELECT "viewer".token_id, spent, is_granted, measured_at, {selected}
        FROM "viewer" CROSS JOIN drawn
    """  # noqa: S608 - made of statements of ours
    return Prepared(statement, [VARYING] * (5 + keys))


def _viewer(hint: TokenHint | None) -> str:
    if hint is None:
        return 'SELECT NULL::bigint AS "id", NULL::bigint AS token_id'
    scopes = f"'{json.dumps(sorted(hint.scopes))}'::jsonb"
    return f"""
        SELECT person.id, token.id AS token_id
        FROM {USABLE_TOKENS}
        WHERE token.digest = (SELECT digest FROM "given") AND {NOTED_LATELY}
            AND person.is_staff = {hint.kind is Kind.STAFF} AND token.scopes @> {scopes} AND token.scopes <@ {scopes}
    """  # noqa: S608 - made of constants
