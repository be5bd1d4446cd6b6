"""Deletion of expired rows: sessions, tokens, codes, and entries of the database cache.

Nothing here can be used any more; only the room that it takes is given back. A personal access token stays for
KEPT after its end, so that its owner can still see what it was and when it was last used.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from allauth.idp.oidc.models import Token
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.db import connection, models

from courses.models import AccessToken, GrantedSecret, PartnerGrant
from courses.utils import sql

KEPT = timedelta(days=30)
BATCH = 1_000
BATCHES = 100
"""Maximum number of batches of a table at one time; the rest waits for the next."""

_CLEAR = """
DELETE FROM {table} WHERE {key} IN (
    SELECT {key} FROM {table} WHERE {ended} ORDER BY {key} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True)
class _Expiring:
    """Table with its primary key, and the condition in SQL for expired rows."""

    table: str
    key: str
    ended: str

    def clear(self) -> int:
        """Delete expired rows, batch by batch, skipping locked ones; return their number."""
        quote = connection.ops.quote_name
        statement = _CLEAR.format(table=quote(self.table), key=quote(self.key), ended=self.ended)
        cleared = 0
        for _ in range(BATCHES):
            count = sql.execute(statement, batch=BATCH, kept=KEPT)
            cleared += count
            if count < BATCH:
                break
        return cleared


def clear_expired() -> int:
    """Delete expired rows of all kinds; return their number."""
    return sum(each.clear() for each in _expiring())


def _expiring() -> Iterator[_Expiring]:
    yield _of(Session, "expire_date < now()")
    yield _of(AccessToken, "least(expires_at, revoked_at) < now() - %(kept)s")
    yield _of(Token, "expires_at < now()")
    yield _of(GrantedSecret, "expires_at < now()")
    secrets = connection.ops.quote_name(GrantedSecret._meta.db_table)
    grants = connection.ops.quote_name(PartnerGrant._meta.db_table)
    yield _of(PartnerGrant, f"NOT EXISTS (SELECT FROM {secrets} WHERE grant_id = {grants}.id)")
    cache = caches["default"]
    if isinstance(cache, DatabaseCache):
        yield _Expiring(cache._table, "cache_key", "expires < now()")  # type: ignore[attr-defined]


def _of(model: type[models.Model], ended: str) -> _Expiring:
    (key,) = (field for field in model._meta.concrete_fields if field.primary_key)
    return _Expiring(model._meta.db_table, key.attname, ended)
