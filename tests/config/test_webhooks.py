"""The process sends webhooks: several endpoints at once, and through the whole chain to a receiver."""

import json
import threading
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from standardwebhooks.webhooks import Webhook

from config import webhooks
from config.background import CHORES, Chore, do_once
from courses.constants import EventType
from courses.models import Course, Event, User, WebhookDelivery, WebhookEndpoint
from courses.services.webhook_sending import Sent
from schema.core import ids
from schema.execution import tracing
from tests import factories
from tests.courses.services.webhook_receiver import Receiver, answering, receiving

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


TRACE = "0af7651916cd43dd8448eb211c80319c"
"""Id of the trace of somebody who changes a course."""

CHANGE = "mutation($input: UpdateCourseInput!) { updateCourse(input: $input) { userErrors { message } } }"


@pytest.fixture
def spans(monkeypatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "tracer", provider.get_tracer("tests"))
    return exporter


def _change(api: Any, course: Course, title: str) -> None:
    given = {"courseId": ids.encode("Course", course.pk), "title": title}
    assert api(CHANGE, viewer=course.instructors.get(), input=given)["updateCourse"]["userErrors"] == []


def _header(request: bytes, name: str) -> list[str]:
    lines = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
    return [line.partition(": ")[2] for line in lines if line.lower().startswith(f"{name}: ")]


def _send(receiver: Receiver) -> list[str]:
    """Do the chores that send a change to the receiver; return the headers that it gets for its trace."""
    do("move events to the feed")
    do("make deliveries to webhooks")
    do("send webhooks")
    assert len(receiver.requests) == WebhookDelivery.objects.filter(tries=1).count()
    return _header(receiver.requests[-1], "traceparent")


def _traceparent_of(span: ReadableSpan) -> str:
    context = span.context
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@pytest.mark.slow
def test_a_message_goes_on_with_the_trace_of_the_request_that_caused_it(api, owner, settings, spans) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    course = factories.make_course(instructors=(owner,))
    caller = tracing.propagator.extract({"traceparent": f"00-{TRACE}-b7ad6b7169203331-01"})
    with receiving(answering("204 No Content", body=b"")) as receiver:
        factories.make_webhook_endpoint(owner, url=receiver.url())
        with tracing.span("the mutation", within=caller):
            _change(api, course, "In a trace")
        told = _send(receiver)

    finished = {span.name: span for span in spans.get_finished_spans()}
    mutation, sending = finished["the mutation"], finished["send webhook"]
    assert sending.context.trace_id == int(TRACE, 16)
    assert told == [_traceparent_of(sending)]
    assert (sending.name, sending.kind) == ("send webhook", SpanKind.PRODUCER)
    assert sending.parent.span_id == mutation.context.span_id
    assert sending.attributes == {
        "messaging.operation.type": "send",
        "messaging.message.id": WebhookDelivery.objects.get().message_id,
        "http.response.status_code": 204,
    }


@pytest.mark.slow
def test_a_message_without_a_cause_begins_a_trace_and_one_that_is_refused_is_a_failure(
    api, owner, settings, spans
) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    course = factories.make_course(instructors=(owner,))
    with receiving(answering("404 Not Found", body=b"")) as receiver:
        factories.make_webhook_endpoint(owner, url=receiver.url())
        _change(api, course, "Outside of traces")
        told = _send(receiver)

    [sending] = [span for span in spans.get_finished_spans() if span.name == "send webhook"]
    assert sending.parent is None
    assert told == [_traceparent_of(sending)]
    assert sending.status.status_code is StatusCode.ERROR


@pytest.mark.slow
def test_where_no_traces_are_sent_none_is_kept_and_none_is_told(api, owner, settings) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    course = factories.make_course(instructors=(owner,))
    with receiving(answering("204 No Content", body=b"")) as receiver:
        factories.make_webhook_endpoint(owner, url=receiver.url())
        _change(api, course, "Not traced")
        told = _send(receiver)

    assert told == []
    assert list(Event.objects.values_list("traceparent", flat=True)) == [""]


def _read(request: bytes, secret: str) -> tuple[dict[str, str], Any]:
    """Verify a message as a receiver does, and return its headers and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    lines = [line.partition(": ") for line in head.decode().split("\r\n")[1:]]
    headers = {name.lower(): value for name, _, value in lines}
    Webhook(secret).verify(body, headers)
    return headers, json.loads(body)
