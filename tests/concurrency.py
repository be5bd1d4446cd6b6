"""Concurrent writers on connections of their own, for tests with a transactional database."""

from collections.abc import Callable
from threading import Barrier, Event, Thread
from time import monotonic
from unittest.mock import patch

from django.db import connection, transaction

WRITERS = 32
PATIENT = "-c lock_timeout=60s -c statement_timeout=60s"
"""For writers who queue behind all others, however slow the machine is."""


def at_once(work: Callable[[int], object], writers: int = WRITERS) -> list[Exception]:
    """Run `work(0)`, `work(1)`, ... in a thread each, let go by a barrier; return what they raised."""
    barrier, raised = Barrier(writers), []

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            work(number)
        except Exception as error:  # noqa: BLE001 - judged by the test, in its own thread
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[number]) for number in range(writers)]
    with patch.dict(connection.settings_dict["OPTIONS"], options=PATIENT):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return raised


def one_after_the_other(first: Callable[[], object], second: Callable[[], object]) -> None:
    """Do `first`, and commit it only once `second` waits for a lock that it holds, or has ended."""
    done, ended = Event(), Event()

    def work(number: int) -> None:
        if number:
            done.wait(timeout=30)
            try:
                second()
            finally:
                ended.set()
            return
        with transaction.atomic():
            first()
            done.set()
            while not (_somebody_waits_for_a_lock() or ended.wait(timeout=0.01)):
                pass

    assert at_once(work, 2) == []


def until_it_waits(thread: Thread) -> None:
    """Return once somebody waits for a lock, as `thread` is about to, or it has ended without."""
    while thread.is_alive() and not _somebody_waits_for_a_lock():
        pass


def until_waiting(number: int) -> None:
    """Return once so many sessions wait for a lock; fail when they do not within half a minute, as once they cannot."""
    end = monotonic() + 30
    while _waiting() < number:
        assert monotonic() < end, f"fewer than {number} sessions wait for a lock"


def _somebody_waits_for_a_lock() -> bool:
    return _waiting() > 0


def _waiting() -> int:
    """Count the sessions of this database that wait for a lock. A transaction sees those alone that were there when it
    first looked, until it is told to look again.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid) "
            "WHERE NOT granted AND datname = current_database()"
        )
        count: int = cursor.fetchone()[0]
    return count
