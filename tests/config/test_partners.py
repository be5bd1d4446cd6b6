"""Partners: programs of others that get their tokens by OAuth 2.1, and what these tokens do in the API."""

import base64
import hashlib
import re
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from allauth.idp.oidc.models import Client as Partner
from allauth.idp.oidc.models import Token
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from courses.models import Course, User
from courses.services.partner_tokens import PARTNER_SCOPES
from schema.core import ids
from tests.config.conftest import PASSWORD, Browser, ask
from tests.factories import make_course, make_learner, make_user

SECRET = "a secret of sixty-four characters, which nobody has ever guessed"
CALLBACK = "https://partner.example/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().rstrip("=")

VIEWER = "{ viewer { user { username } } }"
ATTEMPTS = "{ viewer { attempts { totalCount } } }"
TITLES = "{ courses { edges { node { title } } } }"
CREATE_COURSE = 'mutation { createCourse(input: {title: "New", slug: "new"}) { userErrors { code } } }'

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def make_partner(*, owner: User | None = None, scopes: tuple[str, ...] = (), **fields: Any) -> Partner:
    partner = Partner(id="partner", name="Partner", owner=owner, redirect_uris=CALLBACK, **fields)
    partner.set_scopes(list(scopes))
    partner.set_grant_types(["client_credentials", "authorization_code", "refresh_token"])
    partner.set_secret(SECRET)
    partner.save()
    return partner


def token_endpoint(**form: str) -> HttpResponse:
    return Client().post("/identity/o/api/token", {"client_id": "partner", "client_secret": SECRET} | form)


def client_credentials(scope: str, **form: str) -> str:
    """An access token that the partner gets for itself."""
    return token_endpoint(grant_type="client_credentials", scope=scope, **form).json()["access_token"]


def codes(response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


# ---------------------------------------------------------------- client credentials


def test_client_credentials_act_for_the_owner_of_the_client():
    make_partner(owner=make_user(username="ada"), scopes=("courses:read", "attempts:read"))

    token = client_credentials("courses:read")

    assert ask(VIEWER, token=token).json()["data"] == {"viewer": {"user": {"username": "ada"}}}
    assert codes(ask(ATTEMPTS, token=token)) == ["TOKEN_SCOPE_MISSING"]
    more = client_credentials("courses:read attempts:read")
    assert ask(ATTEMPTS, token=more).json()["data"] == {"viewer": {"attempts": {"totalCount": 0}}}


def test_without_an_owner_they_act_for_nobody():
    make_partner(scopes=("courses:read", "courses:write"))
    make_course(title="Published")
    make_course(title="Hidden", is_published=False)

    token = client_credentials("courses:read courses:write")

    assert ask(VIEWER, token=token).json()["data"] == {"viewer": None}
    titles = [edge["node"]["title"] for edge in ask(TITLES, token=token).json()["data"]["courses"]["edges"]]
    assert titles == ["Published"]
    assert codes(ask(CREATE_COURSE, token=token)) == ["UNAUTHENTICATED"]
    assert Course.objects.count() == 2


def test_scopes_that_a_client_does_not_have_are_not_given():
    make_partner(scopes=("courses:read",))

    response = token_endpoint(grant_type="client_credentials", scope="courses:read attempts:read")

    assert (response.status_code, response.json()["error"]) == (400, "invalid_scope")


def test_a_scope_taken_from_the_client_is_gone_from_its_tokens_at_once():
    partner = make_partner(owner=make_user(), scopes=("courses:read", "attempts:read"))
    token = client_credentials("courses:read attempts:read")
    partner.set_scopes(["courses:read"])
    partner.save()

    assert codes(ask(ATTEMPTS, token=token)) == ["TOKEN_SCOPE_MISSING"]


def test_no_partner_makes_access_tokens_even_where_the_client_was_given_the_scope():
    make_partner(owner=make_user(), scopes=("courses:read", "tokens:write"))
    token = client_credentials("courses:read tokens:write")

    answer = ask(
        """mutation { createAccessToken(input: {name: "x", scopes: ["courses:read"]}) {
        secret userErrors { code } } }""",
        token=token,
    )

    assert answer.json()["data"]["createAccessToken"] == {
        "secret": None,
        "userErrors": [{"code": "TOKEN_SCOPE_MISSING"}],
    }


def test_a_wrong_secret_gets_no_token():
    make_partner(scopes=("courses:read",))

    response = token_endpoint(grant_type="client_credentials", client_secret="wrong")

    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
    assert not Token.objects.exists()


def test_secrets_can_be_guessed_sixty_times_a_minute():
    make_partner()
    statuses = [token_endpoint(grant_type="x", client_secret="wrong").status_code for _ in range(61)]

    assert set(statuses[:60]) == {400}
    assert statuses[60] == 429


def test_only_digests_are_stored():
    make_partner(scopes=("courses:read",))

    token = client_credentials("courses:read")

    assert Token.objects.get().hash == hashlib.sha256(token.encode()).hexdigest()
    assert SECRET not in Partner.objects.get().secret


# ---------------------------------------------------------------- tokens that may not be used


def expire(token: Token) -> None:
    token.expires_at = timezone.now() - timedelta(seconds=1)
    token.save()


def deactivate_owner(token: Token) -> None:
    User.objects.update(is_active=False)


def make_refresh_token(token: Token) -> None:
    token.type = Token.Type.REFRESH_TOKEN
    token.save()


SPOILERS = {
    "expired": expire,
    "revoked": Token.delete,
    "owner deactivated": deactivate_owner,
    "client removed": lambda _: Partner.objects.all().delete(),
    "a refresh token": make_refresh_token,
}


@pytest.mark.parametrize("spoil", SPOILERS.values(), ids=SPOILERS)
def test_a_token_that_may_not_be_used_is_401_and_never_nobody(spoil):
    make_partner(owner=make_user(), scopes=("courses:read",))
    token = client_credentials("courses:read")
    assert ask(TITLES, token=token).status_code == 200

    spoil(Token.objects.get())

    response = ask(TITLES, token=token)
    assert (response.status_code, codes(response)) == (401, ["UNAUTHENTICATED"])
    assert "data" not in response.json()


@pytest.mark.parametrize("token", ["", "x", "x" * 86, "é" * 86, "x" * 500, "a.b.c", "eyJ" + "x" * 83])
def test_what_is_no_token_is_401(token):
    assert ask(TITLES, headers={"Authorization": f"Bearer {token}".encode()}).status_code == 401


def test_partners_revoke_their_tokens():
    make_partner(scopes=("courses:read",))
    token = client_credentials("courses:read")

    Client().post("/identity/o/api/revoke", {"client_id": "partner", "client_secret": SECRET, "token": token})

    assert ask(TITLES, token=token).status_code == 401


def test_a_token_comes_before_the_cookie(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")
    make_partner(owner=make_user(username="grace"), scopes=("courses:read",))
    header = {"Authorization": f"Bearer {client_credentials('courses:read')}"}

    assert browser.ask(VIEWER, headers=header).json()["data"]["viewer"]["user"]["username"] == "grace"
    assert browser.ask(VIEWER, headers={"Authorization": "Bearer " + "x" * 86}).status_code == 401


def test_tokens_are_for_this_api_only():
    make_partner(scopes=("courses:read",))

    elsewhere = token_endpoint(grant_type="client_credentials", resource="https://other.example/api")

    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_target")
    token = client_credentials("courses:read", resource="http://testserver/graphql/")
    assert ask(TITLES, token=token).status_code == 200


# ---------------------------------------------------------------- authorization code with PKCE

ASKED = {
    "response_type": "code",
    "client_id": "partner",
    "redirect_uri": CALLBACK,
    "scope": "openid courses:read attempts:read",
    "state": "a state of the partner's",
    "code_challenge": CHALLENGE,
    "code_challenge_method": "S256",
}


def consent_page(browser: Browser, **changed: str | None) -> HttpResponse:
    asked = {name: value for name, value in (ASKED | changed).items() if value is not None}
    return browser.http.get("/identity/o/authorize", asked)


def let_in(browser: Browser, *scopes: str, action: str = "grant", csrf: bool = True) -> HttpResponse:
    """The answer to the button that a person presses on the consent page."""
    page = consent_page(browser)
    request = re.search(r'name="request" value="([^"]+)"', page.content.decode())[1]
    return browser.http.post(
        "/identity/o/authorize",
        {"request": request, "scopes": scopes, "action": action},
        headers=browser.csrf() if csrf else {},
    )


def in_callback(response: HttpResponse, name: str) -> str:
    assert response["Location"].startswith(CALLBACK)
    return parse_qs(urlsplit(response["Location"]).query)[name][0]


def exchange(code: str, verifier: str = VERIFIER) -> HttpResponse:
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
    again = token_endpoint(grant_type="refresh_token", refresh_token=first)

    assert ask(VIEWER, token=renewed["access_token"]).json()["data"]["viewer"] is not None
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert renewed["refresh_expires_in"] <= 30 * 24 * 60 * 60


def test_a_code_works_once(browser, ada):
    code = in_callback(let_in(browser, "courses:read"), "code")

    assert exchange(code).status_code == 200
    assert exchange(code).json()["error"] == "invalid_grant"


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


def test_codes_are_sent_to_registered_addresses_only(browser, ada):
    page = consent_page(browser, redirect_uri="https://evil.example/callback")

    assert "Location" not in page
    assert b'name="request"' not in page.content


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
    deactivate_owner(Token.objects.first())

    assert (
        token_endpoint(grant_type="refresh_token", refresh_token=refresh).json()["error"] == "invalid_grant"
    )


# ---------------------------------------------------------------- what is published


def test_the_discovery_document_says_what_is_offered():
    document = Client().get("/.well-known/openid-configuration").json()

    assert document["issuer"] == "http://testserver"
    assert document["token_endpoint"] == "http://testserver/identity/o/api/token"
    assert document["authorization_endpoint"] == "http://testserver/identity/o/authorize"
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert document["response_types_supported"] == ["code"]
    assert document["scopes_supported"] == ["openid", "email", "profile", *PARTNER_SCOPES]
    assert "tokens:write" not in document["scopes_supported"]


@pytest.mark.parametrize("path", ["device", "api/device/code", "api/introspect", "api/clients"])
def test_other_flows_are_not_offered(path):
    assert Client().post(f"/identity/o/{path}").status_code == 404
