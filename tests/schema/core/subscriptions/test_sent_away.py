"""When subscribers of a running server are sent away: credentials that end, and limits. And what waiting costs."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.idp.oidc.models import Client as Partner
from allauth.idp.oidc.models import Token
from django.conf import settings as django_settings
from django.test import Client

from courses.models import AccessToken, AssessmentAttempt, User
from courses.services.access_tokens import revoke_access_token
from courses.services.erasure import erase_person
from schema.execution.admission import Admission
from tests import factories
from tests.config.oauth import SECRET, client_credentials, make_partner
from tests.operations import operation
from tests.schema.core.subscriptions.conftest import Live, flag
from tests.schema.execution.conftest import wait_until
from tests.subscribing import event_stream

UPDATED = operation("attempt_updated")
RECEIVED = operation("notification_received")


def revoke(person: User) -> None:
    AccessToken.objects.update(revoked_at="2026-01-01T00:00:00Z")


def expire(person: User) -> None:
    AccessToken.objects.update(expires_at="2026-01-01T00:00:00Z")


def deactivate(person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_active=False)


@pytest.mark.parametrize("end", [revoke, expire, deactivate])
def test_credentials_that_end_close_an_idle_connection_at_the_next_check(
    live: Live, settings: Any, learner: User, attempt_id: str, end: Callable[[User], None]
) -> None:
    settings.SUBSCRIPTION_CHECK_SECONDS = 0.02
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    end(learner)

    assert client.closed() == 4403


def delete(person: User) -> None:
    AccessToken.objects.all().delete()


@pytest.mark.parametrize("end", [revoke, expire, delete, deactivate])
def test_credentials_that_are_ended_close_an_idle_connection_at_once(
    live: Live, learner: User, attempt_id: str, end: Callable[[User], None]
) -> None:
    """Without waiting for the next check, which is half a minute away: longer than a client waits here."""
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    end(learner)

    assert client.closed() == 4403


@pytest.mark.parametrize(
    "by_refresh", [False, True], ids=["revoked by the partner", "deleted by an administrator"]
)
def test_a_partners_token_that_is_revoked_closes_its_connection_at_once(
    live: Live, learner: User, attempt_id: str, by_refresh: bool
) -> None:
    make_partner(owner=learner, scopes=("courses:read", "attempts:read"))
    secret = client_credentials("courses:read attempts:read")
    client = live.connections.open(live.address, secret)
    client.subscribe(UPDATED, attemptId=attempt_id)
    live.wait_for_turn()

    if by_refresh:
        Token.objects.all().delete()
    else:
        form = {"client_id": "partner", "client_secret": SECRET, "token": secret}
        assert Client().post("/identity/o/api/revoke", form).status_code == 200

    assert client.closed() == 4403


def test_other_credentials_of_the_same_person_go_on_and_get_no_event_for_it(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    going = live.watch(learner, UPDATED, attemptId=attempt_id)
    ended = AccessToken.objects.get()
    staying = live.watch(learner, UPDATED, attemptId=attempt_id)

    revoke_access_token(owner=learner, token_id=ended.pk)
    assert going.closed() == 4403
    live.wait_for_turn()
    flag(attempt)

    assert staying.event()["attemptUpdated"]["questions"][0]["isFlagged"] is True


def test_an_erased_person_is_sent_away_at_once(live: Live, learner: User, attempt_id: str) -> None:
    """Without waiting for the next check, from what is watched of an attempt and of notifications alike."""
    watching = [live.watch(learner, UPDATED, attemptId=attempt_id), live.watch(learner, RECEIVED)]

    erase_person(person=learner)

    assert [client.closed() for client in watching] == [4403, 4403]


def test_credentials_that_have_ended_get_no_further_event(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    client = live.watch(learner, UPDATED, attemptId=attempt_id)

    revoke(learner)
    flag(attempt)

    assert client.closed() == 4403


def cookie_of(browser: Client) -> str:
    return (
        f"{django_settings.SESSION_COOKIE_NAME}={browser.cookies[django_settings.SESSION_COOKIE_NAME].value}"
    )


def test_a_session_that_ends_closes_the_connection(
    live: Live, settings: Any, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    settings.SUBSCRIPTION_CHECK_SECONDS = 0.02
    browser = Client()
    browser.force_login(learner)
    client = live.connections.open(live.address, Cookie=cookie_of(browser), Origin=live.address)
    client.subscribe(UPDATED, attemptId=attempt_id)
    live.wait_for_turn()
    flag(attempt)
    assert client.event()["attemptUpdated"]["id"] == attempt_id

    browser.logout()

    assert client.closed() == 4403


def test_a_session_that_is_logged_out_closes_its_connection_at_once_and_no_other(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    browsers = [Client(), Client()]
    clients = []
    for browser in browsers:
        browser.force_login(learner)
        client = live.connections.open(live.address, Cookie=cookie_of(browser), Origin=live.address)
        client.subscribe(UPDATED, attemptId=attempt_id)
        live.wait_for_turn()
        clients.append(client)

    browsers[0].logout()

    assert clients[0].closed() == 4403
    flag(attempt)
    assert clients[1].event()["attemptUpdated"]["id"] == attempt_id


def test_a_session_that_is_logged_out_ends_its_event_stream_at_once(
    live: Live, learner: User, attempt_id: str
) -> None:
    browser = Client()
    browser.force_login(learner)
    cookie = cookie_of(browser)
    with event_stream(live.address, None, UPDATED, cookie=cookie, attemptId=attempt_id) as events:
        live.wait_for_turn()

        browser.logout()

        kind, result = next(events)
        assert (kind, result["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert next(events) == ("complete", None)


def take_the_scope(partner: Partner) -> None:
    partner.scopes = "courses:read"
    partner.save()


def delete_the_partner(partner: Partner) -> None:
    partner.delete()


def give_it_to_another(partner: Partner) -> None:
    partner.owner = factories.make_user()
    partner.save()


def take_the_scope_of_the_token(partner: Partner) -> None:
    Token.objects.update(scopes="courses:read")


ENDS_OF_PARTNERS: dict[str, tuple[Callable[[Partner], None], str]] = {
    "a scope is taken away": (take_the_scope, "TOKEN_SCOPE_MISSING"),
    "a scope of its token is": (take_the_scope_of_the_token, "TOKEN_SCOPE_MISSING"),
    "it is deleted": (delete_the_partner, "UNAUTHENTICATED"),
    "it acts for another": (give_it_to_another, "UNAUTHENTICATED"),
}


@pytest.mark.parametrize(
    ("end", "is_granted"),
    [
        *((end, False) for end in ENDS_OF_PARTNERS),
        *((end, True) for end in ENDS_OF_PARTNERS if end != "it acts for another"),
    ],
)
def test_a_partner_who_may_do_less_gets_no_further_event_and_knows_at_once(
    live: Live, learner: User, attempt_id: str, end: str, is_granted: bool
) -> None:
    owner = factories.make_user() if is_granted else learner
    partner = make_partner(owner=owner, scopes=("courses:read", "attempts:read"))
    secret = client_credentials("courses:read attempts:read")
    if is_granted:
        Token.objects.update(user=learner)
    change, code = ENDS_OF_PARTNERS[end]
    client = live.connections.open(live.address, secret)
    client.subscribe(UPDATED, attemptId=attempt_id)
    live.wait_for_turn()
    with event_stream(live.address, secret, UPDATED, attemptId=attempt_id) as events:
        live.wait_for_turn()

        change(partner)

        kind, result = next(events)
        assert (kind, result["errors"][0]["extensions"]["code"]) == ("next", code)
        assert next(events) == ("complete", None)
    if code == "UNAUTHENTICATED":
        assert client.closed() == 4403
    else:
        assert client.message()["payload"]["errors"][0]["extensions"]["code"] == code
        assert client.message()["type"] == "complete"


def test_a_cookie_counts_only_beside_an_origin(live: Live, learner: User, attempt_id: str) -> None:
    browser = Client()
    browser.force_login(learner)
    client = live.connections.open(live.address, Cookie=cookie_of(browser))

    client.subscribe(UPDATED, attemptId=attempt_id)

    assert client.refused() == "UNAUTHENTICATED"


def test_a_person_has_so_many_subscriptions_and_no_more(
    live: Live, settings: Any, learner: User, attempt_id: str
) -> None:
    settings.MAX_SUBSCRIPTIONS = 2
    first = live.watch(learner, UPDATED, attemptId=attempt_id)
    second = live.watch(learner, RECEIVED)

    second.subscribe(UPDATED, attemptId=attempt_id)
    assert second.refused() == "LIMIT_EXCEEDED"
    first.end("1")
    first.subscribe(UPDATED, attemptId=attempt_id)

    live.wait_for_turn()


def test_a_subscription_that_waits_holds_no_place_among_the_executing(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    live.application.admission = Admission(executing=1, waiting=0)
    client = live.watch(learner, UPDATED, attemptId=attempt_id)
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id):
        live.wait_for_turn()

        client.subscribe("{ viewer { unreadNotificationCount } }")

        assert client.event()["viewer"] is not None


def test_events_are_sent_as_server_sent_events_too(
    live: Live, learner: User, attempt: AssessmentAttempt, attempt_id: str
) -> None:
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id) as events:
        live.wait_for_turn()
        flag(attempt)
        kind, result = next(events)
        assert (kind, result["data"]["attemptUpdated"]["id"]) == ("next", attempt_id)
        revoke(learner)
        flag(attempt, is_flagged=False)
        kind, result = next(events)
        assert (kind, result["errors"][0]["extensions"]["code"]) == ("next", "UNAUTHENTICATED")
        assert next(events) == ("complete", None)


def test_a_client_that_leaves_is_forgotten(live: Live, learner: User, attempt_id: str) -> None:
    with event_stream(live.address, live.token(learner), UPDATED, attemptId=attempt_id):
        live.wait_for_turn()

    wait_until(lambda: live.application.listener.count(learner.pk) == 0)
