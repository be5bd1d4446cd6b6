"""OAuth client of a partner: its registration, and the calls that its server makes."""

from typing import Any

from allauth.idp.oidc.models import Client as Partner
from django.test import Client

from courses.models import User
from tests.config.conftest import Answer

SECRET = "a secret of sixty-four characters, which nobody has ever guessed"
CALLBACK = "https://partner.example/callback"

VIEWER = "{ viewer { user { username } } }"
ATTEMPTS = "{ viewer { attempts { totalCount } } }"


def make_partner(*, owner: User | None = None, scopes: tuple[str, ...] = (), **fields: Any) -> Partner:
    partner = Partner(id="partner", name="Partner", owner=owner, redirect_uris=CALLBACK, **fields)
    partner.set_scopes(list(scopes))
    partner.set_grant_types(["client_credentials", "authorization_code", "refresh_token"])
    partner.set_secret(SECRET)
    partner.save()
    return partner


def token_endpoint(**form: str) -> Answer:
    return Client().post("/identity/o/api/token", {"client_id": "partner", "client_secret": SECRET} | form)


def client_credentials(scope: str, **form: str) -> str:
    """An access token that the partner gets for itself."""
    return token_endpoint(grant_type="client_credentials", scope=scope, **form).json()["access_token"]


def codes(response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]
