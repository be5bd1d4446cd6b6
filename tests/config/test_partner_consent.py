"""How a person lets a partner in: the authorization code with PKCE, and what is published about it."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.idp.oidc.models import Token
from django.test import Client

from courses.models import User
from courses.services.partner_tokens import PARTNER_SCOPES
from schema.core import ids
from tests.config.conftest import PASSWORD, Answer, Browser, ask
from tests.config.oauth import ATTEMPTS, CALLBACK, VIEWER, codes, make_partner, token_endpoint
from tests.factories import make_course, make_learner

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


ASKED = {
    "response_type": "code",
    "client_id": "partner",
    "redirect_uri": CALLBACK,
    "scope": "openid courses:read attempts:read",
    "state": "a state of the partner's",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def consent_page(browser: Browser, **changed: str | None) -> Answer:
    asked = {name: value for name, value in (ASKED | changed).items() if value is not None}
    return browser.http.get("/identity/o/authorize", asked)


def let_in(browser: Browser, *scopes: str, action: str = "grant", csrf: bool = True) -> Answer:
    """The answer to the button that a person presses on the consent page."""
    page = consent_page(browser)
    request = re.findall(r'name="request" value="([^"]+)"', page.content.decode())[0]
    return browser.http.post(
        "/identity/o/authorize",
        {"request": request, "scopes": scopes, "action": action},
        headers=browser.csrf() if csrf else {},
    )


def in_callback(response: Answer, name: str) -> str:
    assert response["Location"].startswith(CALLBACK)
    return parse_qs(urlsplit(response["Location"]).query)[name][0]


def exchange(code: str, verifier: str = VERIFIER) -> Answer:
    return token_endpoint(
        grant_type="authorization_code", code=code, redirect_uri=CALLBACK, code_verifier=verifier
    )


@pytest.fixture
def ada(browser: Browser) -> User:
    """A learner who is signed in, in `browser`."""
    person = make_learner(make_course(), username="ada", password=PASSWORD)
    browser.sign_in("ada")
    make_partner(scopes=("openid", "courses:read", "attempts:read"))
    return person


def test_a_person_lets_a_partner_in(browser, ada):
    page = consent_page(browser).content.decode()
    assert "Partner" in page
    assert "Read attempts and results" in page

    callback = let_in(browser, "openid", "courses:read")
    assert in_callback(callback, "state") == ASKED["state"]
    tokens = exchange(in_callback(callback, "code")).json()

    assert ask(VIEWER, token=tokens["access_token"]).json()["data"]["viewer"]["user"]["username"] == "ada"
    assert codes(ask(ATTEMPTS, token=tokens["access_token"])) == ["TOKEN_SCOPE_MISSING"]


def test_the_id_token_is_signed_and_names_the_person_by_the_apis_id(browser, ada):
    tokens = exchange(in_callback(let_in(browser, "openid"), "code")).json()
    keys = jwt.PyJWKSet.from_dict(Client().get("/.well-known/jwks.json").json())

    claims = jwt.decode(tokens["id_token"], keys.keys[0], algorithms=["RS256"], audience="partner")

    assert claims["sub"] == ids.encode("User", ada.pk)
    assert claims["iss"] == "http://testserver"


def test_access_is_renewed_by_a_refresh_token_which_works_once(browser, ada):
    first = exchange(in_callback(let_in(browser, "courses:read"), "code")).json()["refresh_token"]

    renewed = token_endpoint(grant_type="refresh_token", refresh_token=first).json()
    assert ask(VIEWER, token=renewed["access_token"]).json()["data"]["viewer"] is not None
    again = token_endpoint(grant_type="refresh_token", refresh_token=first)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert renewed["refresh_expires_in"] <= 30 * 24 * 60 * 60


def test_a_stolen_code_is_worthless_without_the_verifier(browser, ada):
    code = in_callback(let_in(browser, "courses:read"), "code")

    assert exchange(code, verifier="w" * 64).json()["error"] == "invalid_grant"
    assert not Token.objects.exists()


@pytest.mark.parametrize(
    "changed",
    [
        {"code_challenge": None},
        {"code_challenge_method": "plain", "code_challenge": VERIFIER},
        {"code_challenge_method": None},
        {"response_type": "token"},
    ],
    ids=["no challenge", "plain challenge", "no method", "implicit"],
)
def test_without_pkce_no_partner_is_let_in(browser, ada, changed):
    assert consent_page(browser, **changed).status_code == 400


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/callback",
        CALLBACK + "/more",
        "http://[",
        "https://partner.example:99999/callback",
        None,
    ],
)
def test_codes_are_sent_to_registered_addresses_only(browser, ada, address):
    page = consent_page(browser, redirect_uri=address)

    assert page.status_code == 400
    assert "Location" not in page
    assert b'name="request"' not in page.content


@pytest.mark.parametrize("address", ["https://evil.example/", "http://[", "https://partner.example:99999/"])
def test_people_who_sign_out_are_sent_to_registered_addresses_only(browser, ada, address):
    asked = {"client_id": "partner", "post_logout_redirect_uri": address}

    for page in (
        browser.http.get("/identity/o/logout", asked),
        browser.http.post("/identity/o/logout", asked),
    ):
        assert page.status_code == 400
        assert "Location" not in page


@pytest.mark.parametrize("resource", ["x", "http://[", "https://other.example/"])
def test_a_code_for_somebody_elses_api_is_refused(browser, ada, resource):
    assert consent_page(browser, resource=resource).status_code == 400


def test_another_site_cannot_press_the_button(browser, ada):
    assert let_in(browser, "courses:read", csrf=False).status_code == 403
    assert not Token.objects.exists()


def test_who_declines_is_sent_back_without_a_code(browser, ada):
    assert in_callback(let_in(browser, action="cancel"), "error") == "access_denied"


def test_no_more_is_granted_than_was_asked(browser, ada):
    page = let_in(browser, "courses:read", "notes:write")

    assert page.status_code == 200
    assert "Location" not in page


def test_who_is_not_signed_in_signs_in_first(browser):
    make_partner(scopes=("courses:read",))

    assert consent_page(browser)["Location"].startswith("/accounts/login/?next=")


def test_a_deactivated_person_renews_nothing(browser, ada):
    refresh = exchange(in_callback(let_in(browser, "courses:read"), "code")).json()["refresh_token"]
    User.objects.update(is_active=False)

    assert (
        token_endpoint(grant_type="refresh_token", refresh_token=refresh).json()["error"] == "invalid_grant"
    )


# ---------------------------------------------------------------- what is published


@pytest.mark.parametrize("name", ["openid-configuration", "oauth-authorization-server"])
def test_the_discovery_document_says_what_is_offered(name):
    document = Client().get(f"/.well-known/{name}").json()

    assert document["issuer"] == "http://testserver"
    assert document["token_endpoint"] == "http://testserver/identity/o/api/token"
    assert document["authorization_endpoint"] == "http://testserver/identity/o/authorize"
    assert document["introspection_endpoint"] == "http://testserver/identity/o/api/introspect"
    assert document["introspection_endpoint_auth_methods_supported"] == [
        "client_secret_basic",
        "client_secret_post",
    ]
    assert document["revocation_endpoint"] == "http://testserver/identity/o/api/revoke"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert document["response_types_supported"] == ["code"]
    assert document["scopes_supported"] == ["openid", "email", "profile", *PARTNER_SCOPES]
    assert "tokens:write" not in document["scopes_supported"]


@pytest.mark.parametrize("path", ["device", "api/device/code", "api/clients"])
def test_other_flows_are_not_offered(path):
    assert Client().post(f"/identity/o/{path}").status_code == 404
