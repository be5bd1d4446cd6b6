"""How people sign up and sign in: what this deployment tells django-allauth about its accounts."""

from typing import Any

from allauth.account import stages
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.http import HttpRequest

from courses.models import User
from schema.core.client_address import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Counts sign-ins by the same client address that the API sees, and trusts administrators' people."""

    def get_client_ip(self, request: HttpRequest) -> str:
        forwarded_for = request.headers.get("x-forwarded-for")
        address = client_address(request.META.get("REMOTE_ADDR"), [forwarded_for] if forwarded_for else [])
        return address or "unknown"

    def get_login_stages(self) -> list[str]:
        own = f"{__name__}.{EmailVerificationStage.__name__}"
        theirs = f"{stages.__name__}.{stages.EmailVerificationStage.__name__}"
        return [own if stage == theirs else stage for stage in super().get_login_stages()]


class EmailVerificationStage(stages.EmailVerificationStage):
    """Who signs up proves the address first. Whom an administrator made has nothing to prove."""

    def handle(self) -> tuple[Any, bool]:
        person = self.login.user
        if person is None or EmailAddress.objects.filter(user=person).exists():
            return super().handle()
        _take_over_address(person)
        return None, True


def _take_over_address(person: User) -> None:
    """Note the address that an administrator gave as verified, unless somebody else has it."""
    address = EmailAddress(user=person, email=person.email.lower(), primary=True, verified=True)
    if person.email and not EmailAddress.objects.filter(email=address.email, verified=True).exists():
        address.save()
