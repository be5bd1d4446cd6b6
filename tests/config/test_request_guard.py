"""Bodies that are no JSON, and texts that PostgreSQL cannot store: refused kindly, wherever they arrive."""

import base64

import pytest
from allauth.idp.oidc.models import Client as Partner
from django.test import Client

from courses.models import User
from tests.config.conftest import Browser, ask
from tests.config.oauth import make_partner
from tests.factories import make_user

NO_TEXT = "A text contains U+0000 or half of a surrogate pair: please remove it."
NOT_FLAT = "Send a JSON object whose values are texts, whole numbers, true, false or null."
ENDPOINTS = ["auth/signup", "auth/login", "auth/password/request", "auth/email/verify"]
BODIES = {
    "half of a surrogate pair": (rb'{"username": "\ud800"}', "look at line 1, column 15"),
    "5,000 levels": (b"[" * 5_000, "look at line 1, column 1026"),
    "1,000 levels": (b'{"username": ' + b"[" * 1_000 + b"]" * 1_000 + b"}", NOT_FLAT),
    "5,000 digits": (b'{"username": ' + b"1" * 5_000 + b"}", "look at line 1, column 14"),
    "200 digits": (b'{"username": ' + b"1" * 200 + b"}", NOT_FLAT),
    "NaN": (b'{"username": NaN}', "look at line 1, column 14"),
    "bad UTF-8": (b'{"username": "\xff"}', "look at line 1, column 1"),
    "NUL": (rb'{"username": "\u0000"}', NO_TEXT),
    "NUL in a name": (rb'{"\u0000": "x"}', NO_TEXT),
    "a list": (b"[]", NOT_FLAT),
    "a list inside": (b'{"username": []}', NOT_FLAT),
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


@pytest.mark.parametrize(("body", "words"), BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_malformed_body_is_refused_by_accounts(browser: Browser, endpoint: str, body: bytes, words: str):
    response = browser.http.post(
        f"/_allauth/browser/v1/{endpoint}", body, content_type="application/json", headers=browser.csrf()
    )

    (error,) = response.json()["errors"]
    assert (response.status_code, error["code"]) == (400, "bad_request")
    assert words in error["message"]
    assert not User.objects.exists()


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "text/plain", ""])
def test_a_body_of_another_kind_is_refused_by_accounts(browser: Browser, content_type: str):
    response = browser.http.post(
        "/_allauth/browser/v1/auth/login",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--\r\n',
        content_type=content_type,
        headers=browser.csrf(),
    )

    assert (response.status_code, response.json()["errors"][0]["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_a_form_of_accounts_with_nul_is_refused(path: str):
    form = {"login": "a\0", "username": "a\0", "email": "a\0@b.example", "password": "x", "password1": "x"}
    response = Client().post(path, form)

    assert (response.status_code, response.content.decode()) == (400, NO_TEXT)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("token", {"grant_type": "client_credentials", "client_id": "a\0", "client_secret": "x"}),
        ("token", {"grant_type": "authorization_code", "client_id": "partner", "code": "a\0"}),
        ("token", {"grant_type": "refresh_token", "client_id": "partner", "refresh_token": "a\0"}),
        ("revoke", {"client_id": "a\0", "client_secret": "x", "token": "x"}),
    ],
)
def test_a_call_of_a_partner_with_nul_is_refused(path: str, form: dict[str, str]):
    response = Client().post(f"/identity/o/api/{path}", form)

    assert response.status_code == 400
    assert response.json() == {"error": "invalid_request", "error_description": NO_TEXT}


def test_a_partner_named_in_the_header_with_nul_is_refused():
    basic = "Basic " + base64.b64encode(b"a\0b:secret").decode()
    response = Client().post(
        "/identity/o/api/token", {"grant_type": "client_credentials"}, headers={"Authorization": basic}
    )

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    "address",
    [
        "/identity/o/authorize?client_id=%00&response_type=code&code_challenge=x&code_challenge_method=S256",
        "/accounts/login/?next=%00",
        "/identity/o/logout?client_id=%00",
        "/accounts/confirm-email/%00/",
        "/%00",
    ],
)
def test_an_address_with_nul_is_refused(address: str):
    assert Client().get(address).status_code == 400


def test_a_session_cookie_with_nul_is_refused_by_pages_and_nobodys_in_the_api():
    cookie = {"Cookie": r'sessionid="\000aaaaaaaaaa"'}

    assert Client().get("/accounts/login/", headers=cookie).status_code == 400
    answer = ask("{ viewer { user { username } } }", headers=cookie)
    assert answer.json() == {"data": {"viewer": None}, "extensions": answer.json()["extensions"]}


# ---------------------------------------------------------------- the admin


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user(username="root", is_staff=True, is_superuser=True))
    return client


@pytest.mark.parametrize("path", ["?q=%00", "?username=%00", "%00/change/", "_00/change/", "nobody/change/"])
def test_the_admin_copes_with_odd_addresses(admin: Client, path: str):
    assert admin.get(f"/admin/allauth_idp_oidc/client/{path}").status_code in (302, 400)


@pytest.mark.parametrize("text", ["[" * 5_000, r'"\ud800"', r'["\u0000"]', "[" * 40 + "]" * 40, "NaN"])
def test_json_that_cannot_be_stored_is_refused_beside_its_field(admin: Client, text: str):
    make_partner(scopes=("openid",))
    address = "/admin/allauth_idp_oidc/client/partner/change/"
    form = admin.get(address).context["adminform"].form
    values = {name: form[name].value() for name in form.initial}
    given = {name: value for name, value in values.items() if value not in (None, False)}

    response = admin.post(address, given | {"data": text})

    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == ["data"]
    assert Partner.objects.get().data is None


@pytest.mark.parametrize("client_id", ["a:b", "a%b", "a b", "ä"])
def test_an_id_that_clients_would_send_in_several_ways_is_refused(admin: Client, client_id: str):
    form = {"id": client_id, "name": "Partner", "scopes": "openid", "type": "confidential"}
    form |= {"grant_types": "client_credentials", "response_types": "code"}

    response = admin.post("/admin/allauth_idp_oidc/client/add/", form)

    assert list(response.context["adminform"].form.errors) == ["id"]
    assert not Partner.objects.exists()
