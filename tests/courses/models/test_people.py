"""People whom nobody mistakes for others, and whom an administrator vouches for: in the database and the admin."""

import importlib
import io
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from courses import migrations
from courses.models import User
from tests.factories import make_user

LOOK_ALIKES = ["аda", "ADA", "ａｄａ"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_user(username="root", is_staff=True, is_superuser=True))
    return client


def add_person(admin: Client, username: str):
    form = {"username": username, "usable_password": "false"}
    return admin.post("/admin/courses/user/add/", form)


# ---------------------------------------------------------------- names


@pytest.mark.parametrize("username", LOOK_ALIKES)
def test_the_database_holds_one_of_those_who_look_alike(username):
    make_user(username="ada")

    with pytest.raises(IntegrityError, match="name_skeleton"):
        User.objects.bulk_create([User(username=username)])


@pytest.mark.parametrize("username", LOOK_ALIKES)
def test_the_admin_refuses_a_name_that_looks_taken(admin, username):
    make_user(username="ada")

    response = add_person(admin, username)

    assert list(response.context["adminform"].form.errors) == ["username"]
    assert User.objects.count() == 2


def test_the_command_refuses_a_name_that_looks_taken():
    make_user(username="ada")

    with pytest.raises(CommandError, match="looks like it"):
        call_command("createsuperuser", "--noinput", username="аda", email="", stdout=io.StringIO())
    assert User.objects.count() == 1


def test_a_name_whose_look_takes_too_much_room_is_refused(admin):
    response = add_person(admin, "ﷺ" * 8 + "쮔" * 6 + "m" * 149)

    assert list(response.context["adminform"].form.errors) == ["username"]
    assert User.objects.count() == 1


def test_a_new_name_gives_up_the_look_of_the_old_one():
    ada = make_user(username="ada")
    ada.username = "grace"
    ada.save()

    assert make_user(username="аda").name_skeleton == "ada"


# ---------------------------------------------------------------- being vouched for


def test_whom_the_admin_makes_is_vouched_for(admin):
    add_person(admin, "ada")

    assert User.objects.get(username="ada").is_vouched_for is True


def test_a_change_in_the_admin_vouches_for_nobody(admin):
    ada = make_user(username="ada", is_vouched_for=False)
    page = admin.get(f"/admin/courses/user/{ada.pk}/change/")
    form = page.context["adminform"].form
    given = {name: value for name, value in form.initial.items() if value not in (None, False, [])}
    joined = given.pop("date_joined")
    given |= {"date_joined_0": joined.date(), "date_joined_1": joined.time(), "display_name": "Ada"}

    admin.post(f"/admin/courses/user/{ada.pk}/change/", given)

    ada.refresh_from_db()
    assert (ada.display_name, ada.is_vouched_for) == ("Ada", False)


def test_whom_the_command_makes_is_vouched_for():
    call_command("createsuperuser", "--noinput", username="ada", email="", stdout=io.StringIO())

    assert User.objects.get().is_vouched_for is True


def test_without_an_administrator_nobody_is_vouched_for():
    assert User.objects.create_user("ada").is_vouched_for is False


# ---------------------------------------------------------------- databases that are older than these rules


def migration():
    (file,) = Path(migrations.__path__[0]).glob("*_marks_of_trust.py")
    return importlib.import_module(f"courses.migrations.{file.stem}")


def test_people_who_look_alike_already_keep_their_names_and_can_be_saved():
    first, second = make_user(username="ada"), make_user(username="grace")
    User.objects.filter(pk=second.pk).update(username="аda")

    migration().tell_apart(apps, None)

    second.refresh_from_db()
    second.full_clean(exclude=["password"])
    second.save()
    looks = list(User.objects.order_by("pk").values_list("username", "name_skeleton"))
    assert looks == [("ada", "ada"), ("аda", f"ada#{second.pk}")]
    with pytest.raises(IntegrityError, match="name_skeleton"):
        make_user(username="adа")
    assert first.pk < second.pk


def test_only_those_who_cannot_have_signed_up_are_vouched_for():
    now = timezone.now()
    people: dict[str, dict[str, Any]] = {
        "made and not yet here": {},
        "staff": {"is_staff": True, "last_login": now},
        "superuser": {"is_superuser": True, "last_login": now},
        "of unknown origin": {"last_login": now},
        "signed up": {},
        "staff that signed up": {"is_staff": True},
    }
    for name, fields in people.items():
        person = make_user(username=name, is_vouched_for=False, **fields)
        if "signed up" in name:
            EmailAddress.objects.create(user=person, email=person.email)

    migration().vouch(apps, None)

    vouched = User.objects.filter(is_vouched_for=True).order_by("pk").values_list("username", flat=True)
    assert list(vouched) == ["made and not yet here", "staff", "superuser"]


def test_addresses_that_may_have_been_cut_are_proved_anew():
    for number, address in enumerate(["a" * 254, f"a@{'b' * 252}", "a" * 253, "ada@example.org"]):
        EmailAddress.objects.create(user=make_user(), email=address, verified=True, primary=bool(number))

    migration().doubt_cut_addresses(apps, None)

    assert EmailAddress.objects.get(verified=True).email == "ada@example.org"
