"""Webhook endpoints through the API: who may do what, what is refused, and what is shown once."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.idp.oidc.models import Client, Token
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from courses import exceptions
from courses.constants import MAX_WEBHOOK_ENDPOINTS, MAX_WEBHOOK_SECRETS, EventType
from courses.models import Course, Event, User, WebhookDelivery, WebhookEndpoint, WebhookSecret
from courses.rules.renderings import types_told
from courses.selectors.events import encode_cursor
from courses.services import webhook_endpoints
from courses.services.webhook_credentials import Credentials
from courses.services.webhook_sending import Sent
from schema.context import Context, Identity
from schema.core import ids
from schema.network.authentication import identify_and_charge
from tests import factories
from tests.concurrency import at_once
from tests.conftest import _answered
from tests.webhooks import Clock, Network, stopped_clock, take_turns

URL = "https://partner.example/events"

CREATE = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
  webhookEndpoint { id url types course { id } format isEnabled disabledReason } secret
  userErrors { code message field } } }"""
UPDATE = """mutation($input: UpdateWebhookEndpointInput!) { updateWebhookEndpoint(input: $input) {
  webhookEndpoint { url types isEnabled disabledReason } userErrors { code message field } } }"""
DELETE = """mutation($input: DeleteWebhookEndpointInput!) { deleteWebhookEndpoint(input: $input) {
  deletedWebhookEndpointId userErrors { code field } } }"""
ROTATE = """mutation($input: RotateWebhookSecretInput!) { rotateWebhookSecret(input: $input) {
  secret userErrors { code message field } } }"""
PING = """mutation($input: PingWebhookEndpointInput!) { pingWebhookEndpoint(input: $input) {
  delivery { id messageId status tries lastResponseStatus problem lastTriedAt nextTryAt }
  userErrors { code message field } } }"""
REPLAY = """mutation($input: ReplayWebhookDeliveriesInput!) { replayWebhookDeliveries(input: $input) {
  replayedCount userErrors { code message field } } }"""
READ = """{ viewer { webhookEndpoints { id url isEnabled
  deliveries { totalCount edges { node { messageId status event { id type } } } }
  failed: deliveries(status: FAILED) { edges { node { messageId problem } } } } } }"""


@pytest.fixture(autouse=True)
def _every_host_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_url(url: str) -> None:
        if not url.startswith("https://partner.example"):
            raise exceptions.Invalid("Use https.", field=["url"])

    monkeypatch.setattr(webhook_endpoints, "refuse_url", refuse_url)


@pytest.fixture
def owner(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def course(owner: User) -> Course:
    return factories.make_course(instructors=(owner,))


@pytest.fixture
def endpoint(owner: User) -> WebhookEndpoint:
    return factories.make_webhook_endpoint(owner)


def id_of(row: Any) -> str:
    return ids.encode(type(row).__name__, row.pk)


def named(endpoint: WebhookEndpoint, **values: Any) -> dict[str, Any]:
    return {"webhookEndpointId": id_of(endpoint), **values}


def codes(payload: dict[str, Any]) -> list[tuple[str, list[str] | None]]:
    return [(error["code"], error["field"]) for error in payload["userErrors"]]


# ---------------------------------------------------------------- creating


def test_an_endpoint_is_created_at_the_feeds_end_with_a_secret_that_is_shown_once(api, owner, course) -> None:
    factories.make_event(course)
    given = {
        "url": URL,
        "types": ["COURSE_CHANGED", "ATTEMPT_COMPLETED", "COURSE_CHANGED"],
        "courseId": id_of(course),
    }

    payload = api(CREATE, viewer=owner, input=given)["createWebhookEndpoint"]

    row = WebhookEndpoint.objects.get()
    secret = payload.pop("secret")
    assert payload == {
        "webhookEndpoint": {
            "id": id_of(row),
            "url": URL,
            "types": ["ATTEMPT_COMPLETED", "COURSE_CHANGED"],
            "course": {"id": id_of(course)},
            "format": "NATIVE",
            "isEnabled": True,
            "disabledReason": None,
        },
        "userErrors": [],
    }
    assert (row.user, row.position, row.access_token_id, row.partner) == (owner, 1, None, "")
    assert secret.startswith("whsec_")
    stored = WebhookSecret.objects.get().encrypted
    assert secret.removeprefix("whsec_") not in stored
    assert stored.startswith("gAAAA")  # Fernet's version and the time, in base64


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"url": "http://partner.example/"}, ("INVALID", ["url"])),
        ({"url": URL, "courseId": ids.encode("Course", 999)}, ("NOT_FOUND", ["courseId"])),
        ({"url": URL, "courseId": "nonsense"}, ("NOT_FOUND", ["courseId"])),
        ({"url": URL, "format": "XAPI", "types": ["COURSE_CHANGED"]}, ("INVALID", ["types"])),
        ({"url": URL, "format": "XAPI", "types": ["ATTEMPT_SAVED"]}, ("INVALID", ["types"])),
        ({"url": URL, "format": "CALIPER", "types": ["ATTEMPT_SAVED"]}, ("INVALID", ["types"])),
    ],
)
def test_what_cannot_be_sent_is_refused_and_nothing_is_written(api, owner, given, refused) -> None:
    payload = api(CREATE, viewer=owner, input=given)["createWebhookEndpoint"]

    assert codes(payload) == [refused]
    assert (payload["webhookEndpoint"], payload["secret"]) == (None, None)
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookSecret.objects.exists()


def test_a_course_of_which_the_owner_sees_no_events_is_refused(api, owner) -> None:
    course = factories.make_course()
    payload = api(CREATE, viewer=owner, input={"url": URL, "courseId": id_of(course)})[
        "createWebhookEndpoint"
    ]

    assert codes(payload) == [("PERMISSION_DENIED", ["courseId"])]
    assert not WebhookEndpoint.objects.exists()


def test_nobody_has_more_endpoints_than_there_may_be(api, owner) -> None:
    for _ in range(MAX_WEBHOOK_ENDPOINTS):
        factories.make_webhook_endpoint(owner, secret=False)
    factories.make_webhook_endpoint(factories.make_user(), secret=False)

    payload = api(CREATE, viewer=owner, input={"url": URL})["createWebhookEndpoint"]

    assert payload["userErrors"] == [
        {
            "code": "CONFLICT",
            "message": "You have 20 webhook endpoints, which is the most. Please delete one first.",
            "field": None,
        }
    ]
    assert owner.webhook_endpoints.count() == MAX_WEBHOOK_ENDPOINTS


@pytest.mark.django_db(transaction=True)
def test_many_at_once_make_no_more_endpoints_than_there_may_be() -> None:
    owner = factories.make_user()
    for _ in range(MAX_WEBHOOK_ENDPOINTS - 2):
        factories.make_webhook_endpoint(owner, secret=False)

    raised = at_once(
        lambda _: webhook_endpoints.create_webhook_endpoint(owner=owner, credentials=Credentials(), url=URL),
        8,
    )

    assert [type(each) for each in raised] == [exceptions.Conflict] * 6
    assert owner.webhook_endpoints.count() == MAX_WEBHOOK_ENDPOINTS


EVENTS = frozenset({"events:read", "courses:read"})


def test_a_token_needs_the_scope_of_the_feed(api, owner) -> None:
    payload = api(CREATE, viewer=owner, scopes=frozenset({"courses:read"}), input={"url": URL})
    assert codes(payload["createWebhookEndpoint"]) == [("TOKEN_SCOPE_MISSING", None)]
    assert not WebhookEndpoint.objects.exists()


def test_a_token_makes_endpoints_only_for_what_it_may_read(api, owner) -> None:
    given = {"url": URL, "format": "CALIPER"}
    payload = api(CREATE, viewer=owner, scopes=EVENTS, input=given)["createWebhookEndpoint"]
    assert codes(payload) == [("TOKEN_SCOPE_MISSING", ["format"])]
    assert not WebhookEndpoint.objects.exists()

    both = EVENTS | {"attempts:read"}
    assert codes(api(CREATE, viewer=owner, scopes=both, input=given)["createWebhookEndpoint"]) == []


def _as(identity: Identity, document: str, input: dict[str, Any]) -> dict[str, Any]:
    answered = _answered(document, Context(identity), {"input": input})
    assert not answered.errors
    [payload] = answered.data.values()
    return payload


def test_an_endpoint_remembers_the_token_or_the_partner_that_made_or_changed_it(owner) -> None:
    _as(Identity(owner, EVENTS, access_token=7), CREATE, {"url": URL})
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.access_token_id, endpoint.partner) == (7, "")

    _as(Identity(owner), UPDATE, named(endpoint, types=[]))
    endpoint.refresh_from_db()
    assert (endpoint.access_token_id, endpoint.partner) == (None, "")

    _as(Identity(owner, EVENTS, partner="partner"), CREATE, {"url": URL})
    assert WebhookEndpoint.objects.latest("pk").partner == "partner"


@pytest.mark.parametrize("document", [UPDATE, DELETE, ROTATE, PING, REPLAY], ids=lambda text: text[9:20])
def test_a_partner_changes_no_endpoint_but_its_own(owner, document) -> None:
    endpoint = factories.make_webhook_endpoint(owner, partner="another")
    before = WebhookEndpoint.objects.values().get()
    given = named(endpoint, **({"after": encode_cursor(0)} if document is REPLAY else {}))

    assert codes(_as(Identity(owner, EVENTS, partner="partner"), document, given)) == [
        ("NOT_FOUND", ["webhookEndpointId"])
    ]
    assert WebhookEndpoint.objects.values().get() == before
    assert (WebhookSecret.objects.count(), WebhookDelivery.objects.count()) == (1, 0)


@pytest.mark.parametrize("document", [UPDATE, DELETE, ROTATE, PING, REPLAY], ids=lambda text: text[9:20])
def test_a_token_changes_no_endpoint_that_sends_what_it_may_not_read(api, owner, document) -> None:
    endpoint = factories.make_webhook_endpoint(owner, format="xapi")
    before = WebhookEndpoint.objects.values().get()
    given = named(endpoint, **({"after": encode_cursor(0)} if document is REPLAY else {}))

    [payload] = api(document, viewer=owner, scopes=EVENTS, input=given).data.values()

    assert codes(payload) == [("TOKEN_SCOPE_MISSING", ["webhookEndpointId"])]
    assert WebhookEndpoint.objects.values().get() == before
    assert (WebhookSecret.objects.count(), WebhookDelivery.objects.count()) == (1, 0)


# ---------------------------------------------------------------- who sees whose


def test_everybody_sees_their_own_endpoints_alone(api, owner, course, endpoint) -> None:
    delivery = factories.make_delivery(endpoint, factories.make_event(course))
    failed = factories.make_delivery(
        endpoint,
        factories.make_event(course),
        status="failed",
        problem="The receiver did not answer in time.",
    )

    def shown(delivery: WebhookDelivery, status: str) -> dict[str, Any]:
        event = {"id": ids.encode("Event", delivery.event_id), "type": "COURSE_CHANGED"}
        return {"node": {"messageId": delivery.message_id, "status": status, "event": event}}

    assert api(READ, viewer=owner)["viewer"]["webhookEndpoints"] == [
        {
            "id": id_of(endpoint),
            "url": URL,
            "isEnabled": True,
            "deliveries": {
                "totalCount": 2,
                "edges": [shown(failed, "FAILED"), shown(delivery, "PENDING")],
            },
            "failed": {
                "edges": [{"node": {"messageId": failed.message_id, "problem": failed.problem}}],
            },
        }
    ]
    for other in (factories.make_user(), factories.make_staff()):
        assert api(READ, viewer=other)["viewer"]["webhookEndpoints"] == []
        for row in (endpoint, delivery):
            document = f'{{ node(id: "{id_of(row)}") {{ id }} }}'
            assert api(document, viewer=other)["node"] is None
            assert api(document, viewer=owner)["node"] == {"id": id_of(row)}


@pytest.mark.parametrize("document", [UPDATE, DELETE, ROTATE, PING, REPLAY], ids=lambda text: text[9:20])
def test_nobody_changes_somebody_elses(api, endpoint, document) -> None:
    before = WebhookEndpoint.objects.values().get()
    given = named(endpoint, **({"after": encode_cursor(0)} if document is REPLAY else {}))

    [payload] = api(document, viewer=factories.make_staff(), input=given).data.values()

    assert codes(payload) == [("NOT_FOUND", ["webhookEndpointId"])]
    assert WebhookEndpoint.objects.values().get() == before
    assert (WebhookSecret.objects.count(), WebhookDelivery.objects.count()) == (1, 0)


# ---------------------------------------------------------------- changing


def test_an_endpoint_is_changed_in_what_is_given(api, owner, endpoint) -> None:
    WebhookEndpoint.objects.update(types=["course.changed"], failures=3, paused_until="2100-01-01T00:00Z")
    payload = api(UPDATE, viewer=owner, input=named(endpoint, url=URL + "/2"))["updateWebhookEndpoint"]

    assert payload["webhookEndpoint"] == {
        "url": URL + "/2",
        "types": ["COURSE_CHANGED"],
        "isEnabled": True,
        "disabledReason": None,
    }
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.paused_until) == (0, None)


def test_an_endpoint_is_switched_off_and_on_where_it_stopped(api, owner, endpoint) -> None:
    off = api(UPDATE, viewer=owner, input=named(endpoint, isEnabled=False))["updateWebhookEndpoint"]
    assert off["webhookEndpoint"]["isEnabled"] is False
    assert off["webhookEndpoint"]["disabledReason"] == "It was switched off by its owner."

    WebhookEndpoint.objects.update(failures=3, paused_until="2100-01-01T00:00Z", position=5)
    on = api(UPDATE, viewer=owner, input=named(endpoint, isEnabled=True))["updateWebhookEndpoint"]
    assert on["webhookEndpoint"]["disabledReason"] is None
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.failures, endpoint.paused_until) == (True, 0, None)
    assert endpoint.position == 5


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"url": "http://partner.example/"}, ("INVALID", ["url"])),
        ({"url": None}, ("REQUIRED", ["url"])),
        ({"types": None}, ("REQUIRED", ["types"])),
        ({"isEnabled": None}, ("REQUIRED", ["isEnabled"])),
    ],
)
def test_a_change_that_is_refused_changes_nothing(api, owner, endpoint, given, refused) -> None:
    before = WebhookEndpoint.objects.values().get()
    payload = api(UPDATE, viewer=owner, input=named(endpoint, **given))["updateWebhookEndpoint"]
    assert codes(payload) == [refused]
    assert WebhookEndpoint.objects.values().get() == before


@pytest.mark.parametrize("format", ["xapi", "caliper"])
@pytest.mark.parametrize("type", ["COURSE_CHANGED", "ATTEMPT_SAVED"])
def test_a_rendering_is_not_changed_to_types_that_it_does_not_tell(api, owner, format, type) -> None:
    endpoint = factories.make_webhook_endpoint(owner, format=format)
    payload = api(UPDATE, viewer=owner, input=named(endpoint, types=["ATTEMPT_GRADED", type]))
    [error] = payload["updateWebhookEndpoint"]["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["types"])
    assert error["message"] == (
        "This format tells only ATTEMPT_STARTED, ATTEMPT_COMPLETED, ATTEMPT_GRADED, ATTEMPT_REGRADED."
    )
    assert WebhookEndpoint.objects.get().types == []


@pytest.mark.parametrize("format", ["XAPI", "CALIPER"])
def test_all_that_a_format_tells_can_be_asked_for(api, owner, format) -> None:
    types = sorted(EventType(each).name for each in types_told(format.lower()))
    given = {"url": URL, "format": format, "types": types}
    made = api(CREATE, viewer=owner, input=given)["createWebhookEndpoint"]
    assert (made["userErrors"], sorted(made["webhookEndpoint"]["types"])) == ([], types)


def test_an_endpoint_is_deleted_with_all_that_is_its(api, owner, course, endpoint) -> None:
    factories.make_delivery(endpoint, factories.make_event(course))
    payload = api(DELETE, viewer=owner, input=named(endpoint))["deleteWebhookEndpoint"]
    assert payload == {"deletedWebhookEndpointId": id_of(endpoint), "userErrors": []}
    counts = [model.objects.count() for model in (WebhookEndpoint, WebhookSecret, WebhookDelivery, Event)]
    assert counts == [0, 0, 0, 1]


# ---------------------------------------------------------------- secrets


@pytest.fixture
def clock(db: None, monkeypatch: pytest.MonkeyPatch) -> Clock:
    return stopped_clock(monkeypatch)


def is_signed_by(secret: str, network: Network) -> bool:
    turn = network.turns[-1]
    try:
        Webhook(secret).verify(turn.body, turn.headers)
    except WebhookVerificationError:
        return False
    return True


def test_old_and_new_secret_sign_for_a_day_after_a_rotation(api, owner, clock) -> None:
    payload = api(CREATE, viewer=owner, input={"url": URL})["createWebhookEndpoint"]
    old, endpoint = payload["secret"], WebhookEndpoint.objects.get()
    new = api(ROTATE, viewer=owner, input=named(endpoint))["rotateWebhookSecret"]["secret"]
    network = Network()

    factories.make_delivery(endpoint, next_try_at=clock.now)
    take_turns(network)
    assert network.turns[-1].headers["webhook-signature"].count("v1,") == 2
    assert (is_signed_by(old, network), is_signed_by(new, network)) == (True, True)

    WebhookSecret.objects.exclude(expires_at=None).update(expires_at=clock.now)
    factories.make_delivery(endpoint, next_try_at=clock.now)
    take_turns(network)
    assert network.turns[-1].headers["webhook-signature"].count("v1,") == 1
    assert (is_signed_by(old, network), is_signed_by(new, network)) == (False, True)


def test_an_old_secret_ends_after_a_day(api, owner, endpoint, clock) -> None:
    api(ROTATE, viewer=owner, input=named(endpoint))

    ends = WebhookSecret.objects.order_by("pk").values_list("expires_at", flat=True)
    assert list(ends) == [clock.now + timedelta(hours=24), None]


def test_too_many_rotations_in_a_day_are_refused(api, owner, endpoint) -> None:
    for _ in range(MAX_WEBHOOK_SECRETS - 1):
        assert codes(api(ROTATE, viewer=owner, input=named(endpoint))["rotateWebhookSecret"]) == []

    payload = api(ROTATE, viewer=owner, input=named(endpoint))["rotateWebhookSecret"]

    assert (codes(payload), payload["secret"]) == ([("CONFLICT", None)], None)
    assert WebhookSecret.objects.count() == MAX_WEBHOOK_SECRETS


# ---------------------------------------------------------------- pings and replays


def test_a_ping_is_sent_at_once_also_to_an_endpoint_that_rests(api, owner, endpoint, clock) -> None:
    WebhookEndpoint.objects.update(failures=3, paused_until=clock.now + timedelta(minutes=5))

    delivery = api(PING, viewer=owner, input=named(endpoint))["pingWebhookEndpoint"]["delivery"]

    row = WebhookDelivery.objects.get()
    assert delivery == {
        "id": id_of(row),
        "messageId": f"ping_{endpoint.pk}_{row.pk}",
        "status": "PENDING",
        "tries": 0,
        "lastResponseStatus": None,
        "problem": None,
        "lastTriedAt": None,
        "nextTryAt": clock.now.isoformat(),
    }
    network = Network([Sent(status=404)])
    take_turns(network)
    assert network.messages == [row.message_id]
    assert b'"type":"ping"' in network.turns[0].body


@pytest.mark.parametrize("document", [PING, REPLAY], ids=["ping", "replay"])
def test_nothing_is_sent_to_an_endpoint_that_is_off(api, owner, endpoint, document) -> None:
    WebhookEndpoint.objects.update(is_enabled=False, disabled_reason="Off.")
    given = named(endpoint, **({"after": encode_cursor(0)} if document is REPLAY else {}))

    [payload] = api(document, viewer=owner, input=given).data.values()

    assert codes(payload) == [("CONFLICT", ["webhookEndpointId"])]
    assert not WebhookDelivery.objects.exists()


def test_a_replay_sends_events_between_two_cursors_again_by_their_ids(
    api, owner, course, endpoint, clock
) -> None:
    events = [factories.make_event(course) for _ in range(4)]
    WebhookEndpoint.objects.update(position=4)
    factories.make_delivery(
        endpoint,
        events[1],
        status="failed",
        tries=10,
        last_tried_at=clock.now,
        last_response_status=500,
        problem="x",
    )
    given = named(endpoint, after=encode_cursor(1), until=encode_cursor(3))

    payload = api(REPLAY, viewer=owner, input=given)["replayWebhookDeliveries"]

    assert payload == {"replayedCount": 2, "userErrors": []}
    again = WebhookDelivery.objects.get(event_id=events[1].pk)
    assert (again.status, again.tries, again.problem, again.last_tried_at, again.next_try_at) == (
        "pending",
        0,
        "",
        None,
        clock.now,
    )
    network = Network()
    take_turns(network)
    assert network.messages == [f"event_{endpoint.pk}_{each.pk}" for each in events[1:3]]

    api(REPLAY, viewer=owner, input=given)
    take_turns(network)
    assert network.messages[2:] == network.messages[:2]
    assert WebhookDelivery.objects.count() == 2


def test_a_replay_ends_where_the_endpoint_is(api, owner, course, endpoint) -> None:
    for _ in range(4):
        factories.make_event(course)
    WebhookEndpoint.objects.update(position=3)

    payload = api(REPLAY, viewer=owner, input=named(endpoint, after=encode_cursor(0)))

    assert payload["replayWebhookDeliveries"]["replayedCount"] == 3


def test_a_replay_takes_only_what_the_endpoint_asks_for_and_its_owner_sees(api, owner, course) -> None:
    endpoint = factories.make_webhook_endpoint(
        owner, types=[EventType.COURSE_CHANGED], course=course, position=9
    )
    wanted = factories.make_event(course)
    factories.make_event(course, EventType.REVIEW_CREATED)
    factories.make_event(factories.make_course(instructors=(owner,)))
    factories.make_event(factories.make_course())

    payload = api(REPLAY, viewer=owner, input=named(endpoint, after=encode_cursor(0), until=encode_cursor(4)))

    assert payload["replayWebhookDeliveries"]["replayedCount"] == 1
    assert WebhookDelivery.objects.get().event_id == wanted.pk


@pytest.mark.parametrize(
    ("cursors", "refused"),
    [
        ({"after": "nonsense"}, ("INVALID", ["after"])),
        ({"after": encode_cursor(1), "until": "nonsense"}, ("INVALID", ["until"])),
        ({"after": encode_cursor(2), "until": encode_cursor(1)}, ("INVALID", ["until"])),
        ({"after": encode_cursor(0)}, ("INVALID", ["after"])),  # the first event is gone
    ],
)
def test_a_replay_between_cursors_that_are_none_is_refused(
    api, owner, course, endpoint, cursors, refused
) -> None:
    for _ in range(3):
        factories.make_event(course)
    Event.objects.filter(pk=1).delete()
    WebhookEndpoint.objects.update(position=3)

    payload = api(REPLAY, viewer=owner, input=named(endpoint, **cursors))["replayWebhookDeliveries"]

    assert (codes(payload), payload["replayedCount"]) == ([refused], None)
    assert not WebhookDelivery.objects.exists()


def test_a_replay_of_too_much_is_refused(api, owner, course, endpoint, monkeypatch) -> None:
    monkeypatch.setattr(webhook_endpoints, "MAX_REPLAYED_EVENTS", 2)
    monkeypatch.setattr(webhook_endpoints, "READ_AT_ONCE", 2)
    for _ in range(3):
        factories.make_event(course)
    WebhookEndpoint.objects.update(position=3)

    payload = api(REPLAY, viewer=owner, input=named(endpoint, after=encode_cursor(0)))

    assert codes(payload["replayWebhookDeliveries"]) == [("INVALID", ["until"])]
    assert not WebhookDelivery.objects.exists()


def test_a_request_by_a_token_knows_which_one_it_came_with(owner) -> None:
    token = factories.make_access_token(owner, "cat_" + "x" * 40, scopes=["events:read"])
    identity = identify_and_charge(f"Bearer cat_{'x' * 40}", {}, address=None, points=1).identity
    assert (identity.user, identity.access_token, identity.partner) == (owner, token.pk, "")


def test_a_request_by_a_partner_knows_whose_it_is(owner) -> None:
    partner = Client.objects.create(id="partner", name="A partner", scopes="events:read")
    secret = "y" * 48
    token = Token(type=Token.Type.ACCESS_TOKEN, user=owner, client=partner, scopes="events:read")
    token.set_value(secret)
    token.save()
    identity = identify_and_charge(f"Bearer {secret}", {}, address=None, points=1).identity
    assert (identity.user, identity.access_token, identity.partner) == (owner, None, "partner")
