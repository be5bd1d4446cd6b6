"""Authentication of HTTP requests: credentials, the draw, CSRF, and the session cookie."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from starlette.requests import Request
from starlette.responses import Response

from schema.context import Identity
from schema.core.database_failures import DATABASE_FAILURES, failure_code
from schema.core.error_codes import ErrorCode
from schema.network.authentication import Authenticated, InvalidToken, charge, identify, identify_again
from schema.network.csrf import is_forged
from schema.network.origins import is_trusted
from schema.network.rate_limits import RateLimited, headers_of
from schema.network.refusals import Refused, rate_limited
from schema.network.request_log import RequestRecord
from schema.network.session_cookies import set_like_session_cookie

logger = logging.getLogger("schema.sign_in")


async def signed_in(
    request: Request, response: Response, *, address: str | None, points: int
) -> Authenticated:
    """Authenticate a request, which pays `points`.

    Refuses bad credentials, an empty bucket, and a POST that another site's page sent with our cookie.
    """
    authenticated = await _identified(request, address, points)
    refuse_forged(request, authenticated)
    welcome(response, authenticated)
    return authenticated


def refuse_forged(request: Request, authenticated: Authenticated) -> None:
    """Refuse a POST that another site's page sent with our cookie."""
    if not authenticated.by_session or request.method != "POST":
        return
    if not is_trusted(request.headers):
        raise Refused(ErrorCode.FORBIDDEN, "Pages of this origin may not use a session here.")
    if is_forged(request.scope, request.headers):
        raise Refused(
            ErrorCode.FORBIDDEN, "Send a `GraphQL-Preflight` header, or the CSRF token as `X-CSRFToken`."
        )


def welcome(response: Response, authenticated: Authenticated) -> None:
    """Set rate limit headers and a new session cookie on the response."""
    response.headers.update(headers_of(authenticated.draw))
    send_new_session(response, authenticated)


def send_new_session(response: Response, authenticated: Authenticated) -> None:
    """Set a new session cookie on the response, where the session's key has changed."""
    if authenticated.new_session_key is not None:
        _send_session_cookie(response, authenticated.new_session_key)


async def charged(
    authenticated: Authenticated, response: Response, *, address: str | None, points: int
) -> Authenticated:
    """Draw `points` more from an authenticated person's bucket. Refuses an empty bucket."""
    with refusing():
        authenticated = await charge(authenticated, address=address, points=points)
    response.headers.update(headers_of(authenticated.draw))
    return authenticated


class Payment:
    """Payments of one request: the first authenticates it, and each one more draws from the same bucket."""

    def __init__(self, request: Request, response: Response, address: str | None) -> None:
        self._request, self._response, self._address = request, response, address
        self.authenticated: Authenticated | None = None

    async def __call__(self, points: int) -> Authenticated:
        """Pay `points`, as `signed_in` and `charged` do, and note them in the log line."""
        record: RequestRecord = self._request.state.record
        record.cost = (record.cost or 0) + points
        if self.authenticated is None:
            self.authenticated = await signed_in(
                self._request, self._response, address=self._address, points=points
            )
        else:
            self.authenticated = await charged(
                self.authenticated, self._response, address=self._address, points=points
            )
        record.principal = self.authenticated.principal
        return self.authenticated


async def signed_in_still(request: Request) -> Identity | None:
    """Re-authenticate the request; None once its credentials are invalid. Raises DATABASE_FAILURES."""
    try:
        return (await identify_again(authorization_of(request), request.cookies)).identity
    except InvalidToken:
        return None


async def _identified(request: Request, address: str | None, points: int) -> Authenticated:
    with refusing():
        return await identify(authorization_of(request), request.cookies, address=address, points=points)


@contextmanager
def refusing() -> Iterator[None]:
    """Translate exceptions of identify() and charge() to Refused."""
    try:
        yield
    except InvalidToken:
        raise Refused(
            ErrorCode.UNAUTHENTICATED,
            "This access token is not valid: it may have expired or been revoked.",
            headers={"WWW-Authenticate": 'Bearer realm="courses", error="invalid_token"'},
        ) from None
    except RateLimited as limited:
        raise rate_limited(limited) from None
    except DATABASE_FAILURES as error:
        logger.error("the database could not say who is asking: %s", error)
        raise Refused(failure_code(error) or ErrorCode.UNAVAILABLE) from None


def authorization_of(request: Request) -> str | None:
    """Return the header; several headers are joined to one that no token matches."""
    given = request.headers.getlist("authorization")
    return ", ".join(given) if given else None


def _send_session_cookie(response: Response, key: str) -> None:
    """Set the session cookie to its new key, as Django's middleware would; an empty one deletes the cookie."""
    max_age = settings.SESSION_COOKIE_AGE if key else 0
    set_like_session_cookie(response, settings.SESSION_COOKIE_NAME, key, max_age=max_age)
