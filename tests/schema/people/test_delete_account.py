"""`deleteAccount`: by a browser session and with the password again, and by nothing else."""

from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from courses.constants import Scope
from courses.models import User
from schema.core import ids
from tests import factories
from tests.operations import operation

DELETE = operation("delete_account")
PASSWORD = "a long Enough password"


@pytest.fixture
def person(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    return factories.make_user(username="ada", password=PASSWORD)


def _refused(answer: Any, person: User) -> list[tuple[str, list[str] | None]]:
    """The codes and fields of the user errors, of an account that is as it was."""
    payload = answer["deleteAccount"]
    assert payload["deletedUserId"] is None
    kept = User.objects.get(pk=person.pk)
    assert (kept.username, kept.is_active, kept.erased_at) == ("ada", True, None)
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


def test_the_account_is_erased(api: Any, person: User) -> None:
    payload = api(DELETE, person, password=PASSWORD)["deleteAccount"]
    assert payload == {"deletedUserId": ids.encode("User", person.pk), "userErrors": []}
    person.refresh_from_db()
    assert person.erased_at is not None
    assert (person.is_active, person.email, person.shown_name) == (False, "", "Deleted user")


def test_nobody_is_asked_to_sign_in(api: Any) -> None:
    assert api(DELETE, None, password=PASSWORD).codes == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("password", ["", "wrong", PASSWORD.upper(), PASSWORD + " "])
def test_a_wrong_password_erases_nothing(api: Any, person: User, password: str) -> None:
    assert _refused(api(DELETE, person, password=password), person) == [("INVALID", ["password"])]


def test_the_password_of_somebody_else_is_wrong(api: Any, person: User) -> None:
    factories.make_user(username=person.email, password="the other one's")
    answer = api(DELETE, person, password="the other one's")
    assert _refused(answer, person) == [("INVALID", ["password"])]


def test_no_token_may_whatever_its_scopes(api: Any, person: User) -> None:
    answer = api(DELETE, person, frozenset(Scope.values), password=PASSWORD)
    assert _refused(answer, person) == [("TOKEN_SCOPE_MISSING", None)]


def test_without_a_password_the_person_is_told_what_to_do(api: Any, person: User) -> None:
    person.set_unusable_password()
    person.save()
    answer = api(DELETE, person, password=PASSWORD)
    assert _refused(answer, person) == [("INVALID", ["password"])]
    assert "Please set one" in answer["deleteAccount"]["userErrors"][0]["message"]


def test_after_five_wrong_passwords_the_right_one_has_to_wait(api: Any, person: User) -> None:
    for _ in range(5):
        api(DELETE, person, password="wrong")
    answer = api(DELETE, person, password=PASSWORD)
    assert _refused(answer, person) == [("INVALID", ["password"])]
    assert answer["deleteAccount"]["userErrors"][0]["message"].startswith("Too many wrong passwords.")


def test_wrong_passwords_here_count_for_signing_in_and_the_reverse(api: Any, person: User) -> None:
    for _ in range(3):
        api(DELETE, person, password="wrong")
    for _ in range(2):
        assert _sign_in("wrong") is None
    with pytest.raises(ValidationError):
        _sign_in(PASSWORD)
    assert _refused(api(DELETE, person, password=PASSWORD), person) == [("INVALID", ["password"])]


def _sign_in(password: str) -> Any:
    """A try to sign in as the pages of the accounts make it."""
    request = HttpRequest()
    request.method = "POST"
    request.META["HTTP_HOST"] = "localhost"
    return get_adapter(request).authenticate(request, username="ADA", password=password)


def test_what_stands_against_it_is_said_and_nothing_is_written(api: Any, person: User) -> None:
    factories.make_course(title="Tea", instructors=(person,))
    answer = api(DELETE, person, password=PASSWORD)
    assert _refused(answer, person) == [("CONFLICT", None)]
    assert "“Tea”" in answer["deleteAccount"]["userErrors"][0]["message"]


def test_others_see_a_review_by_a_deleted_user(api: Any, person: User) -> None:
    course = factories.make_course()
    factories.enroll(person, course)
    factories.make_review(person, course)
    api(DELETE, person, password=PASSWORD)
    document = """query ($slug: String!) { course(slug: $slug) { reviews(first: 1) { edges { node {
      rating content author { displayName } } } } } }"""
    [edge] = api(document, factories.make_user(), slug=course.slug)["course"]["reviews"]["edges"]
    assert edge["node"] == {
        "rating": 5,
        "content": "I learned a lot here.",
        "author": {"displayName": "Deleted user"},
    }
