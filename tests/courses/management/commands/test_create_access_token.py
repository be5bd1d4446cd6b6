"""`manage.py create_access_token`: a secret for a script."""

import hashlib
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from courses.constants import Scope
from courses.models import AccessToken
from courses.services.token_authentication import recognise_access_token
from courses.utils.clock import database_now
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _printed(*arguments: str, **options: Any) -> str:
    output = StringIO()
    call_command("create_access_token", *arguments, stdout=output, **options)
    return output.getvalue()


def test_it_prints_the_secret_and_nothing_else() -> None:
    person = make_user(username="learner")
    printed = _printed("learner")
    token = AccessToken.objects.get()
    assert printed == f"{printed.strip()}\n"
    assert printed.startswith("cat_")
    assert token.digest == hashlib.sha256(printed.strip().encode()).hexdigest()
    recognised = recognise_access_token(secret=printed.strip())
    assert recognised is not None
    assert (recognised.pk, recognised.user, recognised.scopes) == (
        token.pk,
        person,
        frozenset(token.scopes),
    )
    assert (token.user, token.name, token.expires_at) == (person, "command line", None)


def test_without_a_scope_named_the_token_has_all() -> None:
    make_user(username="learner")
    _printed("learner")
    assert AccessToken.objects.get().scopes == sorted(Scope.values)


def test_scopes_name_and_days_can_be_given() -> None:
    make_user(username="learner")
    before = database_now()
    _printed(
        "learner", "--name", "nightly", "--scope", "courses:read", "--scope", "attempts:read", "--days", "7"
    )
    token = AccessToken.objects.get()
    assert (token.name, token.scopes) == ("nightly", ["attempts:read", "courses:read"])
    assert token.expires_at is not None
    assert before + timedelta(days=7) <= token.expires_at <= database_now() + timedelta(days=7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["learner", "--name", "\u200b\u3164"], "This field cannot be blank."),
        (["nobody"], "There is no active person with the user name 'nobody'."),
        (["former"], "There is no active person with the user name 'former'."),
        (["learner", "--scope", "everything"], "Choose scopes among"),
        (["learner", "--days", "-1"], "Choose a moment in the future."),
        (["learner", "--days", "9999999"], "9999999 days are beyond the calendar. Give fewer."),
        (["learner", "--days", "9999999999"], "9999999999 days are beyond the calendar. Give fewer."),
        (["learner", "--name", "x" * 101], "Ensure this value has at most 100 characters"),
    ],
)
def test_what_cannot_be_is_refused_and_makes_no_token(arguments: list[str], message: str) -> None:
    make_user(username="learner")
    make_user(username="former", is_active=False)
    with pytest.raises(CommandError, match=message):
        _printed(*arguments)
    assert AccessToken.objects.count() == 0
