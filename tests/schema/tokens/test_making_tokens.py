"""Making access tokens through the API: none may do more than whoever makes it."""

from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from courses.constants import Scope
from courses.models import AccessToken
from schema.context import Context, Identity
from schema.root import schema
from tests.factories import make_user

ALL = frozenset(Scope.values)

MAKE_TOKEN = """mutation($scopes: [String!]!) { createAccessToken(input: {name: "x", scopes: $scopes}) {
    accessToken { scopes } userErrors { code field } } }"""


@pytest.fixture
def ask_for_token(db: None) -> Callable[..., Any]:
    """`ask_for_token(own_scopes, wanted_scopes)` calls createAccessToken and gives its payload."""

    def ask(own: frozenset[str] | None, wanted: list[str]) -> Any:
        context = Context(Identity(make_user(), own))
        asked = async_to_sync(schema.execute)(
            MAKE_TOKEN, variable_values={"scopes": wanted}, context_value=context
        )
        assert asked.errors is None
        assert asked.data is not None
        return asked.data["createAccessToken"]

    return ask


@pytest.mark.parametrize("own", [frozenset({"tokens:write"}), ALL - {"grading:write"}])
def test_a_token_makes_none_that_may_do_more_than_itself(ask_for_token, own):
    refused = ask_for_token(own, ["tokens:write", "grading:write"])

    assert refused["userErrors"] == [{"code": "TOKEN_SCOPE_MISSING", "field": ["scopes"]}]
    assert not AccessToken.objects.exists()


def test_a_token_makes_one_that_may_do_as_much_as_itself(ask_for_token):
    made = ask_for_token(frozenset({"tokens:write", "courses:read"}), ["courses:read"])

    assert made["accessToken"] == {"scopes": ["courses:read"]}


def test_a_session_makes_one_that_may_do_everything(ask_for_token):
    assert ask_for_token(None, Scope.values)["accessToken"] == {"scopes": sorted(Scope.values)}
