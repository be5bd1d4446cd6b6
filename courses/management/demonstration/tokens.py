"""Tokens that `demo` prints: they work as long as it runs, whoever else starts one on the same database."""

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from courses.constants import Scope
from courses.management.demonstration.people import ROLES
from courses.models import AccessToken, User
from courses.services.access_tokens import create_access_token, revoke_access_token

TOKEN_NAME = "demo"  # noqa: S105 - a name, not a secret
DEMONSTRATION_RUNS = 20260901  # the advisory lock that every running demonstration shares


def count_as_running() -> BaseDatabaseWrapper:
    """Lock as a running demonstration; when no other one runs, revoke the tokens of earlier ones.

    Returns a session to be kept open meanwhile: when the process ends, however it does, PostgreSQL releases the
    lock. While others run nothing is revoked, because no secret is kept that could be printed again.
    """
    session = connection.copy()
    with session.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [DEMONSTRATION_RUNS])
        [is_alone] = cursor.fetchone()
        if is_alone:
            _revoke_all()
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [DEMONSTRATION_RUNS])
        if is_alone:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [DEMONSTRATION_RUNS])
    return session


def fresh_token(owner: User) -> str:
    """Create a secret that may do everything its owner may."""
    return create_access_token(owner=owner, name=TOKEN_NAME, scopes=Scope.values).secret


def _revoke_all() -> None:
    earlier = AccessToken.objects.filter(user__username__in=ROLES, name=TOKEN_NAME, revoked_at=None)
    for token in earlier.select_related("user"):
        revoke_access_token(owner=token.user, token_id=token.pk)
