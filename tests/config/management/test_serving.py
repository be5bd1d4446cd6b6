"""What happens before the first request is answered."""

from typing import Any

import pytest
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
