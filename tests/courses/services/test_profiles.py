"""Profiles: what is changed of them, and what follows from it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses.models import StatisticsChange, User
from courses.selectors.streaks import activity_streaks
from courses.services.profiles import update_profile
from courses.services.statistics import refresh_all
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def person() -> User:
    return factories.make_user(username="ada", display_name="Ada", time_zone="Europe/London")


def _stored(person: User) -> tuple[str, str]:
    return User.objects.values_list("display_name", "time_zone").get(pk=person.pk)


@pytest.mark.parametrize(
    ("changes", "stored"),
    [
        ({}, ("Ada", "Europe/London")),
        ({"display_name": "  Countess Lovelace\n"}, ("Countess Lovelace", "Europe/London")),
        ({"display_name": ""}, ("", "Europe/London")),
        ({"display_name": " \u200b"}, ("", "Europe/London")),
        ({"time_zone": "Asia/Tokyo"}, ("Ada", "Asia/Tokyo")),
        ({"display_name": "A" * 150, "time_zone": "UTC"}, ("A" * 150, "UTC")),
    ],
)
def test_what_is_given_is_changed_and_all_else_stays(
    person: User, changes: Any, stored: tuple[str, str]
) -> None:
    other = factories.make_user(display_name="Bob")
    before = User.objects.values().get(pk=person.pk)
    returned = update_profile(person=person, **changes)
    assert (returned.display_name, returned.time_zone) == stored
    after = User.objects.values().get(pk=person.pk)
    assert after == before | {"display_name": stored[0], "time_zone": stored[1]}
    assert _stored(other) == ("Bob", "UTC")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"display_name": "x" * 151}, {"display_name"}),
        ({"time_zone": ""}, {"time_zone"}),
        ({"time_zone": "Europe/Atlantis"}, {"time_zone"}),
        ({"time_zone": "localtime"}, {"time_zone"}),
        ({"time_zone": "../../etc/passwd"}, {"time_zone"}),
        ({"display_name": "x" * 151, "time_zone": "CEST"}, {"display_name", "time_zone"}),
    ],
)
def test_a_value_that_cannot_be_is_named_and_nothing_is_written(
    person: User, changes: Any, fields: set[str]
) -> None:
    with pytest.raises(ValidationError) as refused:
        update_profile(person=person, **{"display_name": "Eve"} | changes)
    assert set(refused.value.message_dict) == fields
    assert _stored(person) == ("Ada", "Europe/London")


def test_a_name_from_before_names_had_to_differ_stands_in_nobodys_way(person: User) -> None:
    User.objects.filter(pk=person.pk).update(name_skeleton="ada#1", email="no address")
    update_profile(person=person, display_name="Countess")
    assert User.objects.values_list("name_skeleton", "display_name").get(pk=person.pk) == (
        "ada#1",
        "Countess",
    )


def test_the_streak_follows_the_new_time_zone_at_once(person: User) -> None:
    now = datetime(2026, 3, 10, 12, tzinfo=UTC)
    for hours in (1, 13, 37):  # 11:00 and 23:00 of today and yesterday, and 23:00 of the day before, in UTC
        moment = now - timedelta(hours=hours)
        activity = factories.make_activity(person)
        type(activity)._default_manager.filter(pk=activity.pk).update(created_date=moment)
    refresh_all()
    StatisticsChange.objects.all().delete()
    assert activity_streaks([person.pk], now=now) == {person.pk: 3}
    update_profile(person=person, time_zone="Asia/Tokyo")  # 20:00 today, 8:00 today, and 8:00 yesterday
    assert activity_streaks([person.pk], now=now) == {person.pk: 2}
    assert list(StatisticsChange.objects.values_list("user", "course")) == [(person.pk, None)]
