"""`manage.py erase_user`: says what it will do, and asks."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from courses.models import Note, User
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    person = factories.make_user(username="ada")
    course = factories.make_course()
    factories.enroll(person, course)
    factories.make_note(person, factories.make_lesson(course=course))
    return person


TOLD = """\
Gone for good:
       1 account, with name, e-mail and password
       1 notes
Stays without the person:
       1 enrollments
"""


def test_it_tells_what_goes_and_stays_and_erases_after_a_yes(
    person: User, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    call_command("erase_user", "ada")
    assert capsys.readouterr().out == TOLD + "ada was erased.\n"
    person.refresh_from_db()
    assert person.erased_at is not None


@pytest.mark.parametrize("answer", ["", "no", "y"])
def test_anything_but_a_yes_erases_nothing(
    person: User, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("builtins.input", lambda _: answer)
    with pytest.raises(CommandError, match=r"Nothing was erased\."):
        call_command("erase_user", "ada")
    assert Note.objects.filter(user=person, user__username="ada", user__erased_at=None).exists()


def test_with_yes_it_does_not_ask(person: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("builtins.input")
    call_command("erase_user", "ada", "--yes")
    assert not Note.objects.exists()


def test_an_unknown_name_and_a_refusal_are_said(person: User) -> None:
    with pytest.raises(CommandError, match="There is nobody with the user name 'bob'"):
        call_command("erase_user", "bob", "--yes")
    factories.make_course(title="Tea", instructors=(person,))
    with pytest.raises(CommandError, match="Nobody else teaches “Tea”"):
        call_command("erase_user", "ada", "--yes")
    person.refresh_from_db()
    assert person.erased_at is None
