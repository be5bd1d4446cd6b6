"""The migration that gives reading scopes of its own lets every token do what it could, and no more."""

import importlib
from typing import Any

import pytest
from allauth.idp.oidc.models import Client, Token
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import AccessToken
from tests import factories

migration = importlib.import_module("courses.migrations.0016_read_scopes")
pytestmark = pytest.mark.django_db


def _migrate() -> None:
    migration.keep_what_they_could_do(apps, None)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["courses:read"], ["courses:read"]),
        (["notes:write"], ["notes:read", "notes:write"]),
        (["courses:write"], ["courses:write", "notifications:read", "notifications:write"]),
        (
            ["attempts:read", "courses:write", "notes:write"],
            [
                "attempts:read",
                "courses:write",
                "notes:read",
                "notes:write",
                "notifications:read",
                "notifications:write",
            ],
        ),
        (["notes:read", "notes:write"], ["notes:read", "notes:write"]),
    ],
)
def test_everybodys_tokens_are_widened_once(before: list[str], after: list[str]) -> None:
    token = factories.make_access_token(factories.make_user(), "cat_secret", scopes=before)
    untouched = AccessToken.objects.values().get()
    client = Client.objects.create(
        id="partner", scopes="\r\n".join(["openid", *before]), default_scopes="\n".join(before)
    )
    granted = Token.objects.create(type="at", hash="x", client=client, scopes="\n".join(before))
    for _ in range(2):
        _migrate()
        assert AccessToken.objects.values().get() == untouched | {"scopes": after}
        for row in (token, client, granted):
            row.refresh_from_db()
        assert sorted(client.get_scopes()) == sorted(["openid", *after])
        assert client.get_scopes()[: 1 + len(before)] == ["openid", *before]
        assert sorted(client.get_default_scopes()) == sorted(granted.get_scopes()) == after


def test_a_partner_without_default_scopes_gets_none() -> None:
    client = Client.objects.create(id="partner", scopes="notes:write")
    _migrate()
    client.refresh_from_db()
    assert (client.get_scopes(), client.default_scopes) == (["notes:write", "notes:read"], "")


def test_many_tokens_are_widened_in_batches(monkeypatch: Any) -> None:
    monkeypatch.setattr(migration, "BATCH", 2)
    person = factories.make_user()
    for number in range(5):
        scopes = ["notes:write"] if number != 2 else ["courses:read"]
        factories.make_access_token(person, f"cat_{number}", scopes=scopes)
    with CaptureQueriesContext(connection) as statements:
        _migrate()
    updates = [
        query["sql"] for query in statements if query["sql"].startswith('UPDATE "courses_accesstoken"')
    ]
    assert len(updates) == 3
    stored = list(AccessToken.objects.order_by("pk").values_list("scopes", flat=True))
    assert (
        stored
        == [["notes:read", "notes:write"]] * 2 + [["courses:read"]] + [["notes:read", "notes:write"]] * 2
    )


def test_no_batch_waits_for_another_one() -> None:
    """Each is a transaction of its own, and so is every index that is built."""
    assert not migration.Migration.atomic
    assert not importlib.import_module("courses.migrations.0015_roster").Migration.atomic
