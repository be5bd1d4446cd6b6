"""Deletion of expired rows: sessions, tokens, codes, keys against repeats, events, exports with their files, and more.

Nothing here can be used any more; only the room that it takes is given back. A personal access token and an export stay
for KEPT after their end, so that their owner can still see what they were; the file of an export goes at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from allauth.idp.oidc.models import Token
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection, models

from courses.models import (
    AccessToken,
    Event,
    Export,
    GrantedSecret,
    IdempotencyKey,
    PartnerGrant,
    WebhookDelivery,
    WebhookSecret,
)
from courses.services.exports import clear_exports
from courses.services.idempotency import REMEMBERED
from courses.utils import sql

KEPT = timedelta(days=30)
BATCH = 1_000
BATCHES = 100
"""Maximum number of batches of a table at one time; the rest waits for the next."""

_CLEAR = """
DELETE FROM {table} WHERE {key} IN (
    SELECT {key} FROM {table} WHERE {ended} ORDER BY {key} LIMIT %(batch)s FOR UPDATE {locked}
)
"""

_EVENT_ENDED = f"""
id < coalesce(
    (SELECT id FROM {Event._meta.db_table} WHERE occurred_at >= now() - %(events_kept)s ORDER BY id LIMIT 1),
    (SELECT max(id) FROM {Event._meta.db_table})
)
"""  # noqa: S608 - a name of the models only
"""Events before the first that is kept. The newest stays, however old: the next position follows from it."""


@dataclass(frozen=True)
class _Expiring:
    """Table with its primary key, and the condition in SQL for expired rows.

    Locked rows are skipped, but where rows must go `in_order`, the oldest first.
    """

    table: str
    key: str
    ended: str
    in_order: bool = False

    def clear(self) -> int:
        """Delete expired rows, batch by batch; return their number."""
        quote = connection.ops.quote_name
        statement = _CLEAR.format(
            table=quote(self.table),
            key=quote(self.key),
            ended=self.ended,
            locked="" if self.in_order else "SKIP LOCKED",
        )
        events_kept = timedelta(days=settings.EVENTS_KEPT_DAYS)
        cleared = 0
        for _ in range(BATCHES):
            count = sql.execute(statement, batch=BATCH, kept=KEPT, events_kept=events_kept)
            cleared += count
            if count < BATCH:
                break
        return cleared


def clear_expired() -> int:
    """Delete expired rows of all kinds, and files of exports; return their number."""
    return sum(each.clear() for each in _expiring()) + clear_exports()


def _expiring() -> Iterator[_Expiring]:
    yield _of(Session, "expire_date < now()")
    yield _of(AccessToken, "least(expires_at, revoked_at) < now() - %(kept)s")
    yield _of(Export, "expires_at < now() - %(kept)s")
    yield _of(Token, "expires_at < now()")
    yield _of(GrantedSecret, "expires_at < now()")
    yield _of(WebhookSecret, "expires_at < now()")
    yield _of(WebhookDelivery, "updated_date < now() - %(events_kept)s")
    yield _of(IdempotencyKey, f"created_at < now() - interval '{REMEMBERED.total_seconds()} s'")
    secrets = connection.ops.quote_name(GrantedSecret._meta.db_table)
    grants = connection.ops.quote_name(PartnerGrant._meta.db_table)
    yield _of(PartnerGrant, f"NOT EXISTS (SELECT FROM {secrets} WHERE grant_id = {grants}.id)")
    yield _of(Event, _EVENT_ENDED, in_order=True)
    cache = caches["default"]
    if isinstance(cache, DatabaseCache):
        yield _Expiring(cache._table, "cache_key", "expires < now()")  # type: ignore[attr-defined]


def _of(model: type[models.Model], ended: str, *, in_order: bool = False) -> _Expiring:
    (key,) = (field for field in model._meta.concrete_fields if field.primary_key)
    return _Expiring(model._meta.db_table, key.attname, ended, in_order)
