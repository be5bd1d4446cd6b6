"""Signing up, in and out, as a single-page app does it: over the real addresses, with cookies and CSRF tokens."""

import re

import pytest
from allauth.account.models import EmailAddress
from asgiref.sync import async_to_sync
from django.test import Client

from courses.models import AccessToken
from schema.application import GraphQLApplication
from schema.execution.database_threads import database
from schema.network.websocket import FORBIDDEN
from schema.root import schema
from tests.config.conftest import PASSWORD, Browser
from tests.factories import make_staff, make_user
from tests.schema.network.test_websocket import Socket

VIEWER = "{ viewer { user { username } } }"
MAKE_TOKEN = """mutation { createAccessToken(input: {name: "app", scopes: ["courses:read"]}) {
  secret userErrors { code } } }"""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def username_of(browser: Browser) -> str | None:
    """Whom the API takes the browser for."""
    viewer = browser.ask(VIEWER).json()["data"]["viewer"]
    return viewer and viewer["user"]["username"]


# ---------------------------------------------------------------- signing in and out


def test_a_single_page_app_signs_in_asks_writes_and_signs_out(browser):
    make_user(username="ada", password=PASSWORD)

    assert browser.sign_in("ada").json()["meta"]["is_authenticated"] is True
    assert username_of(browser) == "ada"
    assert browser.ask(MAKE_TOKEN).json()["data"]["createAccessToken"]["userErrors"] == []
    assert AccessToken.objects.get().user.username == "ada"

    browser.account("DELETE", "auth/session")
    assert username_of(browser) is None


def test_a_write_with_the_cookie_alone_is_refused_and_writes_nothing(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")

    response = browser.ask(MAKE_TOKEN, headers={})

    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert not AccessToken.objects.exists()


def test_no_script_reads_the_session_cookie_and_no_other_site_sends_it(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")

    cookie = browser.http.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}], ids=["no token", "origin"])
def test_another_site_can_sign_nobody_in(browser, headers):
    make_user(username="ada", password=PASSWORD)
    forged = headers and browser.csrf() | headers

    response = browser.account("POST", "auth/login", headers=forged or {}, username="ada", password=PASSWORD)

    assert response.status_code == 403
    assert "sessionid" not in browser.http.cookies


def test_people_sign_in_by_e_mail_as_well(browser):
    make_user(username="ada", password=PASSWORD, email="ada@example.org")

    browser.account("POST", "auth/login", email="Ada@example.org", password=PASSWORD)

    assert username_of(browser) == "ada"


def test_signing_in_gives_the_session_another_key(browser):
    make_user(username="ada", password=PASSWORD)
    browser.http.cookies["sessionid"] = "planted" * 4

    browser.sign_in("ada")

    assert browser.http.cookies["sessionid"].value != "planted" * 4
    assert username_of(browser) == "ada"


def test_the_person_of_an_administrator_has_no_address_to_prove(browser):
    person = make_user(username="ada", password=PASSWORD, email="Ada@example.org")

    assert browser.sign_in("ada").status_code == 200
    assert EmailAddress.objects.filter(
        user=person, email="ada@example.org", verified=True, primary=True
    ).exists()


def test_a_person_without_any_address_signs_in(browser):
    make_user(username="ada", password=PASSWORD, email="")

    assert browser.sign_in("ada").status_code == 200
    assert not EmailAddress.objects.exists()


def test_an_address_that_somebody_else_has_proved_is_not_taken_over(browser):
    owner = make_user(username="grace")
    EmailAddress.objects.create(user=owner, email="one@example.org", verified=True, primary=True)
    make_user(username="ada", password=PASSWORD, email="one@example.org")

    assert browser.sign_in("ada").status_code == 200
    assert EmailAddress.objects.get().user == owner


def test_administrators_sign_in_where_everybody_does():
    response = Client().post("/admin/login/?next=/admin/", {"username": "root", "password": "guess"})

    assert (response.status_code, response["Location"]) == (302, "/accounts/login/?next=%2Fadmin%2F")


def test_staff_reach_the_administration_with_their_session(browser):
    make_staff(username="root", password=PASSWORD)
    browser.sign_in("root")

    assert browser.http.get("/admin/").status_code == 200


def test_native_clients_of_django_allauth_are_not_offered():
    assert Client().get("/_allauth/app/v1/config").status_code == 404


# ---------------------------------------------------------------- sessions end


def test_somebody_who_was_deactivated_is_nobody_and_cannot_sign_in(browser):
    ada = make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")
    ada.is_active = False
    ada.save()

    assert username_of(browser) is None
    assert Browser().sign_in("ada").status_code == 401


def test_a_new_password_ends_the_other_sessions_and_keeps_ones_own(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")
    elsewhere = Browser()
    elsewhere.sign_in("ada")

    changed = browser.account(
        "POST", "account/password/change", current_password=PASSWORD, new_password="staple and paper"
    )

    assert changed.status_code == 200
    assert username_of(browser) == "ada"
    assert username_of(elsewhere) is None


def test_signing_out_ends_an_open_websocket_too(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")
    cookie = f"sessionid={browser.http.cookies['sessionid'].value}"

    async def ask_sign_out_and_ask() -> int:
        socket = await Socket(GraphQLApplication(schema), cookie=cookie, origin="http://testserver").opened()
        answer = await socket.ask(VIEWER)
        assert answer["payload"]["data"] == {"viewer": {"user": {"username": "ada"}}}
        assert (await socket.message())["type"] == "complete"
        await database(browser.account, "DELETE", "auth/session")
        await socket.send({"id": "2", "type": "subscribe", "payload": {"query": VIEWER}})
        return await socket.closed()

    assert async_to_sync(ask_sign_out_and_ask)() == FORBIDDEN


# ---------------------------------------------------------------- signing up


def sign_up(email: str, username: str):
    return Browser().account("POST", "auth/signup", email=email, username=username, password=PASSWORD)


def test_who_signs_up_proves_the_address_before_signing_in(browser, mailoutbox):
    assert sign_up("ada@example.org", "ada").status_code == 401
    assert browser.sign_in("ada").status_code == 401
    assert username_of(browser) is None

    [key] = re.findall(r"http://testserver/accounts/confirm-email/([^/\s]+)/", mailoutbox[0].body)
    browser.account("POST", "auth/email/verify", key=key)

    assert Browser().sign_in("ada").status_code == 200


@pytest.mark.parametrize("password", ["12345678", "password", "ada", "short"])
def test_a_weak_password_signs_nobody_up(browser, password):
    response = browser.account(
        "POST", "auth/signup", email="ada@example.org", username="ada", password=password
    )

    assert response.status_code == 400
    assert {error["param"] for error in response.json()["errors"]} == {"password"}


def test_names_of_the_platforms_people_cannot_be_taken(browser):
    assert sign_up("ada@example.org", "Moderator").status_code == 400


# ---------------------------------------------------------------- who has an account stays unknown


def answer_to(path: str, **body: str) -> tuple[int, bytes]:
    response = Browser().account("POST", path, **body)
    return response.status_code, response.content


def test_a_wrong_password_and_an_unknown_name_have_one_answer():
    make_user(username="ada", password=PASSWORD)

    known = answer_to("auth/login", username="ada", password="wrong")
    unknown = answer_to("auth/login", username="eve", password="wrong")

    assert known == unknown
    assert known[0] == 400


def test_a_wrong_password_and_an_unknown_address_have_one_answer():
    make_user(username="ada", password=PASSWORD, email="ada@example.org")

    known = answer_to("auth/login", email="ada@example.org", password="wrong")

    assert known == answer_to("auth/login", email="eve@example.org", password="wrong")


def test_an_unknown_name_costs_a_hash_as_a_known_one_does(monkeypatch):
    hashed = []
    monkeypatch.setattr("courses.models.User.set_password", lambda _, password: hashed.append(password))

    answer_to("auth/login", username="eve", password="wrong")

    assert hashed == ["wrong"]


def test_a_forgotten_password_has_one_answer_for_known_and_unknown_addresses(mailoutbox):
    make_user(username="ada", password=PASSWORD, email="ada@example.org")

    known = answer_to("auth/password/request", email="ada@example.org")
    unknown = answer_to("auth/password/request", email="eve@example.org")

    assert known == unknown
    assert known[0] == 200
    assert len(mailoutbox) == 2


def test_signing_up_has_one_answer_for_known_and_unknown_addresses():
    ada = make_user(username="ada", email="ada@example.org")
    EmailAddress.objects.create(user=ada, email="ada@example.org", verified=True, primary=True)

    known = sign_up("ada@example.org", "first")
    unknown = sign_up("eve@example.org", "second")

    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()
