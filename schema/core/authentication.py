"""Who is asking: `identify(...)`, one function for HTTP, SSE and WebSocket alike.

An `Authorization` header comes before the session cookie. A header that does not name a usable token is
refused; it never makes the request an anonymous one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest

from courses.models import User
from courses.services.token_authentication import recognise_access_token
from schema.context import ANONYMOUS, Identity
from schema.execution.database_threads import database

SessionStore = import_module(settings.SESSION_ENGINE).SessionStore


class InvalidToken(Exception):  # noqa: N818 - it is an answer to the client, no failure of ours
    """An `Authorization` header that names no token which may be used."""


@dataclass(frozen=True)
class Authenticated:
    """The person behind a request, and by which credentials."""

    identity: Identity = ANONYMOUS
    principal: str = "anonymous"
    by_session: bool = False
    new_session_key: str | None = None
    """The key to send back as the session cookie when it has changed: empty when the session has ended."""


NOBODY = Authenticated()


async def identify(authorization: str | None, cookies: Mapping[str, str]) -> Authenticated:
    """The person that the credentials of a request name, in one database job; nobody without credentials.

    Raises InvalidToken, and DATABASE_FAILURES when the database cannot say.
    """
    if authorization is not None:
        scheme, _, secret = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise InvalidToken
        return await database(_by_token, secret.strip())
    if key := cookies.get(settings.SESSION_COOKIE_NAME):
        return await database(_by_session, key)
    return NOBODY


def _by_token(secret: str) -> Authenticated:
    token = recognise_access_token(secret=secret)
    if token is None:
        raise InvalidToken
    return Authenticated(Identity(token.user, frozenset(token.scopes)), principal=f"token:{token.pk}")


def _by_session(key: str) -> Authenticated:
    """Let Django verify the session. It may give it another key or end it, as its middleware would."""
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
        Identity(user), principal=f"user:{user.pk}", by_session=True, new_session_key=new_key
    )
