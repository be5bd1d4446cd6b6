"""Grants to partners, with the secrets that descend from them, revoked when a one-time secret is reused.

The second use of a code or a refresh token shows that it was stolen, by the first user or by the second. Nobody can
tell which, so both lose everything that descends from the same consent (RFC 9700, 4.14.2; RFC 6749, 4.1.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from allauth.idp.oidc.models import Token
from django.db import IntegrityError, transaction

from courses.models import GrantedSecret, PartnerGrant
from courses.services.token_authentication import digest_of
from courses.utils.clock import database_now


@dataclass(frozen=True)
class Issued:
    """Issued secret, with the time to remember it, and whether it works once only."""

    secret: str
    lifetime: timedelta
    works_once: bool


@transaction.atomic
def begin_grant(*, code: Issued) -> PartnerGrant | None:
    """Begin the grant of a code that is used; return None for a code that was used before, whose grant ends.

    Of several requests that use one code at the same moment, the others wait for the first.
    """
    try:
        with transaction.atomic():
            grant = PartnerGrant.objects.create()
            extend_grant(grant=grant, issued=[code])
    except IntegrityError:
        end_grant_of(secret=code.secret)
        return None
    return grant


def lock_grant(*, secret: str) -> PartnerGrant | None:
    """Lock and return the grant of a code or refresh token, where it is remembered, until the transaction ends.

    A refresh token from before grants were remembered is locked as well.
    """
    digest = digest_of(secret)
    grants = PartnerGrant.objects.select_for_update(of=("self",))
    grant = grants.filter(secrets__digest=digest, secrets__works_once=True).first()
    if grant is None:
        tokens = Token.objects.select_for_update().filter(type=Token.Type.REFRESH_TOKEN, hash=digest)
        list(tokens.values_list("pk"))
    return grant


@transaction.atomic
def extend_grant(*, grant: PartnerGrant, issued: Iterable[Issued]) -> None:
    """Remember further secrets that descend from a grant."""
    now = database_now()
    GrantedSecret.objects.bulk_create(
        GrantedSecret(
            grant=grant,
            digest=digest_of(each.secret),
            works_once=each.works_once,
            expires_at=now + each.lifetime,
        )
        for each in issued
    )


@transaction.atomic
def end_grant_of(*, secret: str) -> bool:
    """End everything that descends from the grant of a secret that was used before; return whether there was any.

    A refresh token that is still there was not used: it has expired, or its person may not use it.
    """
    grant = lock_grant(secret=secret)
    refresh_tokens = Token.objects.filter(type=Token.Type.REFRESH_TOKEN)
    if grant is None or refresh_tokens.filter(hash=digest_of(secret)).exists():
        return False
    Token.objects.filter(hash__in=grant.secrets.values("digest")).delete()
    if grant.ended_at is None:
        grant.ended_at = database_now()
        grant.save(update_fields=["ended_at", "updated_date"])
    return True
