"""What happens before the first request is answered."""

from typing import Any

import pytest
import uvicorn
from django.db import connection

from config.management import serving
from config.management.listening import take_port


@pytest.mark.django_db(transaction=True)
def test_the_session_of_the_preparations_has_ended_when_requests_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection.ensure_connection()
    sessions: list[Any] = []

    def run(*_: object) -> bool:
        sessions.append(connection.connection)
        return True

    monkeypatch.setattr(serving, "run", run)
    with take_port("127.0.0.1", 0) as listening:
        serving.serve(listening, workers=1)
    assert sessions == [None]


@pytest.mark.slow
def test_a_worker_that_is_long_in_starting_is_not_killed_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The five seconds of uvicorn are too few on a machine that is starting everything at once."""
    configured: list[uvicorn.Config] = []

    def run(config: uvicorn.Config, _: object) -> bool:
        configured.append(config)
        return True

    monkeypatch.setattr(serving, "run", run)
    with take_port("127.0.0.1", 0) as listening:
        serving.serve(listening, workers=2)

    assert [config.timeout_worker_healthcheck for config in configured] == [30]
