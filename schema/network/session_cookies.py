"""Cookies with the attributes of the session's."""

from typing import Literal

from django.conf import settings
from starlette.responses import Response

_SAME_SITE: dict[str | bool, Literal["lax", "strict", "none"] | None] = {
    "Lax": "lax",
    "Strict": "strict",
    "None": "none",
    False: None,
}


def set_like_session_cookie(response: Response, name: str, value: str, *, max_age: int) -> None:
    """Set a cookie for `max_age` seconds, sent with the same requests as the session's."""
    response.set_cookie(
        name,
        value,
        path=settings.SESSION_COOKIE_PATH,
        domain=settings.SESSION_COOKIE_DOMAIN,
        max_age=max_age,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=settings.SESSION_COOKIE_HTTPONLY,
        samesite=_SAME_SITE[settings.SESSION_COOKIE_SAMESITE],
    )
