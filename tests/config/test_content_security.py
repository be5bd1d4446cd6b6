"""The policy of Django's pages, and the one address elsewhere to which a form may lead."""

import pytest
from django.test import Client

from tests.config.conftest import PASSWORD, Browser
from tests.config.oauth import CALLBACK, make_partner
from tests.config.test_partner_consent import ASKED, exchange, in_callback, let_in
from tests.factories import make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def destinations(response) -> str:
    return response["Content-Security-Policy"].partition("form-action ")[2].partition(";")[0]


@pytest.fixture
def ada(browser: Browser) -> Browser:
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")
    return browser


@pytest.mark.parametrize(
    "address", ["/accounts/login/", "/accounts/signup/", "/nowhere", "/identity/o/authorize", "/livez"]
)
def test_pages_load_nothing_but_their_style(address):
    assert Client().get(address)["Content-Security-Policy"] == POLICY


def test_the_administration_keeps_its_scripts(browser):
    make_staff(username="root", password=PASSWORD)
    browser.sign_in("root")

    assert "Content-Security-Policy" not in browser.http.get("/admin/")


def test_the_consent_page_may_lead_to_the_partner(ada):
    make_partner(scopes=("openid", "courses:read", "attempts:read"))

    assert destinations(ada.http.get("/identity/o/authorize", ASKED)) == "'self' https://partner.example"


def test_so_may_signing_in_on_the_way_there_also_after_a_wrong_password(browser):
    make_partner(scopes=("courses:read",))
    sign_in = browser.http.get("/identity/o/authorize", ASKED)["Location"]
    onward = browser.http.get(sign_in)
    again = browser.http.post(
        "/accounts/login/",
        {"login": "ada", "password": "wrong", "next": onward.context["redirect_field_value"]},
        headers=browser.csrf(),
    )

    assert destinations(onward) == destinations(again) == "'self' https://partner.example"


@pytest.mark.parametrize("by", ["client_id", "id_token_hint"])
def test_so_may_signing_out_for_a_partner(ada, by):
    make_partner(scopes=("openid", "courses:read", "attempts:read"))
    hint = exchange(in_callback(let_in(ada, "openid"), "code")).json()["id_token"]
    asked = {"client_id": "partner", "id_token_hint": hint}[by]

    response = ada.http.get(
        "/identity/o/logout", {by: asked, "post_logout_redirect_uri": "https://partner.example/bye"}
    )

    assert response.status_code == 200
    assert destinations(response) == "'self' https://partner.example"


@pytest.mark.parametrize(
    "onward",
    [
        "/identity/o/authorize?client_id=nobody&redirect_uri=https://evil.example/",
        "/identity/o/authorize?redirect_uri=https://evil.example/",
        "/identity/o/authorize?client_id=part%00ner",
        "/identity/o/authorize?client_id=" + "p" * 2_000,
        "http://[",
        "https://evil.example/",
    ],
)
def test_no_address_that_nobody_registered_is_let_in(onward):
    make_partner(scopes=("courses:read",))

    response = Client().get("/accounts/login/", {"next": onward})

    assert (response.status_code, destinations(response)) == (200, "'self'")


@pytest.mark.parametrize(
    ("address", "source"),
    [
        (CALLBACK, "https://partner.example"),
        ("https://partner.example:8443/callback?x=1", "https://partner.example:8443"),
        ("https://*.partner.example/callback", "https://*.partner.example"),
        ("https://app-*.partner.example/callback", "https:"),
        ("http://127.0.0.1/callback", "http://127.0.0.1:*"),
        ("http://[::1]:9000/callback", "http:"),
        ("com.example.app:/callback", "com.example.app:"),
        ("https://partner.example:port/callback", "'self'"),
        ("http://[", "'self'"),
        ("partner.example/callback", "'self'"),
    ],
)
def test_a_registered_address_is_said_as_the_policy_can(ada, address, source):
    partner = make_partner(scopes=("openid", "courses:read", "attempts:read"))
    partner.redirect_uris = f"{CALLBACK}\n{address}"
    partner.save()

    sources = destinations(ada.http.get("/identity/o/authorize", ASKED)).split()

    assert sorted(sources) == sorted({"'self'", "https://partner.example", source})


def test_debug_pages_may_show_what_went_wrong(settings):
    settings.DEBUG = True

    assert "Content-Security-Policy" not in Client().get("/nowhere")
