"""Authentication by token or session, and the draw of the cost: `identify(...)`, for HTTP, SSE and WebSocket alike.

An `Authorization` header takes precedence over the session cookie. A header without a usable token is refused; it
never makes the request an anonymous one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from courses.models import User
from courses.services import cost_buckets
from courses.services.changes import session_topic
from courses.services.cost_buckets import Draw
from courses.services.partner_tokens import recognise_partner_token
from courses.services.token_authentication import recognise_access_token
from courses.utils.json_text import is_storable
from schema.context import ANONYMOUS, Identity
from schema.execution.database_threads import database
from schema.execution.tracing import span
from schema.network.rate_limits import RateLimited, bucket_of_address

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


class InvalidToken(Exception):  # noqa: N818 - a response to the client, no failure of ours
    """An `Authorization` header without a usable token."""


@dataclass(frozen=True)
class Authenticated:
    """Authenticated person, with the credentials' kind and the draw."""

    identity: Identity = ANONYMOUS
    principal: str = "anonymous"
    by_session: bool = False
    new_session_key: str | None = None
    """New session key for the cookie, when it has changed: empty when the session has ended."""
    draw: Draw = field(default_factory=Draw)

    @property
    def bucket(self) -> str | None:
        """Owner of the bucket; None for the address. All tokens of a person share one, as their number is free."""
        return self.identity.principal


async def identify(
    authorization: str | None, cookies: Mapping[str, str], *, address: str | None, points: int
) -> Authenticated:
    """Authenticate a request, and draw `points` from the bucket of the person or address.

    One database job, and none for a request without credentials where no rate limit is set.
    Raises InvalidToken, RateLimited, and DATABASE_FAILURES when the database cannot tell.
    """
    session_key = cookies.get(settings.SESSION_COOKIE_NAME)
    if authorization is None and not session_key and not settings.RATE_LIMIT:
        return Authenticated()
    return await database(identify_and_charge, authorization, cookies, address=address, points=points)


async def charge(authenticated: Authenticated, *, address: str | None, points: int) -> Authenticated:
    """Draw `points` more for an authenticated person. Raises RateLimited, and DATABASE_FAILURES."""
    draw = Draw(points)
    if settings.RATE_LIMIT:
        draw = await database(_draw, authenticated.bucket or bucket_of_address(address), points)
    return replace(authenticated, draw=replace(draw, points=authenticated.draw.points + points))


async def identify_again(authorization: str | None, cookies: Mapping[str, str]) -> Authenticated:
    """Re-authenticate a long-lived operation, which was paid for when it began.

    Raises InvalidToken, and DATABASE_FAILURES.
    """
    return await database(_identified, authorization, cookies.get(settings.SESSION_COOKIE_NAME))


def identify_and_charge(
    authorization: str | None, cookies: Mapping[str, str], *, address: str | None, points: int
) -> Authenticated:
    """Do the work of `identify` on a database thread. A bad token pays too, from the bucket of the address.

    Raises InvalidToken and RateLimited.
    """
    session_key = cookies.get(settings.SESSION_COOKIE_NAME)
    with span("identify"):
        try:
            authenticated = _identified(authorization, session_key, points)
        except InvalidToken:
            _draw(bucket_of_address(address), points)
            raise
        if authenticated.identity.access_token is not None:
            return authenticated
        return replace(authenticated, draw=_draw(authenticated.bucket or bucket_of_address(address), points))


def _identified(
    authorization: str | None, session_key: str | None, points: int | None = None
) -> Authenticated:
    """Authenticate a request. Only an access token pays the points at once, by the statement that recognises it."""
    if authorization is not None:
        return _by_token(bearer_of(authorization), points)
    return _by_session(session_key) if session_key and is_storable(session_key) else Authenticated()


def bearer_of(authorization: str) -> str:
    """Return the secret of an `Authorization` header. Raises InvalidToken for another scheme."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidToken
    return secret.strip()


def _draw(bucket: str, points: int) -> Draw:
    if not settings.RATE_LIMIT:
        return Draw(points)
    draw = cost_buckets.draw(owner=bucket, points=points)
    if not draw.is_granted:
        raise RateLimited(draw)
    return draw


def _by_token(secret: str, points: int | None) -> Authenticated:
    if token := recognise_access_token(secret=secret, points=points):
        if not token.draw.is_granted:
            raise RateLimited(token.draw)
        identity = Identity(token.user, token.scopes, access_token=token.pk)
        return Authenticated(identity, principal=f"token:{token.pk}", draw=token.draw)
    if partner := recognise_partner_token(secret=secret):
        identity = Identity(partner.person, partner.scopes, partner=partner.client_id)
        return Authenticated(identity, principal=identity.principal or "anonymous")
    raise InvalidToken


def _by_session(key: str) -> Authenticated:
    """Verify the session with Django, which may rotate its key or end it, as in its middleware."""
    request = HttpRequest()
    request.session = SessionStore(key)
    user = auth.get_user(request)
    session = request.session
    if session.modified and session.session_key:
        session.save()
    new_key = None if session.session_key == key else session.session_key or ""
    if not isinstance(user, User):
        return Authenticated(new_session_key=new_key)
    return Authenticated(
        Identity(user, session_topic=session_topic(session.session_key or key)),
        principal=f"user:{user.pk}",
        by_session=True,
        new_session_key=new_key,
    )
