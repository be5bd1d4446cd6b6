"""Guessing passwords: how many tries an address has for an account, whichever process they reach."""

import os
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from tests.config.conftest import PASSWORD, Answer, Browser
from tests.factories import make_user

WRONG = "wrong password"
ANOTHER_PROCESS = """
import django
django.setup()
from django.test import Client
credentials = {"username": "ada", "password": "wrong password"}
login = "/_allauth/browser/v1/auth/login"
print(Client(SERVER_NAME="localhost").post(login, credentials, content_type="application/json").status_code)
"""

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def test_after_five_wrong_passwords_the_right_one_has_to_wait():
    make_user(username="ada", password=PASSWORD)
    for _ in range(5):
        assert Browser().sign_in("ada", WRONG).json()["errors"][0]["code"] == "username_password_mismatch"

    response = Browser().sign_in("ada")

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "too_many_login_attempts"


def sign_in_from(address: str, username: str, password: str = PASSWORD) -> Answer:
    """Try to sign in from another address, as the trusted proxy vouches for it."""
    browser = Browser()
    headers = browser.csrf() | {"X-Forwarded-For": address}
    return browser.account("POST", "auth/login", headers=headers, username=username, password=password)


def error_of(response: Answer) -> str:
    return response.json()["errors"][0]["code"]


def test_strangers_lock_nobody_out(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    make_user(username="ada", password=PASSWORD)
    for _ in range(5):
        sign_in_from("203.0.113.1", "ada", WRONG)
    assert error_of(sign_in_from("203.0.113.1", "ada")) == "too_many_login_attempts"

    assert sign_in_from("203.0.113.2", "ada").status_code == 200


def test_one_network_of_ipv6_is_one_address(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(5):
        sign_in_from(f"2001:db8::{number + 1}", "ada", WRONG)

    assert error_of(sign_in_from("2001:db8::abcd", "ada", WRONG)) == "too_many_login_attempts"


def test_an_account_under_attack_gives_every_address_fewer_tries_and_still_lets_its_owner_in(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_anywhere": "4/h/key"}
    make_user(username="ada", password=PASSWORD)
    for number in range(4):
        assert error_of(sign_in_from(f"203.0.113.{number}", "ada", WRONG)) == "username_password_mismatch"

    assert error_of(sign_in_from("198.51.100.1", "ada", WRONG)) == "username_password_mismatch"
    assert error_of(sign_in_from("198.51.100.1", "ada", WRONG)) == "too_many_login_attempts"
    assert [sign_in_from("198.51.100.2", "ada").status_code for _ in range(3)] == [200] * 3
    assert error_of(sign_in_from("198.51.100.1", "grace", WRONG)) == "username_password_mismatch"


def test_the_tries_of_an_address_become_fewer(monkeypatch):
    tries = []
    for minute in (0, 5, 10, 60, 65, 70, 120, 1440):
        clock = SimpleNamespace(
            time=lambda minute=minute: minute * 60.0, monotonic=time.monotonic, sleep=time.sleep
        )
        monkeypatch.setattr(ratelimit, "time", clock)
        while error_of(Browser().sign_in("ada", WRONG)) != "too_many_login_attempts":
            tries.append(minute)

    assert tries == [0] * 5 + [5] * 5 + [60] * 5 + [65] * 5 + [1440] * 5


def test_an_unknown_name_has_to_wait_just_the_same():
    for _ in range(5):
        Browser().sign_in("eve", WRONG)

    assert Browser().sign_in("eve", WRONG).json()["errors"][0]["code"] == "too_many_login_attempts"


def test_signing_in_uses_up_no_tries():
    make_user(username="ada", password=PASSWORD)

    assert [Browser().sign_in("ada").status_code for _ in range(6)] == [200] * 6


def test_an_address_cannot_be_made_up_by_a_header():
    for number in range(30):
        Browser().sign_in(f"name{number}", WRONG)

    browser = Browser()
    forwarded = browser.csrf() | {"X-Forwarded-For": "203.0.113.77"}
    response = browser.account("POST", "auth/login", headers=forwarded, username="eve", password=WRONG)

    assert response.status_code == 429


def test_behind_a_trusted_proxy_each_client_has_tries_of_its_own(settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    for number in range(30):
        Browser().sign_in(f"name{number}", WRONG)

    browser = Browser()
    forwarded = browser.csrf() | {"X-Forwarded-For": "6.6.6.6, 203.0.113.77"}
    response = browser.account("POST", "auth/login", headers=forwarded, username="eve", password=WRONG)

    assert response.status_code == 400


@pytest.mark.django_db(transaction=True)
def test_another_process_counts_the_same_tries():
    for number in range(30):
        Browser().sign_in(f"name{number}", WRONG)
    try:
        assert status_in_another_process() == "429"
    finally:
        cache.clear()


def status_in_another_process() -> str:
    """The answer to a sign-in that another process gives, with a cache object of its own."""
    database = connection.settings_dict
    name, socket = database["NAME"], database["HOST"]
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@/{name}?host={socket}",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    ended = subprocess.run(
        [sys.executable, "-c", ANOTHER_PROCESS],
        env=environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ended.stdout.strip()
