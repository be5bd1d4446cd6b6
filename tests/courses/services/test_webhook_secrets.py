"""Secrets of endpoints are kept encrypted, and survive a change of SECRET_KEY by its fallbacks."""

from base64 import b64decode

import pytest
from django.utils import timezone

from courses.models import WebhookEndpoint, WebhookSecret
from courses.services.webhook_secrets import new_secret, valid_secrets
from tests import factories

NOW = timezone.now()


@pytest.fixture
def endpoint(db: None) -> WebhookEndpoint:
    return factories.make_webhook_endpoint(factories.make_user(), secret=False)


def test_a_secret_is_random_and_of_the_standards_form(endpoint) -> None:
    secrets = [new_secret(endpoint, now=NOW) for _ in range(2)]

    assert secrets[0] != secrets[1]
    for secret in secrets:
        assert secret.startswith("whsec_")
        assert len(b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert valid_secrets(endpoint, now=NOW) == secrets[::-1]


def test_equal_secrets_are_stored_differently_and_none_is_there_to_be_read(endpoint) -> None:
    secret = new_secret(endpoint, now=NOW)
    stored = WebhookSecret.objects.get().encrypted

    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored


def test_a_secret_is_read_by_the_earlier_key_and_by_no_other(endpoint, settings) -> None:
    secret = new_secret(endpoint, now=NOW)
    earlier = settings.SECRET_KEY

    settings.SECRET_KEY = "new" * 20
    assert valid_secrets(endpoint, now=NOW) == []
    settings.SECRET_KEY_FALLBACKS = [earlier]
    assert valid_secrets(endpoint, now=NOW) == [secret]
    newer = new_secret(endpoint, now=NOW)
    settings.SECRET_KEY_FALLBACKS = []
    assert valid_secrets(endpoint, now=NOW) == [newer]
