"""Password confirmation before something irreversible."""

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from courses import exceptions
from schema.context import Info


def confirm_password(info: Info, password: str) -> None:
    """Raise Invalid for `password` unless it is the viewer's.

    Wrong passwords count against the throttle of signing in, for the same account and address: an unattended browser
    allows no more guesses here than there.
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
