"""What has expired is cleared away, and nothing else is."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Token
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from config.background import CHORES, do_once
from courses.models import AccessToken, GrantedSecret, PartnerGrant, WebhookDelivery, WebhookSecret
from courses.services import expired_rows
from courses.services.expired_rows import clear_expired
from tests.concurrency import one_after_the_other
from tests.factories import make_access_token, make_delivery, make_user, make_webhook_endpoint

NOW = timezone.now()
GONE, LEFT = NOW - timedelta(hours=1), NOW + timedelta(days=1)
LONG_AGO, LATELY = NOW - timedelta(days=31), NOW - timedelta(days=29)


def make_session(key: str, expire_date: Any) -> None:
    Session.objects.create(session_key=key, session_data="", expire_date=expire_date)


@pytest.mark.django_db
def test_sessions_tokens_and_codes_that_expired_are_cleared():
    make_session("gone", GONE)
    make_session("left", LEFT)
    for digest, expires_at in {"gone": GONE, "left": LEFT, "for ever": None}.items():
        Token.objects.create(type=Token.Type.ACCESS_TOKEN, hash=digest, expires_at=expires_at)
    old, new = PartnerGrant.objects.create(), PartnerGrant.objects.create()
    for grant, digest, expires_at in [(old, "a", GONE), (new, "b", GONE), (new, "c", LEFT)]:
        GrantedSecret.objects.create(grant=grant, digest=digest, works_once=True, expires_at=expires_at)
    cache.set("gone", 1, timeout=-1)
    cache.set("left", 1)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO django_cache VALUES ('old code', '', now() - interval '1 s')")

    (chore,) = [each for each in CHORES if each.work is clear_expired]
    async_to_sync(do_once)(chore)

    assert list(Session.objects.values_list("session_key", flat=True)) == ["left"]
    assert set(Token.objects.values_list("hash", flat=True)) == {"left", "for ever"}
    assert list(GrantedSecret.objects.values_list("digest", flat=True)) == ["c"]
    assert list(PartnerGrant.objects.all()) == [new]
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM django_cache")
        assert [key for (key,) in cursor.fetchall()] == [":1:left"]


@pytest.mark.django_db
def test_an_access_token_can_still_be_seen_for_30_days():
    owner = make_user()
    for name, fields in {
        "in use": {},
        "expires": {"expires_at": LEFT},
        "expired lately": {"expires_at": LATELY},
        "revoked lately": {"revoked_at": LATELY, "expires_at": LEFT},
        "expired long ago": {"expires_at": LONG_AGO},
        "revoked long ago": {"revoked_at": LONG_AGO, "expires_at": LEFT},
    }.items():
        token = make_access_token(owner, f"cat_{name}")
        AccessToken.objects.filter(pk=token.pk).update(name=name, **fields)

    assert clear_expired() == 2

    names = AccessToken.objects.order_by("pk").values_list("name", flat=True)
    assert list(names) == ["in use", "expires", "expired lately", "revoked lately"]


@pytest.mark.django_db
def test_it_is_done_in_batches_and_only_so_many_at_one_time(monkeypatch):
    monkeypatch.setattr(expired_rows, "BATCH", 2)
    monkeypatch.setattr(expired_rows, "BATCHES", 2)
    for number in range(5):
        make_session(f"{number}", GONE)

    assert (clear_expired(), clear_expired(), clear_expired()) == (4, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_rows_that_others_hold_are_passed_over():
    make_session("held", GONE)
    make_session("free", GONE)
    cleared = []

    one_after_the_other(
        lambda: Session.objects.select_for_update().get(session_key="held"),
        lambda: cleared.append(clear_expired()),
    )

    assert cleared == [1]
    with transaction.atomic():
        assert Session.objects.get().session_key == "held"


@pytest.mark.django_db
def test_deliveries_go_with_the_events_and_secrets_when_they_end(settings):
    settings.EVENTS_KEPT_DAYS = 10
    endpoint = make_webhook_endpoint(make_user())
    WebhookSecret.objects.create(endpoint=endpoint, encrypted="gone", expires_at=GONE)
    WebhookSecret.objects.create(endpoint=endpoint, encrypted="left", expires_at=LEFT)
    old, new = make_delivery(endpoint), make_delivery(endpoint)
    for delivery, days in [(old, 11), (new, 9)]:
        WebhookDelivery.objects.filter(pk=delivery.pk).update(updated_date=NOW - timedelta(days=days))

    clear_expired()

    assert list(WebhookDelivery.objects.all()) == [new]
    assert set(WebhookSecret.objects.values_list("encrypted", flat=True)) >= {"left"}
    assert not WebhookSecret.objects.filter(encrypted="gone").exists()
