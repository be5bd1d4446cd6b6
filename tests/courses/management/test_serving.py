"""What happens before the first request is answered."""

from typing import Any

import pytest
import uvicorn
from django.db import connection

from courses.management import serving


@pytest.mark.django_db(transaction=True)
def test_the_session_of_the_preparations_has_ended_when_requests_are_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connection.ensure_connection()
    sessions: list[Any] = []
    monkeypatch.setattr(uvicorn, "run", lambda *_, **__: sessions.append(connection.connection))
    serving.serve(host="127.0.0.1", port=0, workers=1)
    assert sessions == [None]
