"""Partners' access tokens: how client credentials get one, and what it does in the API."""

import hashlib
import re
from base64 import b64encode
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from allauth.idp.oidc.models import Client as Partner
from allauth.idp.oidc.models import Token
from django.test import Client
from django.utils import timezone

from courses.models import Course, IdempotencyKey, User
from courses.services.partner_tokens import PARTNER_SCOPES
from schema.core import ids
from tests.config.conftest import PASSWORD, ask
from tests.config.oauth import (
    ATTEMPTS,
    SECRET,
    VIEWER,
    client_credentials,
    codes,
    make_partner,
    token_endpoint,
)
from tests.factories import make_access_token, make_course, make_user

TITLES = "{ courses { edges { node { title } } } }"
CREATE_COURSE = 'mutation { createCourse(input: {title: "New", slug: "new"}) { userErrors { code } } }'

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


# ---------------------------------------------------------------- client credentials


def test_client_credentials_act_for_the_owner_of_the_client():
    make_partner(owner=make_user(username="ada"), scopes=("courses:read", "attempts:read"))

    token = client_credentials("courses:read")

    assert ask(VIEWER, token=token).json()["data"] == {"viewer": {"user": {"username": "ada"}}}
    assert codes(ask(ATTEMPTS, token=token)) == ["TOKEN_SCOPE_MISSING"]
    more = client_credentials("courses:read attempts:read")
    assert ask(ATTEMPTS, token=more).json()["data"] == {"viewer": {"attempts": {"totalCount": 0}}}


def test_tokens_of_a_partner_share_their_idempotency_keys_which_are_not_the_persons_own():
    owner = make_user(username="ada")
    partner = make_partner(owner=owner, scopes=("courses:write",))
    make_access_token(owner, f"cat_{'s' * 40}", scopes=["courses:write"])
    given = 'displayName: "Ada", idempotencyKey: "5f2b7a0e"'
    rename = f"mutation {{ updateProfile(input: {{{given}}}) {{ userErrors {{ code }} }} }}"

    tokens = [client_credentials("courses:write"), client_credentials("courses:write"), f"cat_{'s' * 40}"]
    answers = [ask(rename, token=token) for token in tokens]

    assert [answer.json()["data"] for answer in answers] == [{"updateProfile": {"userErrors": []}}] * 3
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [None, "true", None]
    keys = IdempotencyKey.objects.order_by("pk").values_list("user", "partner")
    assert list(keys) == [(owner.pk, partner.pk), (owner.pk, "")]


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


def test_a_secret_is_made_of_letters_that_every_client_sends_unchanged(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    form = {"id": "partner", "name": "Partner", "scopes": "openid", "type": "confidential"}
    form |= {
        "grant_types": "client_credentials",
        "response_types": "code",
        "redirect_uris": "",
        "cors_origins": "",
    }

    created = client.post("/admin/allauth_idp_oidc/client/add/", form, follow=True)

    secret = re.findall(r'type="text" value="([^"]+)"', created.content.decode())[0]
    assert re.fullmatch(r"[A-Za-z0-9_-]{64}", secret)
    assert Partner.objects.get().check_secret(secret)
    basic = b64encode(f"partner:{quote(secret, safe='')}".encode()).decode()
    answer = Client().post(
        "/identity/o/api/token",
        {"grant_type": "client_credentials", "scope": "openid"},
        headers={"Authorization": f"Basic {basic}"},
    )
    assert answer.status_code == 200


def introspected(token: str, **form: str) -> Any:
    """The answer of the introspection endpoint (RFC 7662) to the partner."""
    form = {"client_id": "partner", "client_secret": SECRET, "token": token} | form
    return Client().post("/identity/o/api/introspect", form)


def test_a_partner_asks_what_its_token_still_opens():
    owner = make_user()
    partner = make_partner(owner=owner, scopes=("courses:read", "attempts:read"))
    secret = client_credentials("courses:read attempts:read")
    partner.set_scopes(["courses:read"])
    partner.save()

    answer = introspected(secret)

    claims = answer.json()
    assert (claims["active"], claims["client_id"], claims["scope"]) == (True, "partner", "courses:read")
    assert claims["sub"] == ids.encode("User", owner.pk)
    assert claims["token_type"] == "access_token"
    assert claims["exp"] - claims["iat"] == 3600
    assert answer["Cache-Control"] == "no-store"


def test_a_token_that_ended_or_is_another_partners_is_not_active():
    owner = make_user()
    make_partner(owner=owner, scopes=("courses:read",))
    secret = client_credentials("courses:read")
    other = Partner(id="other", name="Other")
    other.set_secret(SECRET)
    other.save()

    assert introspected(secret, client_id="other").json() == {"active": False}
    assert introspected("nonsense").json() == {"active": False}
    owner.is_active = False
    owner.save()
    assert introspected(secret).json() == {"active": False}
    owner.is_active = True
    owner.save()
    Client().post(
        "/identity/o/api/revoke", {"client_id": "partner", "client_secret": SECRET, "token": secret}
    )
    assert introspected(secret).json() == {"active": False}


def test_nobody_asks_about_tokens_without_a_secret():
    make_partner(scopes=("courses:read",))
    secret = client_credentials("courses:read")

    assert introspected(secret, client_secret="wrong").status_code == 401


def test_an_administrator_chooses_among_the_scopes_and_the_ways_to_get_a_token(client):
    client.force_login(make_user(is_staff=True, is_superuser=True))
    partner = make_partner(scopes=("courses:read",))
    address = "/admin/allauth_idp_oidc/client/partner/change/"
    page = client.get(address).content.decode()

    assert re.findall(r'name="scopes" value="([^"]+)"[^>]* checked', page) == ["courses:read"]
    offered = re.findall(r'name="scopes" value="([^"]+)"', page)
    assert offered == ["openid", "email", "profile", *PARTNER_SCOPES]
    assert len(re.findall(r'name="grant_types" value="[^"]+"[^>]* checked', page)) == 3
    form = {"id": "partner", "name": "Partner", "type": "confidential", "response_types": "code"}
    form |= {"redirect_uris": "", "cors_origins": "", "created_at_0": "2026-01-01", "created_at_1": "12:00"}
    chosen = {"scopes": ["openid", "attempts:read"], "grant_types": ["client_credentials"]}

    for wrong in ({"scopes": ["tokens:write"]}, {"default_scopes": ["email"]}, {"grant_types": ["password"]}):
        refused = client.post(address, form | chosen | wrong).context["adminform"].form.errors
        assert set(wrong) <= set(refused) <= {"default_scopes", *wrong}
    assert client.post(address, form | chosen | {"default_scopes": ["openid"]}).status_code == 302

    partner.refresh_from_db()
    assert partner.scopes == "openid\nattempts:read"
    assert (partner.default_scopes, partner.grant_types) == ("openid", "client_credentials")


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


@pytest.mark.parametrize("resource", ["https://other.example/api", "x", "http://[", "https://a/../b"])
def test_tokens_are_for_this_api_only(resource):
    make_partner(scopes=("courses:read",))

    elsewhere = token_endpoint(grant_type="client_credentials", resource=resource)

    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_target")
    token = client_credentials("courses:read", resource="http://testserver/graphql/")
    assert ask(TITLES, token=token).status_code == 200
