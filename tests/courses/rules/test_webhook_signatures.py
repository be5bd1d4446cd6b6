"""Signatures of webhooks, checked by the library that Standard Webhooks publishes for receivers."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from courses.rules.webhook_signatures import secret_of, signature_headers

OLD, NEW, FOREIGN = (secret_of(bytes([number]) * 32) for number in (1, 2, 3))
BODY = '{"type":"attempt.completed","data":{"id":"7","note":"é"}}'.encode()


def test_a_receiver_verifies_what_was_sent_now() -> None:
    headers = signature_headers("evt_7", datetime.now(UTC), BODY, [NEW])

    assert Webhook(NEW).verify(BODY, headers) == {
        "type": "attempt.completed",
        "data": {"id": "7", "note": "é"},
    }


def test_while_rotating_either_secret_verifies_and_no_other() -> None:
    headers = signature_headers("evt_7", datetime.now(UTC), BODY, [NEW, OLD])

    assert headers["webhook-signature"].count(" ") == 1
    assert Webhook(NEW).verify(BODY, headers) == Webhook(OLD).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(FOREIGN).verify(BODY, headers)


@pytest.mark.parametrize("changed", ["webhook-id", "webhook-timestamp", "body"])
def test_a_changed_id_time_or_body_is_found_out(changed: str) -> None:
    sent_at = datetime.now(UTC)
    headers = signature_headers("evt_7", sent_at, BODY, [NEW])
    altered = {**headers, "webhook-id": "evt_8"} if changed == "webhook-id" else headers
    if changed == "webhook-timestamp":
        altered = {**headers, "webhook-timestamp": str(int(sent_at.timestamp()) + 1)}

    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(NEW).verify(BODY + b" " if changed == "body" else BODY, altered)


def test_a_message_of_six_minutes_ago_is_too_old_for_a_receiver() -> None:
    headers = signature_headers("evt_7", datetime.now(UTC) - timedelta(minutes=6), BODY, [NEW])

    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(NEW).verify(BODY, headers)


@given(
    key=st.binary(min_size=24, max_size=64),
    message_id=st.from_regex(r"[a-zA-Z0-9_]{1,40}", fullmatch=True),
    seconds=st.integers(0, 2**32),
    body=st.text(st.characters(exclude_categories=["Cs"])),
)
def test_signatures_are_those_of_the_published_library(
    key: bytes, message_id: str, seconds: int, body: str
) -> None:
    sent_at = datetime.fromtimestamp(seconds, UTC)

    headers = signature_headers(message_id, sent_at, body.encode(), [secret_of(key)])

    assert headers == {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": Webhook(secret_of(key)).sign(message_id, sent_at, body),
    }


def test_a_secret_is_its_key_in_base64_after_a_prefix() -> None:
    assert secret_of(b"k" * 24) == "whsec_" + b64encode(b"k" * 24).decode()


@pytest.mark.parametrize("length", [0, 23, 65])
def test_keys_that_the_standard_does_not_allow_are_no_secret(length: int) -> None:
    with pytest.raises(ValueError, match="24 to 64 bytes"):
        secret_of(b"k" * length)


@pytest.mark.parametrize("message_id", ["evt.7", "evt_é"])
def test_an_id_that_could_be_read_in_two_ways_is_not_signed(message_id: str) -> None:
    with pytest.raises(ValueError, match="full stops"):
        signature_headers(message_id, datetime.now(UTC), BODY, [NEW])
