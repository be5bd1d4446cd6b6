"""`updateProfile`: one's own display name and time zone."""

from collections.abc import Callable
from typing import Any

import pytest

from courses.models import User
from schema.core import ids
from tests import factories
from tests.operations import operation

Api = Callable[..., Any]
UPDATE = operation("update_profile")


@pytest.fixture
def person(db: None) -> User:
    return factories.make_user(username="ada", display_name="Ada", time_zone="Europe/London")


def _stored(person: User) -> tuple[str, str]:
    return User.objects.values_list("display_name", "time_zone").get(pk=person.pk)


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, ("Ada", "Europe/London")),
        ({"displayName": " Countess "}, ("Countess", "Europe/London")),
        ({"displayName": ""}, ("ada", "Europe/London")),
        ({"timeZone": "Asia/Tokyo"}, ("Ada", "Asia/Tokyo")),
    ],
)
def test_the_viewer_comes_back_as_others_see_them(
    api: Api, person: User, changes: dict[str, str], shown: tuple[str, str]
) -> None:
    payload = api(UPDATE, person, input=changes)["updateProfile"]
    user = {"id": ids.encode("User", person.pk), "displayName": shown[0], "timeZone": shown[1]}
    assert payload == {"user": user, "userErrors": []}
    assert api("{ viewer { user { id displayName timeZone } } }", person)["viewer"]["user"] == user


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"displayName": None}, [("REQUIRED", ["displayName"])]),
        ({"timeZone": None}, [("REQUIRED", ["timeZone"])]),
        ({"displayName": "x" * 151}, [("INVALID", ["displayName"])]),
        ({"displayName": "Eve", "timeZone": "Mars"}, [("INVALID", ["timeZone"])]),
        ({"displayName": "Eve", "timeZone": ""}, [("INVALID", ["timeZone"])]),
    ],
)
def test_what_cannot_be_is_named_and_nothing_is_written(
    api: Api, person: User, changes: dict[str, Any], errors: list[tuple[str, list[str]]]
) -> None:
    payload = api(UPDATE, person, input=changes)["updateProfile"]
    assert [(error["code"], error["field"]) for error in payload["userErrors"]] == errors
    assert payload["user"] is None
    assert _stored(person) == ("Ada", "Europe/London")


def test_nobody_changes_a_profile_without_signing_in_or_by_a_token_that_reads(api: Api, person: User) -> None:
    values = {"displayName": "Eve"}
    assert api(UPDATE, input=values).codes == ["UNAUTHENTICATED"]
    refused = api(UPDATE, person, frozenset({"courses:read"}), input=values)["updateProfile"]
    assert [error["code"] for error in refused["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert _stored(person) == ("Ada", "Europe/London")
    allowed = api(UPDATE, person, frozenset({"courses:write"}), input=values)["updateProfile"]
    assert allowed["userErrors"] == []
    assert _stored(person) == ("Eve", "Europe/London")
