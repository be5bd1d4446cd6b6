"""Idempotency keys: a mutation that is sent again with its key has one effect, within 24 hours.

The key is stored in the transaction that has the effect, so that there is either both or neither, whenever a process
dies. It is stored last: a transaction that waits for locks must not have begun to write.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from courses import exceptions
from courses.models import IdempotencyKey, User
from courses.policies.people import IS_HERE
from courses.rules.canonical_json import canonical_json
from courses.utils import sql
from courses.utils.sql import in_sql

T = TypeVar("T")

REMEMBERED = timedelta(hours=24)

_TAKE = "SELECT pg_try_advisory_xact_lock(%(number)s) AS is_taken"

_REMEMBER = f"""
INSERT INTO courses_idempotencykey (user_id, partner, digest, mutation, fingerprint, outcome)
SELECT person.id, %(partner)s, %(digest)s, %(mutation)s, %(fingerprint)s, %(outcome)s::jsonb
FROM courses_user AS person WHERE person.id = %(user)s AND {in_sql(IS_HERE, person=User)}
ON CONFLICT (user_id, partner, digest) DO UPDATE SET
    mutation = excluded.mutation, fingerprint = excluded.fingerprint, outcome = excluded.outcome,
    created_at = excluded.created_at
"""  # noqa: S608 - a rule of ours
"""An older row with the key is one that has expired. Of somebody who has just been erased nothing is remembered."""


class StillRunning(Exception):  # noqa: N818 - being early is no error
    """Another request with the same key is being carried out."""


@dataclass(frozen=True)
class KeyedCall:
    """Call of a mutation with a key, which is one of the person's own, or of a partner's for the person."""

    person: User
    partner: str
    key: str
    mutation: str
    input: Any
    """JSON of the input, without the key."""

    @property
    def digest(self) -> str:
        """SHA-256 of the key, in hexadecimal."""
        return hashlib.sha256(self.key.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """HMAC of the input. Without the server's secret nobody can try passwords on it."""
        return salted_hmac(__name__, canonical_json(self.input), algorithm="sha256").hexdigest()

    @property
    def number(self) -> int:
        """Number of the advisory lock: 64 bits of whose key it is, and which."""
        text = f"{self.person.pk}:{self.partner}:{self.digest}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], signed=True)


@dataclass(frozen=True)
class Repeat:
    """Repetition of a call that was carried out, with the outcome that was remembered."""

    outcome: Any


def carry_out_once(call: KeyedCall, carry_out: Callable[[], T], outcome_of: Callable[[T], Any]) -> T | Repeat:
    """Carry a call out and remember its outcome, or return the outcome that is remembered of it.

    A refusal is passed on and not remembered; what the service has written before it refused stays.
    Raises StillRunning, and KeyReused for a key that was sent with something else.
    """
    with transaction.atomic():
        if not sql.fetch(_TAKE, number=call.number)[0].is_taken:
            raise StillRunning
        if known := _known(call):
            return known
        try:
            result = carry_out()
        except (exceptions.Refusal, ValidationError) as refused:
            refusal = refused
        else:
            _remember(call, outcome_of(result))
            return result
    raise refusal


def _known(call: KeyedCall) -> Repeat | None:
    """Return what is remembered of the key, seen after it was taken. Raises KeyReused."""
    known = IdempotencyKey.objects.filter(
        user=call.person, partner=call.partner, digest=call.digest, created_at__gt=Now() - REMEMBERED
    ).first()
    if known is None:
        return None
    if (known.mutation, known.fingerprint) != (call.mutation, call.fingerprint):
        raise exceptions.KeyReused
    return Repeat(known.outcome)


def _remember(call: KeyedCall, outcome: Any) -> None:
    sql.execute(
        _REMEMBER,
        user=call.person.pk,
        partner=call.partner,
        digest=call.digest,
        mutation=call.mutation,
        fingerprint=call.fingerprint,
        outcome=None if outcome is None else json.dumps(outcome),
    )
