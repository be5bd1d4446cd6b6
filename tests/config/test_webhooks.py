"""The process sends webhooks: several endpoints at once, and through the whole chain to a receiver."""

import json
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from config import webhooks
from config.background import CHORES, Chore, do_once
from courses.constants import EventType
from courses.models import User, WebhookDelivery, WebhookEndpoint
from courses.services.webhook_sending import Sent
from schema.core import ids
from tests import factories
from tests.courses.services.webhook_receiver import answering, receiving

OK = Sent(status=204)


def do(name: str) -> None:
    async_to_sync(do_once)(_chore(name))


def _chore(name: str) -> Chore:
    return next(chore for chore in CHORES if chore.name == name)


@pytest.fixture
def owner(db: None) -> User:
    return factories.make_user()


def test_both_chores_are_done_every_second() -> None:
    names = ("make deliveries to webhooks", "send webhooks")
    assert [_chore(name).pause for name in names] == [1, 1]


def test_endpoints_are_sent_to_at_once_each_on_a_thread_of_its_own(owner, monkeypatch) -> None:
    course = factories.make_course(instructors=(owner,))
    for number in range(3):
        endpoint = factories.make_webhook_endpoint(owner, url=f"https://partner{number}.example/")
        factories.make_delivery(endpoint, factories.make_event(course))
    together, threads = threading.Barrier(3), set()

    def send(url: str, body: bytes, headers: dict[str, str]) -> Sent:
        together.wait(timeout=30)  # none comes back before all have been sent
        threads.add(threading.current_thread().name)
        assert threading.current_thread() is not threading.main_thread()
        return OK

    monkeypatch.setattr(webhooks, "send", send)
    do("send webhooks")

    assert threads == {"webhook"}
    assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"delivered"}


def test_a_slow_receiver_keeps_nobody_waiting(owner, monkeypatch) -> None:
    monkeypatch.setattr(webhooks, "AT_ONCE", 2)
    course = factories.make_course(instructors=(owner,))
    slow = factories.make_webhook_endpoint(owner, url="https://slow.example/")
    factories.make_delivery(slow, factories.make_event(course))
    others = [factories.make_webhook_endpoint(owner) for _ in range(4)]
    for endpoint in others:
        factories.make_delivery(endpoint, factories.make_event(course))
    all_others, sent = threading.Event(), []

    def send(url: str, body: bytes, headers: dict[str, str]) -> Sent:
        if url == slow.url:
            assert all_others.wait(timeout=30)
        sent.append(url)
        if len(sent) == len(others):
            all_others.set()
        return OK

    monkeypatch.setattr(webhooks, "send", send)
    do("send webhooks")

    assert sent == [others[0].url] * 4 + [slow.url]


def test_a_message_that_the_server_fails_to_send_counts_as_a_failed_try(owner, monkeypatch) -> None:
    course = factories.make_course(instructors=(owner,))
    delivery = factories.make_delivery(factories.make_webhook_endpoint(owner), factories.make_event(course))
    monkeypatch.setattr(threading, "excepthook", lambda _: None)

    def send(url: str, body: bytes, headers: dict[str, str]) -> Sent:
        raise RuntimeError("a defect")

    monkeypatch.setattr(webhooks, "send", send)
    do("send webhooks")

    delivery.refresh_from_db()
    assert (delivery.tries, delivery.problem) == (1, "The server could not send it.")


CREATE = """mutation($url: String!, $courseId: ID!) {
  createWebhookEndpoint(input: { url: $url, courseId: $courseId, types: [COURSE_CHANGED] }) {
    secret webhookEndpoint { id } userErrors { message } } }"""
PING = """mutation($id: ID!) { pingWebhookEndpoint(input: { webhookEndpointId: $id }) {
  delivery { messageId } userErrors { message } } }"""


@pytest.mark.slow
def test_from_the_mutation_to_a_receiver_that_verifies(api, owner, settings) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    course = factories.make_course(instructors=(owner,))
    with receiving(answering("204 No Content", body=b"")) as receiver:
        made = api(CREATE, viewer=owner, url=receiver.url(), courseId=ids.encode("Course", course.pk))
        payload = made["createWebhookEndpoint"]
        assert payload["userErrors"] == []
        pinged = api(PING, viewer=owner, id=payload["webhookEndpoint"]["id"])["pingWebhookEndpoint"]
        event = factories.make_event(course)
        factories.make_event(course, EventType.REVIEW_CREATED)

        do("make deliveries to webhooks")
        do("send webhooks")

    endpoint = WebhookEndpoint.objects.get()
    messages = [_read(request, payload["secret"]) for request in receiver.requests]
    assert [(headers["webhook-id"], body["type"]) for headers, body in messages] == [
        (pinged["delivery"]["messageId"], "ping"),
        (f"event_{endpoint.pk}_{event.pk}", "course.changed"),
    ]
    assert messages[1][1]["data"]["id"] == ids.encode("Event", event.pk)
    for headers, _ in messages:
        assert headers["content-type"] == "application/json"
        assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60
    assert (
        list(WebhookDelivery.objects.values_list("status", "tries", "last_response_status"))
        == [("delivered", 1, 204)] * 2
    )


def _read(request: bytes, secret: str) -> tuple[dict[str, str], Any]:
    """Verify a message as a receiver does, and return its headers and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    Webhook(secret).verify(body, headers)
    return headers, json.loads(body)
