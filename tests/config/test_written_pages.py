"""Writes by the pages of the accounts and the administration: the position of whoever made them is noted."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from courses.models import User
from courses.utils import sql
from courses.utils.wal_positions import WalPosition
from tests.config.conftest import PASSWORD, Browser
from tests.config.deployments import python
from tests.courses.services.test_last_writes import log_ends_at, noted
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

OURS = "config.written_pages.WrittenPagesMiddleware"
SIGNED_IN = "django.contrib.auth.middleware.AuthenticationMiddleware"


@pytest.fixture(autouse=True)
def _with_replicas(db: None, settings: Any) -> None:
    """Set what config/settings.py makes of COURSES_REPLICA_URLS."""
    sql.execute("DELETE FROM courses_lastwrite")  # what tests with transactions of their own have left
    settings.REPLICAS = ["replica1"]
    place = settings.MIDDLEWARE.index(SIGNED_IN) + 1
    settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], OURS, *settings.MIDDLEWARE[place:]]


@pytest.fixture
def person() -> User:
    return make_user(username="ada", password=PASSWORD)


@pytest.fixture
def client(person: User) -> Client:
    """The browser of the person, who is signed in."""
    client = Client()
    client.force_login(person)
    return client


def noted_since(before: WalPosition, person: User) -> bool:
    """Tell if nothing is noted but a position of the person behind `before`."""
    found = {each: WalPosition.parse(position) for each, position in noted().items()}
    return found.keys() == {person.pk} and before < found[person.pk] <= log_ends_at()


def test_a_form_of_the_accounts_is_noted_behind_what_it_has_written(person: User, client: Client) -> None:
    before = log_ends_at()

    response = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "another horse battery", "password2": "another horse battery"},
    )

    person.refresh_from_db()
    assert (response.status_code, person.check_password("another horse battery")) == (302, True)
    assert noted_since(before, person)


def test_a_form_of_the_administration_is_noted_behind_what_it_has_written() -> None:
    administrator = make_user(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(administrator)
    before = log_ends_at()

    response = client.post("/admin/auth/group/add/", {"name": "Editors"})

    assert (response.status_code, Group.objects.get().name) == (302, "Editors")
    assert noted_since(before, administrator)


def test_who_signs_in_is_noted_and_who_has_signed_out_is_not(person: User) -> None:
    browser, before = Browser(), log_ends_at()

    assert browser.sign_in("ada").status_code == 200
    assert noted_since(before, person)

    sql.execute("DELETE FROM courses_lastwrite")
    assert browser.account("DELETE", "auth/session").status_code == 401
    assert noted() == {}


def test_pages_that_are_read_and_forms_of_nobody_are_not_noted(person: User, client: Client) -> None:
    read = [
        client.get("/accounts/email/"),
        client.head("/accounts/email/"),
        client.options("/accounts/email/"),
    ]
    refused = Browser().sign_in("ada", "wrong horse battery")

    assert [response.status_code for response in read] == [200] * 3
    assert refused.status_code == 400
    assert noted() == {}


SHOW = f"""
from django.conf import settings
print([name for name in settings.MIDDLEWARE if name in ({SIGNED_IN!r}, {OURS!r})])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("replicas", "expected"), [("", [SIGNED_IN]), ("postgres://db2/courses", [SIGNED_IN, OURS])]
)
def test_pages_are_noted_where_there_are_replicas(tmp_path: Any, replicas: str, expected: list[str]) -> None:
    variables = {"COURSES_REPLICA_URLS": replicas} if replicas else {}

    shown = python(tmp_path, "-c", SHOW, **variables)

    assert shown.stdout == f"{expected}\n", shown.stderr
