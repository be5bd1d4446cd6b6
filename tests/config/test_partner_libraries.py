"""A partner that uses a published OAuth client library, oauthlib's, and finds everything by the metadata (RFC 8414)."""

import json
import re
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlsplit

import pytest
from allauth.idp.oidc.models import Client as Partner
from django.test import Client
from oauthlib.oauth2 import BackendApplicationClient, WebApplicationClient

from config.partners import PartnerAdapter
from tests.config.conftest import PASSWORD, Browser, ask
from tests.config.oauth import CALLBACK, VIEWER, make_partner
from tests.factories import make_course, make_learner, make_user

SCOPES = ["courses:read", "attempts:read"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


@pytest.fixture
def metadata() -> dict[str, Any]:
    """Metadata that the server publishes."""
    published: dict[str, Any] = Client().get("/.well-known/oauth-authorization-server").json()
    return published


def register(**fields: Any) -> tuple[Partner, str]:
    """A partner whose secret the server has generated."""
    partner, secret = make_partner(scopes=tuple(SCOPES), **fields), PartnerAdapter().generate_client_secret()
    partner.set_secret(secret)
    partner.save()
    return partner, secret


def post(address: str, body: str, secret: str) -> Any:
    """Send what a library has prepared, with `Authorization: Basic` as RFC 6749, 2.3.1 has it."""
    basic = b64encode(f"{quote_plus('partner')}:{quote_plus(secret)}".encode()).decode()
    path = urlsplit(address).path
    return Client().post(path, dict(parse_qsl(body)), headers={"Authorization": f"Basic {basic}"})


def username(token: str) -> str:
    answered = ask(VIEWER, token=token).json()
    name: str = answered["data"]["viewer"]["user"]["username"]
    return name


def test_a_person_lets_the_library_in_by_a_code_with_pkce_and_it_renews_and_revokes(
    browser: Browser, metadata: dict[str, Any]
) -> None:
    make_learner(make_course(), username="ada", password=PASSWORD)
    browser.sign_in("ada")
    _, secret = register()
    library = WebApplicationClient("partner")
    verifier = library.create_code_verifier(64)
    challenge = library.create_code_challenge(verifier, "S256")
    asked = library.prepare_request_uri(
        metadata["authorization_endpoint"].replace("http:", "https:", 1),
        redirect_uri=CALLBACK,
        scope=SCOPES,
        state="a state",
        code_challenge=challenge,
        code_challenge_method="S256",
    )
    page = browser.http.get(urlsplit(asked).path, dict(parse_qsl(urlsplit(asked).query)))
    [request] = re.findall(r'name="request" value="([^"]+)"', page.content.decode())
    pressed = {"request": request, "scopes": SCOPES, "action": "grant"}
    sent_back = browser.http.post(urlsplit(asked).path, pressed, headers=browser.csrf())

    code = library.parse_request_uri_response(sent_back["Location"], state="a state")["code"]
    body = library.prepare_request_body(code=code, redirect_uri=CALLBACK, code_verifier=verifier)
    answered = post(metadata["token_endpoint"], body, secret)
    tokens = library.parse_request_body_response(answered.content.decode(), scope=SCOPES)
    assert username(tokens["access_token"]) == "ada"

    body = library.prepare_refresh_body(refresh_token=tokens["refresh_token"])
    answered = post(metadata["token_endpoint"], body, secret)
    renewed = library.parse_request_body_response(answered.content.decode())
    assert username(renewed["access_token"]) == "ada"
    _, _, body = library.prepare_token_revocation_request(
        metadata["revocation_endpoint"].replace("http:", "https:", 1),
        renewed["access_token"],
        "access_token",
    )
    assert post(metadata["revocation_endpoint"], body, secret).status_code == 200
    assert ask(VIEWER, token=renewed["access_token"]).status_code == 401


def test_the_library_gets_a_token_of_its_own_by_generated_secrets_and_asks_about_it(
    metadata: dict[str, Any],
) -> None:
    partner, _ = register(owner=make_user(username="grace"))
    for _ in range(5):
        secret = PartnerAdapter().generate_client_secret()
        partner.set_secret(secret)
        partner.save()
        library = BackendApplicationClient("partner")

        answered = post(metadata["token_endpoint"], library.prepare_request_body(scope=SCOPES), secret)

        tokens = library.parse_request_body_response(answered.content.decode(), scope=SCOPES)
        assert username(tokens["access_token"]) == "grace"
        asked = post(metadata["introspection_endpoint"], f"token={tokens['access_token']}", secret)
        claims = json.loads(asked.content)
        assert (claims["active"], claims["client_id"], claims["scope"].split()) == (True, "partner", SCOPES)
