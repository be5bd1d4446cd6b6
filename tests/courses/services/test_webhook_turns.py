"""Messages are sent in turns: in order, tried again by the schedule, and never without the owner's rights of now."""

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from threading import Barrier, Event

import pytest
from allauth.idp.oidc.models import Client, Token
from django.db import connection
from django.utils import timezone

from courses.constants import DeliveryStatus, Scope
from courses.models import Course, Notification, User, WebhookDelivery, WebhookEndpoint
from courses.rules.webhook_tries import DISTANCES
from courses.services.access_tokens import revoke_access_token
from courses.services.webhook_sending import Problem, Sent, send
from courses.services.webhook_turns import (
    GIVEN_UP,
    LONGEST_REST,
    MESSAGES_A_TURN,
    NO_SECRET,
    NOT_VISIBLE,
    SWITCHED_OFF_BY_RECEIVER,
    begin_turn,
    carry_on,
    claim_endpoints,
)
from tests import factories
from tests.concurrency import at_once
from tests.courses.services.webhook_receiver import Receiver, answering, hanging, receiving
from tests.webhooks import OK, Clock, Network, stopped_clock, take_turns

ERROR = Sent(status=500)


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch)


@pytest.fixture
def owner(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def course(owner: User) -> Course:
    return factories.make_course(instructors=(owner,))


@pytest.fixture
def endpoint(owner: User) -> WebhookEndpoint:
    return factories.make_webhook_endpoint(owner)


def deliver(endpoint: WebhookEndpoint, course: Course, clock: Clock) -> WebhookDelivery:
    return factories.make_delivery(endpoint, factories.make_event(course), next_try_at=clock.now)


def state_of(delivery: WebhookDelivery) -> tuple[str, int, int | None]:
    delivery.refresh_from_db()
    return delivery.status, delivery.tries, delivery.last_response_status


# ---------------------------------------------------------------- order and outcome


def test_what_is_due_is_sent_in_order_and_recorded(endpoint, course, clock) -> None:
    deliveries = [deliver(endpoint, course, clock) for _ in range(3)]
    network = Network()

    take_turns(network)

    assert network.messages == [f"event_{endpoint.pk}_{each.event_id}" for each in deliveries]
    for delivery in deliveries:
        assert state_of(delivery) == ("delivered", 1, 204)
        assert (delivery.last_tried_at, delivery.next_try_at) == (clock.now, None)
    assert claim_endpoints(limit=1) == []


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 429, 500, 503])
def test_everything_but_success_is_tried_again(endpoint, course, clock, status) -> None:
    delivery = deliver(endpoint, course, clock)

    take_turns(Network([Sent(status=status)]))

    assert state_of(delivery) == ("pending", 1, status)


def test_no_answer_is_a_failure_that_says_why(endpoint, course, clock) -> None:
    delivery = deliver(endpoint, course, clock)

    take_turns(Network([Sent(problem=Problem.TIMEOUT)]))

    assert state_of(delivery) == ("pending", 1, None)
    assert delivery.problem == "The receiver did not answer in time."


def test_a_turn_ends_with_a_failure_and_the_next_one_goes_past_it(endpoint, course, clock) -> None:
    first, second, third = (deliver(endpoint, course, clock) for _ in range(3))
    network = Network([ERROR])

    take_turns(network)
    assert network.messages == [first.message_id]
    take_turns(network)
    assert network.messages == [first.message_id]  # the endpoint rests

    clock.move(seconds=4.9)
    take_turns(network)
    assert network.messages == [first.message_id]

    clock.move(seconds=0.1)
    take_turns(network)
    assert network.messages == [each.message_id for each in (first, second, third, first)]


def test_a_turn_ends_after_so_many_messages(endpoint, course, clock, monkeypatch) -> None:
    monkeypatch.setattr("courses.services.webhook_turns.MESSAGES_A_TURN", 2)
    deliveries = [deliver(endpoint, course, clock) for _ in range(3)]
    network = Network()

    take_turns(network)
    assert network.messages == [each.message_id for each in deliveries[:2]]
    take_turns(network)
    assert network.messages == [each.message_id for each in deliveries]
    assert MESSAGES_A_TURN == 100


def test_who_had_no_turn_for_longest_comes_first(owner, course, clock) -> None:
    endpoints = [factories.make_webhook_endpoint(owner) for _ in range(3)]
    for endpoint in endpoints:
        deliver(endpoint, course, clock)
    WebhookEndpoint.objects.filter(pk=endpoints[0].pk).update(claimed_until=clock.now - timedelta(seconds=1))
    WebhookEndpoint.objects.filter(pk=endpoints[1].pk).update(claimed_until=clock.now - timedelta(seconds=2))

    order = [claim.endpoint_id for _ in range(3) for claim in claim_endpoints(limit=1)]

    assert order == [endpoints[2].pk, endpoints[1].pk, endpoints[0].pk]


# ---------------------------------------------------------------- the schedule


def test_a_message_is_tried_ten_times_and_then_the_endpoint_is_switched_off(
    owner, endpoint, course, clock
) -> None:
    delivery = deliver(endpoint, course, clock)
    began, moments = clock.now, []
    for _ in DISTANCES:
        network = Network([ERROR])
        take_turns(network)
        assert network.messages == [delivery.message_id]
        moments.append(clock.now - began)
        delivery.refresh_from_db()
        if delivery.next_try_at:
            clock.now = delivery.next_try_at - timedelta(microseconds=1)
            take_turns(network)
            assert len(network.messages) == 1  # not yet
            clock.now = delivery.next_try_at

    assert moments == [sum(DISTANCES[: number + 1], timedelta()) for number in range(10)]
    assert moments[-1] == timedelta(hours=75, minutes=35, seconds=5)
    assert state_of(delivery) == ("failed", 10, 500)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, GIVEN_UP)
    told = Notification.objects.get(user=owner)
    assert told.title == "A webhook was switched off"
    assert told.message == f"Nothing is sent to https://partner.example/events any more. {GIVEN_UP}"


def test_the_next_try_is_put_off_at_random(endpoint, course, clock, monkeypatch) -> None:
    monkeypatch.setattr("courses.services.webhook_turns.jitter", lambda: 0.5)
    delivery = deliver(endpoint, course, clock)

    take_turns(Network([ERROR]))

    delivery.refresh_from_db()
    assert delivery.next_try_at == clock.now + timedelta(seconds=5.25)


def test_the_receiver_may_put_off_the_next_try_and_all_others(endpoint, course, clock) -> None:
    delivery, other = deliver(endpoint, course, clock), deliver(endpoint, course, clock)
    network = Network([Sent(status=429, retry_after=timedelta(seconds=90))])

    take_turns(network)

    delivery.refresh_from_db()
    assert delivery.next_try_at == clock.now + timedelta(seconds=90)
    clock.move(seconds=89)
    take_turns(network)
    assert network.messages == [delivery.message_id]
    clock.move(seconds=1)
    take_turns(network)
    assert network.messages[1:] == [other.message_id, delivery.message_id]


def test_an_endpoint_that_is_down_rests_ever_longer_and_success_ends_it(endpoint, course, clock) -> None:
    rests = []
    for _ in range(9):
        deliver(endpoint, course, clock)
        take_turns(Network(always={endpoint.url: ERROR}))
        endpoint.refresh_from_db()
        rests.append(endpoint.paused_until - clock.now)
        clock.now = endpoint.paused_until

    seconds = [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert rests == [timedelta(seconds=each) for each in seconds]
    assert rests[-1] == LONGEST_REST

    take_turns(Network())
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.paused_until) == (0, None)


def test_an_endpoint_that_is_gone_is_switched_off_at_once(owner, endpoint, course, clock) -> None:
    delivery, waiting = deliver(endpoint, course, clock), deliver(endpoint, course, clock)
    network = Network([Sent(status=410)])

    take_turns(network)
    take_turns(network)

    assert network.messages == [delivery.message_id]
    assert (state_of(delivery), state_of(waiting)) == (("failed", 1, 410), ("pending", 0, None))
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_reason) == (False, SWITCHED_OFF_BY_RECEIVER)
    assert Notification.objects.filter(user=owner).count() == 1


# ---------------------------------------------------------------- isolation, leases, races


def test_one_that_is_down_keeps_no_other_waiting(owner, endpoint, course, clock) -> None:
    other = factories.make_webhook_endpoint(owner, url="https://other.example/")
    for each in (endpoint, other):
        for _ in range(2):
            deliver(each, course, clock)
    network = Network(always={endpoint.url: ERROR})

    take_turns(network)

    assert [turn.url for turn in network.turns] == [endpoint.url, other.url, other.url]


def test_the_message_of_a_worker_that_died_is_taken_up_again_by_its_id(endpoint, course, clock) -> None:
    delivery = deliver(endpoint, course, clock)
    (claim,) = claim_endpoints(limit=1)
    assert begin_turn(claim) is not None  # and then it is killed

    clock.now = claim.until - timedelta(microseconds=1)
    assert claim_endpoints(limit=1) == []
    clock.now = claim.until
    network = Network()
    take_turns(network)

    assert network.messages == [delivery.message_id]


def test_a_worker_that_was_thought_dead_records_nothing(endpoint, course, clock) -> None:
    delivery = deliver(endpoint, course, clock)
    (claim,) = claim_endpoints(limit=1)
    late = begin_turn(claim)
    assert late is not None
    clock.move(seconds=61)
    take_turns(Network())

    assert carry_on(late, ERROR) is None

    assert state_of(delivery) == ("delivered", 1, 204)


def test_each_message_has_a_lease_of_its_own(endpoint, course, clock) -> None:
    deliver(endpoint, course, clock), deliver(endpoint, course, clock)
    (claim,) = claim_endpoints(limit=1)
    first = begin_turn(claim)
    assert first is not None
    clock.move(seconds=50)
    second = carry_on(first, OK)
    assert second is not None
    clock.move(seconds=50)

    assert claim_endpoints(limit=1) == []
    assert carry_on(second, OK) is None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_has_the_endpoint() -> None:
    owner = factories.make_user()
    course = factories.make_course(instructors=(owner,))
    endpoint = factories.make_webhook_endpoint(owner)
    factories.make_delivery(endpoint, factories.make_event(course))
    network, looked = Network(), Barrier(8)

    def work(number: int) -> None:
        claims = claim_endpoints(limit=1)
        looked.wait(timeout=30)
        for claim in claims:
            turn = begin_turn(claim)
            while turn is not None:
                turn = carry_on(turn, network.send(turn))

    assert at_once(work, 8) == []
    assert len(network.messages) == 1
    assert WebhookDelivery.objects.get().tries == 1


WORKER = """
import sys
import django
django.setup()
from django.conf import settings
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
settings.WEBHOOKS_ALLOW_LOOPBACK = True
from courses.services.webhook_sending import send
from courses.services.webhook_turns import begin_turn, claim_endpoints
[claim] = claim_endpoints(limit=1)
turn = begin_turn(claim)
send(turn.url, turn.body, turn.headers)
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_message_of_a_process_that_is_killed_while_it_sends_is_sent_again_by_its_id(settings) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    owner, reached = factories.make_user(), Event()

    def hang(receiver: Receiver, connected: socket.socket) -> None:
        reached.set()
        hanging(receiver, connected)

    with receiving(hang) as receiver:
        endpoint = factories.make_webhook_endpoint(owner, url=receiver.url())
        event = factories.make_event(factories.make_course(instructors=(owner,)))
        delivery = factories.make_delivery(endpoint, event)
        worker = subprocess.Popen(
            [sys.executable, "-c", WORKER, connection.settings_dict["NAME"]],
            cwd=settings.BASE_DIR,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        )
        assert reached.wait(timeout=120)
        worker.kill()
        assert worker.wait(timeout=60) == -signal.SIGKILL
    assert (state_of(delivery), claim_endpoints(limit=1)) == (("pending", 0, None), [])
    WebhookEndpoint.objects.update(claimed_until=timezone.now())  # its lease is over

    with receiving(answering("204 No Content")) as again:
        WebhookEndpoint.objects.update(url=again.url())
        (claim,) = claim_endpoints(limit=1)
        turn = begin_turn(claim)
        assert turn is not None
        assert carry_on(turn, send(turn.url, turn.body, turn.headers)) is None

    assert state_of(delivery) == ("delivered", 1, 204)
    [lost], [taken] = receiver.requests, again.requests
    assert _message_id(lost) == _message_id(taken) == delivery.message_id


def _message_id(request: bytes) -> str:
    [header] = [line for line in request.splitlines() if line.lower().startswith(b"webhook-id: ")]
    return header.partition(b": ")[2].decode()


# ---------------------------------------------------------------- rights, looked at again


def test_what_the_owner_may_not_see_any_more_is_not_sent(owner, endpoint, course, clock) -> None:
    hidden = deliver(endpoint, course, clock)
    seen = deliver(endpoint, factories.make_course(instructors=(owner,)), clock)
    course.instructors.remove(owner)
    network = Network()

    take_turns(network)

    assert network.messages == [seen.message_id]
    assert state_of(hidden) == ("failed", 0, None)
    assert (hidden.problem, hidden.last_tried_at) == (NOT_VISIBLE, None)
    endpoint.refresh_from_db()
    assert endpoint.is_enabled


def _off(endpoint: WebhookEndpoint) -> str:
    network = Network()
    take_turns(network)
    assert network.messages == []
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled
    return endpoint.disabled_reason


def test_nothing_is_sent_for_an_account_that_is_not_active(owner, endpoint, course, clock) -> None:
    delivery = deliver(endpoint, course, clock)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert _off(endpoint) == "The account of its owner is not active."
    assert state_of(delivery) == ("pending", 0, None)


def test_rights_that_end_between_two_messages_end_the_turn(owner, endpoint, course, clock) -> None:
    deliver(endpoint, course, clock), deliver(endpoint, course, clock)
    (claim,) = claim_endpoints(limit=1)
    first = begin_turn(claim)
    assert first is not None
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert carry_on(first, OK) is None
    endpoint.refresh_from_db()
    assert not endpoint.is_enabled


READS = [str(Scope.EVENTS_READ)]


@pytest.fixture
def by_token(owner: User) -> WebhookEndpoint:
    token = factories.make_access_token(owner, "cat_" + "x" * 40, scopes=READS)
    return factories.make_webhook_endpoint(owner, access_token_id=token.pk)


def test_an_endpoint_sends_while_its_token_is_valid(by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    network = Network()
    take_turns(network)
    assert len(network.messages) == 1


ENDED = "The access token by which it was set up has ended."


def test_an_endpoint_ends_with_its_token(owner, by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    revoke_access_token(owner=owner, token_id=by_token.access_token_id)
    assert _off(by_token) == ENDED


def test_an_endpoint_ends_when_its_token_expires(owner, by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    owner.access_tokens.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert _off(by_token) == ENDED


def test_an_endpoint_ends_when_its_token_is_no_more_to_be_found(owner, by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    owner.access_tokens.all().delete()
    assert _off(by_token) == ENDED


def test_an_endpoint_ends_when_its_token_loses_the_scope(owner, by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    owner.access_tokens.update(scopes=["courses:read"])
    assert _off(by_token) == "The access token by which it was set up lacks the scope events:read."


def test_a_rendering_needs_the_scope_of_what_it_tells(owner, by_token, course, clock) -> None:
    deliver(by_token, course, clock)
    WebhookEndpoint.objects.filter(pk=by_token.pk).update(format="xapi")
    assert _off(by_token) == "The access token by which it was set up lacks the scope attempts:read."


@pytest.fixture
def partner(db: None) -> Client:
    return Client.objects.create(id="partner", name="A partner", scopes="events:read\nopenid")


@pytest.fixture
def by_partner(owner: User, partner: Client) -> WebhookEndpoint:
    Token.objects.create(
        type=Token.Type.REFRESH_TOKEN,
        hash="h" * 64,
        user=owner,
        client=partner,
        scopes="events:read",
        expires_at=timezone.now() + timedelta(days=1),
    )
    return factories.make_webhook_endpoint(owner, partner=partner.pk)


def test_an_endpoint_sends_while_its_partner_has_a_token_of_the_person(by_partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    network = Network()
    take_turns(network)
    assert len(network.messages) == 1


PARTNER_ENDED = "The partner's access by which it was set up has ended."


def test_an_endpoint_ends_with_the_partners_tokens(by_partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert _off(by_partner) == PARTNER_ENDED


def test_an_endpoint_ends_with_the_partner(by_partner, partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    partner.delete()
    assert _off(by_partner) == PARTNER_ENDED


def test_an_endpoint_ends_when_the_partner_loses_the_scope(by_partner, partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    Client.objects.update(scopes="courses:read\nevents:read")
    Token.objects.update(scopes="courses:read")
    assert _off(by_partner) == "The partner's access by which it was set up lacks the scope events:read."


def test_tokens_of_somebody_else_do_not_count(by_partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    Token.objects.update(user=factories.make_user())
    assert _off(by_partner) == PARTNER_ENDED


def test_a_clients_owner_needs_no_token_of_it(owner, partner, by_partner, course, clock) -> None:
    deliver(by_partner, course, clock)
    Token.objects.all().delete()
    Client.objects.update(owner=owner)
    network = Network()
    take_turns(network)
    assert len(network.messages) == 1


def test_an_endpoint_whose_secret_cannot_be_read_is_switched_off(endpoint, course, clock, settings) -> None:
    deliver(endpoint, course, clock)
    settings.SECRET_KEY = "another one" * 5
    assert _off(endpoint) == NO_SECRET


# ---------------------------------------------------------------- pings and renderings


def test_a_ping_goes_before_all_others_and_is_tried_once(endpoint, course, clock) -> None:
    waiting = deliver(endpoint, course, clock)
    ping = factories.make_delivery(endpoint, next_try_at=clock.now)
    network = Network([ERROR])

    take_turns(network)

    assert network.messages == [f"ping_{endpoint.pk}_{ping.pk}", waiting.message_id]
    assert (state_of(ping), ping.next_try_at) == (("failed", 1, 500), None)
    assert state_of(waiting) == ("delivered", 1, 204)


def test_of_what_the_format_does_not_tell_there_is_no_delivery(owner, course, clock) -> None:
    endpoint = factories.make_webhook_endpoint(owner, format="xapi")
    deliver(endpoint, course, clock)  # a change of a course
    network = Network()

    take_turns(network)

    assert network.messages == []
    assert not endpoint.deliveries.exists()
    assert WebhookEndpoint.objects.get().is_enabled


def test_nothing_is_sent_while_it_is_off(endpoint, course, clock) -> None:
    deliver(endpoint, course, clock)
    WebhookEndpoint.objects.update(is_enabled=False, disabled_reason="Off.")

    assert claim_endpoints(limit=1) == []


def test_what_was_switched_off_meanwhile_is_recorded_and_nothing_follows(endpoint, course, clock) -> None:
    first, second = deliver(endpoint, course, clock), deliver(endpoint, course, clock)
    (claim,) = claim_endpoints(limit=1)
    turn = begin_turn(claim)
    assert turn is not None
    WebhookEndpoint.objects.update(is_enabled=False, disabled_reason="Off.")

    assert carry_on(turn, OK) is None

    assert (state_of(first)[0], state_of(second)[0]) == (DeliveryStatus.DELIVERED, DeliveryStatus.PENDING)
