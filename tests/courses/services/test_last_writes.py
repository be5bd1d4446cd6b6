"""Last writes: what is noted of a write, what a person has to see, and what a crash leaves of it."""

from typing import Any

import pytest
from django.db import DatabaseError

from courses.models import User
from courses.services import last_writes
from courses.services.last_writes import forget_old_writes, keep, last_write, note_write, remembered
from courses.utils import sql
from courses.utils.wal_positions import WalPosition
from tests import factories
from tests.concurrency import at_once


@pytest.fixture(autouse=True)
def _with_replicas(settings: Any) -> None:
    settings.REPLICAS = ["replica1"]


@pytest.fixture
def person(db: None) -> User:
    sql.execute("DELETE FROM courses_lastwrite")  # what tests with transactions of their own have left
    return factories.make_user()


def noted() -> dict[int, str]:
    return {
        row.person_id: row.position
        for row in sql.fetch("SELECT person_id, timeline || '-' || byte AS position FROM courses_lastwrite")
    }


def log_ends_at() -> WalPosition:
    [row] = sql.fetch(f"SELECT {last_writes.TIMELINE} || '-' || pg_current_wal_insert_lsn() AS position")
    return WalPosition.parse(row.position)


def move(person_id: int, position: str) -> None:
    timeline, byte = position.split("-")
    sql.execute(
        "UPDATE courses_lastwrite SET timeline = %(timeline)s, byte = %(byte)s WHERE person_id = %(person)s",
        timeline=int(timeline),
        byte=byte,
        person=person_id,
    )


def test_a_write_is_noted_at_the_end_of_the_log(person: User) -> None:
    before = log_ends_at()

    position = note_write(person=person)

    assert position is not None
    assert before <= position <= log_ends_at()
    assert noted() == {person.pk: str(position)}


def test_without_replicas_nothing_is_noted(person: User, settings: Any) -> None:
    settings.REPLICAS = []

    assert note_write(person=person) is None
    assert noted() == {}


def test_of_two_writes_the_later_position_stays(person: User) -> None:
    first = note_write(person=person)
    move(person.pk, "99-0/1")

    second = note_write(person=person)

    assert first is not None
    assert str(second) == noted()[person.pk] == "99-0/1"


def test_a_person_sees_their_own_writes_and_what_holds_for_everybody(person: User) -> None:
    other = factories.make_user()
    keep()
    move(last_writes.EVERYBODY, "1-0/20")
    note_write(person=person)
    move(person.pk, "1-0/30")

    assert [str(last_write(person=each)) for each in (person, other)] == ["1-0/30", "1-0/20"]
    move(person.pk, "1-0/10")
    assert str(last_write(person=person)) == "1-0/20"


def test_what_a_crash_has_taken_is_not_known_until_everybody_has_to_see_all_before(person: User) -> None:
    keep()
    note_write(person=person)
    sql.execute("TRUNCATE courses_lastwrite")
    lost = log_ends_at()
    note_write(person=person)
    assert last_write(person=person) is None

    keep()

    other = last_write(person=factories.make_user())
    assert other is not None
    assert other >= lost


def test_a_write_that_cannot_be_noted_is_no_failure_of_what_was_written(
    person: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tries = []

    def fail(person_id: int) -> WalPosition:
        tries.append(person_id)
        raise DatabaseError

    monkeypatch.setattr(last_writes, "_noted", fail)

    assert note_write(person=person) is None
    assert tries == [person.pk] * 2
    assert [record.message for record in caplog.records] == ["a write could not be noted: DatabaseError"] * 2


def test_old_writes_are_forgotten_and_everybodys_never(person: User, settings: Any) -> None:
    settings.REPLICA_LAG_SECONDS = 100.0
    other = factories.make_user()
    keep()
    note_write(person=person)
    note_write(person=other)
    assert remembered().total_seconds() == 200
    for each, seconds in ((last_writes.EVERYBODY, 1_000), (person.pk, 201), (other.pk, 199)):
        sql.execute(
            "UPDATE courses_lastwrite SET noted_at = now() - make_interval(secs => %(seconds)s)"
            " WHERE person_id = %(person)s",
            seconds=seconds,
            person=each,
        )

    assert forget_old_writes() == 1
    assert noted().keys() == {last_writes.EVERYBODY, other.pk}


@pytest.mark.slow
def test_writes_at_once_leave_the_latest_position(transactional_db: None) -> None:
    sql.execute("TRUNCATE courses_lastwrite")
    person = factories.make_user()

    positions: list[WalPosition | None] = []

    assert at_once(lambda _: positions.append(note_write(person=person)), writers=8) == []

    assert len(positions) == 8
    assert noted() == {person.pk: str(max(position for position in positions if position))}


def test_a_replica_has_no_copy_of_the_table(db: None) -> None:
    [row] = sql.fetch("SELECT relpersistence FROM pg_class WHERE relname = 'courses_lastwrite'")

    assert row.relpersistence == "u"
