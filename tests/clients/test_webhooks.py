"""The receiver in Python that the documentation shows takes what is signed, once, and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from courses.rules.webhook_signatures import secret_of, signature_headers
from tests.clients.python import webhooks

SECRET, EARLIER = secret_of(b"k" * 32), secret_of(b"e" * 32)
BODY = b'{"type":"ping","timestamp":"2026-03-01T12:00:00+00:00","data":{}}'


def signed(
    message_id: str, *, ago: timedelta = timedelta(), secrets: tuple[str, ...] = (SECRET,)
) -> dict[str, str]:
    return signature_headers(message_id, datetime.now(UTC) - ago, BODY, secrets)


@pytest.fixture(autouse=True)
def _nothing_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "seen", set())


def test_a_message_is_taken_once() -> None:
    assert webhooks.receive(SECRET, signed("event_1_1"), BODY) == json.loads(BODY)
    assert webhooks.receive(SECRET, signed("event_1_1"), BODY) is None
    assert webhooks.receive(SECRET, signed("event_1_2"), BODY) == json.loads(BODY)


def test_while_a_secret_is_rotated_either_one_will_do() -> None:
    headers = signed("event_1_1", secrets=(SECRET, EARLIER))
    assert webhooks.receive(EARLIER, headers, BODY) == json.loads(BODY)
    webhooks.seen.clear()
    assert webhooks.receive(SECRET, headers, BODY) == json.loads(BODY)


def test_what_is_forged_or_old_is_not_taken() -> None:
    for headers, body in (
        (signed("event_1_1", secrets=(EARLIER,)), BODY),
        (signed("event_1_1"), BODY + b" "),
        (signed("event_1_1", ago=timedelta(minutes=6)), BODY),
    ):
        with pytest.raises(WebhookVerificationError):
            webhooks.receive(SECRET, headers, body)
    assert webhooks.seen == set()
