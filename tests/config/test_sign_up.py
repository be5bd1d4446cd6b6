"""Who signs up proves the address, and takes a name that nobody is mistaken for: by the API and on the pages."""

from threading import Barrier

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client

from config.accounts import AccountAdapter
from courses.models import User
from tests.concurrency import at_once
from tests.config.conftest import PASSWORD, Answer, Browser
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

LONG = "a@" + ".".join(["b" * 50] * 4) + "." + "c" * 36 + ".example"  # 250 characters
TOO_LONG = [
    pytest.param("a" * 254 + "@b.example", id="cut before the @"),
    pytest.param(LONG + ".info", id="cut to a valid address"),
]
LOOKS_TAKEN = ["ａｄａ", "аda", "ADA", "ada\u3164", "aⅾa"]
LOOKS_RESERVED = ["ａｄｍｉｎ", "аdmin", "Admin", "adrnin", "ѕtaff", "suppοrt", "rооt"]


def by_api(email: str, username: str) -> Answer:
    return Browser().account("POST", "auth/signup", email=email, username=username, password=PASSWORD)


def by_page(email: str, username: str) -> Answer:
    form = {"email": email, "username": username, "password1": PASSWORD}
    return Client().post("/accounts/signup/", form)


# ---------------------------------------------------------------- addresses


@pytest.mark.parametrize("email", [*TOO_LONG, "ada", "ada@", "@b.example"])
def test_an_address_that_does_not_fit_is_refused_by_the_api(email):
    response = by_api(email, "ada")

    assert response.status_code == 400
    assert {error["param"] for error in response.json()["errors"]} == {"email"}
    assert not User.objects.exists()
    assert "sessionid" not in response.cookies


@pytest.mark.parametrize("email", [*TOO_LONG, "ada", "ada@", "@b.example"])
def test_an_address_that_does_not_fit_is_refused_on_the_page(email):
    response = by_page(email, "ada")

    assert list(response.context["form"].errors) == ["email"]
    assert not User.objects.exists()


def test_the_longest_address_is_stored_whole():
    longest = LONG + ".net"
    assert len(longest) == 254

    assert by_api(longest, "ada").status_code == 401

    assert User.objects.get().email == EmailAddress.objects.get().email == longest


def test_nobody_is_let_in_for_want_of_a_row(browser, mailoutbox):
    ada = make_user(username="ada", password=PASSWORD, email="ada@example.org", is_vouched_for=False)

    assert browser.sign_in("ada").status_code == 401

    assert EmailAddress.objects.get(user=ada).verified is False
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]


def test_an_address_that_is_added_later_must_fit_as_well(browser):
    make_user(username="ada", password=PASSWORD)
    browser.sign_in("ada")

    response = browser.account("POST", "account/email", email=LONG + ".info")

    assert response.status_code == 400
    assert EmailAddress.objects.get().email == "ada@example.org"


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("username", LOOKS_TAKEN)
def test_a_name_that_looks_like_somebody_elses_is_refused_by_the_api(username):
    make_user(username="ada")

    response = by_api("eve@example.org", username)

    assert response.status_code == 400
    assert [(error["param"], error["code"]) for error in response.json()["errors"]] == [
        ("username", "username_taken")
    ]
    assert User.objects.get().username == "ada"


@pytest.mark.parametrize("username", LOOKS_TAKEN)
def test_a_name_that_looks_like_somebody_elses_is_refused_on_the_page(username):
    make_user(username="ada")

    assert list(by_page("eve@example.org", username).context["form"].errors) == ["username"]
    assert User.objects.get().username == "ada"


@pytest.mark.parametrize("username", LOOKS_RESERVED)
def test_a_name_that_looks_reserved_is_refused(username):
    assert by_api("eve@example.org", username).json()["errors"][0]["code"] == "username_blacklisted"
    assert list(by_page("eve@example.org", username).context["form"].errors) == ["username"]
    assert not User.objects.exists()


def test_a_name_that_is_longer_without_ligatures_is_refused_and_never_cut():
    response = by_api("eve@example.org", "ﬃ" * 100)

    assert (response.status_code, response.json()["errors"][0]["code"]) == (400, "max_length")
    assert not User.objects.exists()


def test_a_name_is_stored_and_found_in_its_plain_form(browser):
    by_api("ada@example.org", "ａｄａ")
    EmailAddress.objects.update(verified=True)

    assert User.objects.get().username == "ada"
    assert browser.sign_in("ａｄａ").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("door", [by_api, by_page])
def test_of_two_who_want_one_name_at_one_moment_the_second_is_refused(door, monkeypatch):
    both_are_checked, save_user = Barrier(2, timeout=30), AccountAdapter.save_user
    names, statuses = ["ada", "аda"], []

    def save_at_once(*args, **kwargs):
        both_are_checked.wait()
        return save_user(*args, **kwargs)

    monkeypatch.setattr(AccountAdapter, "save_user", save_at_once)

    raised = at_once(lambda n: statuses.append(door(f"{n}@example.org", names[n]).status_code), 2)

    cache.clear()
    assert raised == []
    assert sorted(statuses) == ([400, 401] if door is by_api else [302, 302])
    assert User.objects.count() == EmailAddress.objects.count() == 1
