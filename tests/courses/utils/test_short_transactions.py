"""A transaction of two round trips: all or nothing, inside another one too, and whatever a session has prepared."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from courses.models import User
from courses.utils.prepared import VARYING, Prepared
from courses.utils.rows import CompiledQuery, stand_in
from courses.utils.short_transactions import ShortTransaction
from tests import factories
from tests.statements import strings_sent

PERSON = stand_in(1)
RENAME = Prepared("UPDATE courses_user SET first_name = %s::text WHERE id = %s::bigint", [VARYING, VARYING])

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person(transactional_db: None) -> User:
    return factories.make_user(first_name="before")


@pytest.fixture
def naming(person: User) -> Iterator[ShortTransaction[User]]:
    """Gives a person another name, over a new session."""
    rows = User.objects.filter(pk=PERSON)
    connection.close()
    locks = [CompiledQuery(rows.select_for_update().only("pk"))]
    yield ShortTransaction(locks, CompiledQuery(rows.only("first_name")), [RENAME])
    connection.close()


def rename(naming: ShortTransaction[User], person: User, name: str = "after") -> str:
    """Write a name; return the one that was read before."""
    with naming.begun_on_thread({PERSON: person.pk}) as begun:
        [row] = begun.rows
        begun.write(RENAME, [name, person.pk])
        return row.first_name


def fail(naming: ShortTransaction[User], person: User) -> None:
    """Do something, and be about to write more; then raise KeyError."""
    with naming.begun_on_thread({PERSON: person.pk}) as begun:
        User.objects.filter(pk=person.pk).update(last_name="lost")
        begun.write(RENAME, ["lost", person.pk])
        raise KeyError


def everything_stored(person: User) -> tuple[str, str]:
    return User.objects.values_list("first_name", "last_name").get(pk=person.pk)


def stored(person: User) -> str:
    return User.objects.values_list("first_name", flat=True).get(pk=person.pk)


def is_idle() -> bool:
    return connection.connection.info.transaction_status == TRANSACTION_STATUS_IDLE


def test_it_takes_two_strings_and_psycopg2_sends_none_of_its_own(
    naming: ShortTransaction[User], person: User
) -> None:
    with strings_sent() as sent:
        assert rename(naming, person) == "before"
        assert rename(naming, person, "again") == "after"
    begin = ["BEGIN", "SET", "SET", "SET", "EXECUTE", "EXECUTE"]
    assert sent == [
        ["PREPARE", "PREPARE", "PREPARE", *begin],
        ["EXECUTE", "COMMIT"],
        begin,
        ["EXECUTE", "COMMIT"],
    ]
    assert connection.connection.notices == []  # a second BEGIN or COMMIT would be warned of
    assert (is_idle(), connection.get_autocommit(), stored(person)) == (True, True, "again")


def test_what_is_raised_rolls_back(naming: ShortTransaction[User], person: User) -> None:
    before = everything_stored(person)
    with pytest.raises(KeyError):
        fail(naming, person)
    assert (is_idle(), everything_stored(person)) == (True, before)


def test_a_write_that_fails_rolls_back_those_before_it(naming: ShortTransaction[User], person: User) -> None:
    before = everything_stored(person)

    def write_twice() -> None:
        with naming.begun_on_thread({PERSON: person.pk}) as begun:
            begun.write(RENAME, ["lost", person.pk])
            begun.write(RENAME, [None, person.pk])

    with pytest.raises(IntegrityError):
        write_twice()
    assert (is_idle(), everything_stored(person)) == (True, before)


def test_several_writes_are_one_string_in_their_order(naming: ShortTransaction[User], person: User) -> None:
    rename(naming, person)
    with strings_sent() as sent, naming.begun_on_thread({PERSON: person.pk}) as begun:
        begun.write(RENAME, ["between", person.pk])
        begun.write(RENAME, ["last", person.pk])
    assert sent[1:] == [["EXECUTE", "EXECUTE", "COMMIT"]]
    assert (is_idle(), stored(person)) == (True, "last")


def test_what_else_is_done_is_committed_when_the_block_ends(
    naming: ShortTransaction[User], person: User
) -> None:
    with naming.begun_on_thread({PERSON: person.pk}), transaction.atomic():
        User.objects.filter(pk=person.pk).update(first_name="after")
    connection.close()
    assert stored(person) == "after"


def test_a_block_that_is_marked_for_rollback_is_rolled_back(
    naming: ShortTransaction[User], person: User
) -> None:
    with naming.begun_on_thread({PERSON: person.pk}) as begun:
        User.objects.filter(pk=person.pk).update(first_name="lost")
        begun.write(RENAME, ["lost", person.pk])
        transaction.set_rollback(True)
    assert (is_idle(), stored(person)) == (True, "before")


def test_inside_another_transaction_it_is_a_part_of_that(
    naming: ShortTransaction[User], person: User
) -> None:
    with transaction.atomic():
        assert rename(naming, person) == "before"
        assert stored(person) == "after"
        with pytest.raises(KeyError):
            fail(naming, person)
        assert stored(person) == "after"
        transaction.set_rollback(True)
    assert (is_idle(), stored(person)) == (True, "before")


def test_what_waits_for_the_commit_is_run_after_it(naming: ShortTransaction[User], person: User) -> None:
    seen: list[Any] = []
    with naming.begun_on_thread({PERSON: person.pk}) as begun:
        transaction.on_commit(lambda: seen.append((is_idle(), stored(person))))
        begun.write(RENAME, ["after", person.pk])
        assert seen == []
    assert seen == [(True, "after")]


@pytest.mark.parametrize("lost", ["ALL", "opening"])
def test_a_session_without_the_statements_is_answered_by_preparing_them(
    naming: ShortTransaction[User], person: User, lost: str
) -> None:
    rename(naming, person)
    with connection.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {lost if lost == 'ALL' else naming._statements[0].name}")
    assert rename(naming, person, "again") == "after"
    assert (is_idle(), stored(person)) == (True, "again")


def test_a_session_that_lacks_the_write_alone_writes_nothing_and_is_put_right(
    naming: ShortTransaction[User], person: User
) -> None:
    rename(naming, person)
    with connection.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {RENAME.name}")
    with pytest.raises(OperationalError, match="does not exist"):
        rename(naming, person, "lost")
    assert (is_idle(), stored(person)) == (True, "after")
    assert rename(naming, person, "again") == "after"
    assert stored(person) == "again"


def test_a_table_that_has_changed_is_planned_anew(naming: ShortTransaction[User], person: User) -> None:
    rename(naming, person)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_user ALTER COLUMN first_name TYPE varchar(160)")
    assert rename(naming, person, "again") == "after"


def test_other_statements_keep_their_plans(naming: ShortTransaction[User], person: User) -> None:
    rename(naming, person)
    with connection.cursor() as cursor:
        cursor.execute("SHOW plan_cache_mode")
        assert cursor.fetchone() == ("auto",)
