"""`manage.py refresh_statistics --watch`: it goes on through failures, and stops when it is told to."""

import os
import signal
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import OperationalError

from courses.management.commands import refresh_statistics
from courses.services import statistics


@pytest.fixture(autouse=True)
def _handlers_of_signals_are_put_back() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_refreshes_until_it_is_stopped_and_outlives_a_database_that_is_away(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, number: signal.Signals, db: None
) -> None:
    calls: list[str] = []

    def refresh() -> int:
        calls.append("refreshed")
        if len(calls) == 2:
            raise OperationalError("the database is restarting")
        if "reconnected" in calls:
            os.kill(os.getpid(), number)
        return 1

    monkeypatch.setattr(statistics, "refresh_stale", refresh)
    monkeypatch.setattr(refresh_statistics, "PAUSE_SECONDS", 0)
    monkeypatch.setattr(refresh_statistics.connection, "close", lambda: calls.append("reconnected"))
    call_command("refresh_statistics", "--watch")
    assert calls == ["refreshed", "refreshed", "reconnected", "refreshed"]
    assert "the database is restarting" in caplog.text
