"""Sign-up and sign-in: the adapters of django-allauth."""

from typing import Any

from allauth.account import stages
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import is_headless_request
from allauth.headless.internal.restkit.response import ErrorResponse
from django.conf import settings
from django.contrib import messages
from django.db import IntegrityError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from courses.models import User
from courses.utils.look_alikes import skeleton
from schema.network.client_address import client_address

_APP = "allauth.account"


class AccountAdapter(DefaultAccountAdapter):
    """Rules on names, addresses and failed sign-ins."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, as the API determines it."""
        forwarded_for = request.headers.get("x-forwarded-for")
        address = client_address(request.META.get("REMOTE_ADDR"), [forwarded_for] if forwarded_for else [])
        return address or "unknown"

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return bool(super().is_safe_url(url))
        except ValueError:  # an address that cannot be taken apart, such as `http://[`
            return False

    def get_login_stages(self) -> list[str]:
        own = f"{__name__}.{EmailVerificationStage.__name__}"
        theirs = f"{stages.__name__}.{stages.EmailVerificationStage.__name__}"
        return [own if stage == theirs else stage for stage in super().get_login_stages()]

    # ---------------------------------------------------------------- signing up

    def clean_email(self, email: str) -> str:
        """Reject an address that does not fit its column: django-allauth would cut it and store the rest."""
        EmailAddress._meta.get_field("email").run_validators(email)
        return super().clean_email(email)

    def clean_username(self, username: str, shallow: bool = False) -> str:
        """Return the name as it is stored. Raises ValidationError for one that is reserved, or looks like a reserved or
        taken one.
        """
        username = User.normalize_username(username)
        User._meta.get_field("username").run_validators(username)  # NFKC makes some names longer
        if skeleton(username) in map(skeleton, settings.ACCOUNT_USERNAME_BLACKLIST):
            raise self.validation_error("username_blacklisted")
        if not shallow:
            User(username=username).refuse_look_alike()
        return super().clean_username(username, shallow)

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Store a new account; of several requests for one name at the same moment, the first."""
        try:
            return super().save_user(request, user, form, commit)
        except IntegrityError:
            raise ImmediateHttpResponse(self._name_taken(request, form)) from None

    def _name_taken(self, request: HttpRequest, form: BaseForm) -> HttpResponse:
        taken = self.validation_error("username_taken")
        if is_headless_request(request):
            form.add_error("username", taken)
            return ErrorResponse(request, input=form)
        self.add_message(request, messages.ERROR, "", message=" ".join(taken.messages))
        return redirect("account_signup")

    # ---------------------------------------------------------------- password guessing

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        if username := credentials.get("username"):
            credentials["username"] = User.normalize_username(username)
        return super().authenticate(request, **credentials)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt to sign in, or reject it.

        Attempts count for an account and an address together. An account under attack from many addresses has fewer for
        each, and some for every new one, so its owner still gets in.
        """
        super().pre_authenticate(request, **credentials)
        account = _account(credentials)
        usage = ratelimit.consume(request, app=_APP, action="login_failed_anywhere", key=account)
        if not usage:
            here = self._get_login_attempts_cache_key(request, **credentials)
            usage = ratelimit.consume(request, app=_APP, action="login_failed_under_attack", key=here)
        if not usage:
            raise self.validation_error("too_many_login_attempts")
        self._login_failed_rl_usage.usage.extend(usage.usage)  # given back when the password is right

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return f"{_account(credentials)}:{ratelimit.get_ip(request)}"


def _account(credentials: dict[str, Any]) -> str:
    """Return the key of the account that is tried, the same for all our host names."""
    login: str = credentials.get("email") or credentials.get("username") or ""
    return login.lower()


class EmailVerificationStage(stages.EmailVerificationStage):
    """Verification of an address, except for people whom an administrator vouches for."""

    def handle(self) -> tuple[Any, bool]:
        person = self.login.user
        if person is None or not person.is_vouched_for:
            return super().handle()
        _note_address(person)
        return None, True


def _note_address(person: User) -> None:
    """Record the address of a person vouched for as verified, unless somebody else has proved it."""
    if person.email and not EmailAddress.objects.filter(user=person).exists():
        address = EmailAddress(user=person, email=person.email.lower(), primary=True, verified=True)
        EmailAddress.objects.bulk_create([address], ignore_conflicts=True)
