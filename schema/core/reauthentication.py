"""Asking for the password again before something that cannot be undone."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from courses import exceptions
from schema.context import Info


def confirm_password(info: Info, password: str) -> None:
    """Raise Invalid for `password` unless it is that of the viewer.

    Wrong ones count like those of signing in, for the same account and address: whoever has found an open
    browser can guess no more here than there.
    """
    person = info.context.person
    if not person.has_usable_password():
        raise exceptions.Invalid(
            "Your account has no password. Please set one by “Forgot your password?”, and try again.",
            field=["password"],
        )
    request = HttpRequest()
    request.method, request.META["REMOTE_ADDR"] = "POST", info.context.ip_address
    try:
        confirmed = get_adapter(request).authenticate(request, username=person.username, password=password)
    except ValidationError as refusal:
        raise exceptions.Invalid(
            "Too many wrong passwords. Please try again in five minutes.", field=["password"]
        ) from refusal
    if confirmed != person:
        raise exceptions.Invalid("This is not your password. Please try again.", field=["password"])
