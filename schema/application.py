"""ASGI application: Strawberry's view, specialised to GraphQL over HTTP, WebSocket and SSE.

The pipeline of a request stands here: refusals, authentication, deadline, execution, status and media type. Its stages
stand in schema/network/ and schema/documents/.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from typing import Any, cast

import orjson
from cross_web import AsyncHTTPRequestAdapter
from django.conf import settings
from graphql import OperationType
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import Schema
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult

from courses.utils.json_text import decode_json
from schema.context import Context
from schema.core.error_codes import ErrorCode
from schema.core.upstream import BaseRequestProtocol
from schema.documents.cost import LEAST_COST
from schema.documents.reading import Document
from schema.execution import request_work
from schema.execution.admission import Admission, Overloaded
from schema.execution.listening import Listener
from schema.execution.read_sessions import ReadSessions
from schema.execution.replicas import Replicas
from schema.execution.tracing import span
from schema.network.authentication import Authenticated
from schema.network.client_address import client_address, readable_user_agent
from schema.network.compression import compressed
from schema.network.event_stream import EventStream
from schema.network.execution import Result, execute
from schema.network.frames import TextFrames
from schema.network.idempotency_header import idempotency_key
from schema.network.named_documents import find_text, must_be_trusted, refuse_untrusted, register
from schema.network.negotiation import EVENT_STREAM, GRAPHQL_RESPONSE, HTML, JSON, preferred_media_type
from schema.network.operations import may_have_been_executed, name_of_operation, points_of
from schema.network.origins import is_our_host, is_trusted, own_origin
from schema.network.public_reads import is_public, public
from schema.network.read_after import read_after, tell_position
from schema.network.refusals import NEVER_CACHED, Refused, retry_headers
from schema.network.request_body import (
    BoundedRequest,
    RequestData,
    json_of,
    parameters_of_url,
    request_data,
    require_json,
)
from schema.network.request_log import RequestRecord, request_id
from schema.network.responses import Reply, body_of, codes_of, head_of, status_of
from schema.network.short_way import answer, known_operation
from schema.network.sign_in import Payment, send_new_session, signed_in_still, welcome
from schema.network.websocket import TransportHandler

JSON_TYPES = (JSON, GRAPHQL_RESPONSE)
RESPONSE_TYPES = (*JSON_TYPES, EVENT_STREAM)

CONNECTION_INIT_TIMEOUT = timedelta(seconds=10)
OPERATIONS_PER_CONNECTION = 50


class GraphQLApplication(GraphQL[Context, None]):
    """ASGI application of `schema`. `render_graphiql` renders the page for browsers; without it there is none."""

    schema: Schema
    request_adapter_class = BoundedRequest
    websocket_adapter_class = TextFrames
    graphql_transport_ws_handler_class = TransportHandler

    def __init__(
        self, schema: Schema, *, render_graphiql: Callable[[Request], Response] | None = None
    ) -> None:
        super().__init__(
            schema,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
            connection_init_wait_timeout=CONNECTION_INIT_TIMEOUT,
            max_subscriptions_per_connection=OPERATIONS_PER_CONNECTION,
            allowed_origins=["*"],  # _is_welcome() looks at them
        )
        self.admission = Admission(executing=settings.EXECUTING_REQUESTS, waiting=settings.WAITING_REQUESTS)
        self.listener = Listener()
        self.read_sessions = ReadSessions(settings.READ_SESSIONS)
        self.replicas = Replicas(settings.REPLICAS, self.read_sessions)
        self.handlers: set[TransportHandler] = set()
        """Open WebSocket connections."""
        self._render_graphiql = render_graphiql
        self._of_https = _headers_of_https()

    def begin_to_stop(self) -> None:
        """Drain what lasts: complete event streams, and close WebSockets once their operations have ended."""
        if not self.listener.has_ended:
            self.listener.end()
            for handler in self.handlers:
                handler.leave()

    def start(self) -> None:
        """Begin to watch the replicas."""
        self.replicas.start()

    async def shut_down(self) -> None:
        """Close the sessions on the event loop, once every connection is closed."""
        await self.listener.stop()
        await self.replicas.stop()
        await self.read_sessions.stop()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            websocket = WebSocket(scope, receive, send)
            await (self.run(websocket) if _is_welcome(websocket) else self.reject_websocket(websocket))
            return
        # HEAD is handled as GET; only the headers are sent.
        request = Request({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope, receive)
        record = RequestRecord(request_id(request.headers.get("x-request-id")), "http")
        request.state.record = record
        try:
            response = await self._short_way(request) or await self._general_way(request)
        except Refused as refusal:
            record.codes = [refusal.code.name]
            response = refusal.response(_preferred(request.headers, JSON_TYPES) or JSON)
        except ClientDisconnect:
            return
        response.raw_headers.append((b"x-request-id", record.request_id.encode()))
        response.raw_headers.extend(self._of_https)
        tell_position(response, request, getattr(request.state, "written_at", None))
        if record.replayed:
            response.raw_headers.append((b"idempotency-replayed", b"true"))
        record.log(response.status_code)
        with span("send"):
            await (head_of(response) if scope["method"] == "HEAD" else response)(scope, receive, send)

    # ---------------------------------------------------------------- short way

    async def _short_way(self, request: Request) -> Response | None:
        """Return the response to a known query, or None for a request that takes the general way."""
        given = request.scope["headers"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given}
        media_type = preferred_media_type(headers.get("accept"), RESPONSE_TYPES)
        is_json = media_type in JSON_TYPES and len(headers) == len(given)  # no header is there twice
        if not is_json or request.method != "POST" or not is_our_host(headers.get("host", "")):
            return None
        asked = await known_operation(self.schema, request, headers)
        if asked is None:
            return None
        record: RequestRecord = request.state.record
        record.operation, record.cost = asked.name, asked.cost
        work = request_work.start()
        try:
            async with asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS), self.admission.place():
                answered = await answer(
                    asked, request, headers, self.read_sessions, self.replicas, self._context_of
                )
        except TimeoutError:
            raise Refused(ErrorCode.TIMEOUT, _timeout_message(asked.operation.operation)) from None
        except Overloaded:
            raise Refused(ErrorCode.OVERLOADED) from None
        finally:
            record.note(work)
            request.state.written_at = work.written_at
        authenticated = answered.authenticated
        record.principal = authenticated.principal
        if answered.body is None:
            request.state.authenticated, request.state.carried_out = authenticated, answered.carried_out
            request.state.operation = asked.operation.operation
            return None
        record.compiled = True
        reply = Reply(answered.body, cast("str", media_type), authenticated.draw)
        send_new_session(reply, authenticated)
        return await compressed(reply, request, asked.operation.operation)

    # ---------------------------------------------------------------- general way

    async def _general_way(self, request: Request) -> Response:
        """Return the response to any request, as caches may keep it, and compressed, where that may be."""
        response: Response = await self.run(request)
        if isinstance(response, EventStream):
            request.state.record.transport = "sse"
            return response
        if getattr(request.state, "is_public", False):
            response = public(response, request.headers.get("if-none-match"))
        return await compressed(response, request, getattr(request.state, "operation", None))

    # ---------------------------------------------------------------- before execution

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Refuse what the request's head decides; return the response whose headers the next steps fill."""
        if not _is_our_host(request):
            raise Refused(ErrorCode.BAD_REQUEST, "This server does not answer for that host name.")
        if request.scope["method"] not in ("GET", "POST"):
            raise Refused(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD, POST"})
        if len(request.scope["query_string"]) > settings.MAX_BODY_BYTES:
            raise Refused(ErrorCode.PAYLOAD_TOO_LARGE)
        sub_response = Response()
        del sub_response.headers["content-length"]
        sub_response.media_type = _preferred(request.headers, JSON_TYPES)
        return sub_response

    async def get_context(
        self,
        request: Request | WebSocket,
        response: Response | WebSocket,
    ) -> Context:
        return self._context_of(request)

    def _context_of(self, request: HTTPConnection) -> Context:
        peer = request.client.host if request.client else None
        return Context(
            ip_address=client_address(peer, request.headers.getlist("x-forwarded-for")),
            user_agent=readable_user_agent(request.headers.get("user-agent")),
            origin=own_origin(request),
            idempotency_key=idempotency_key(request),
            listener=self.listener,
            replicas=self.replicas or None,
            read_after=read_after(request),
        )

    def should_render_graphql_ide(self, request: BaseRequestProtocol) -> bool:
        """Tell if the client prefers HTML, as browsers do. `curl`, which accepts everything, gets JSON."""
        if self._render_graphiql is None or request.method != "GET":
            return False
        return _preferred(request.headers, (*RESPONSE_TYPES, HTML)) == HTML

    async def render_graphql_ide(self, request: Request) -> Response:
        assert self._render_graphiql is not None
        return self._render_graphiql(request)

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> RequestData:
        media_type = _preferred(request.headers, RESPONSE_TYPES)
        if media_type is None:
            raise Refused(ErrorCode.NOT_ACCEPTABLE)
        if request.method == "GET":
            parameters: Any = parameters_of_url(request.query_params)
        else:
            require_json(request.headers.get("content-type", ""), request.headers.get("content-encoding", ""))
            parameters = json_of(await request.get_body(), "The request body")
        return request_data(parameters, "sse" if media_type == EVENT_STREAM else "http")

    # ---------------------------------------------------------------- execution

    async def execute_operation(  # type: ignore[override]
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        request_data: RequestData,
        context: Context,
        root_value: None,
        sub_response: Response,
    ) -> Result:
        """Execute within the deadline. Past it the client gets TIMEOUT at once; a running job goes on."""
        record: RequestRecord = request.state.record
        record.operation = request_data.operation_name
        work = request_work.start()
        operation = asyncio.create_task(self._admitted(request, request_data, context, sub_response))
        try:
            done, _ = await asyncio.wait({operation}, timeout=settings.REQUEST_DEADLINE_SECONDS)
        finally:
            operation.cancel()
            record.note(work)
            request.state.written_at = work.written_at or getattr(request.state, "written_at", None)
        if not done:
            kind = may_have_been_executed(self.schema, request_data.query or "", request_data.operation_name)
            raise Refused(ErrorCode.TIMEOUT, _timeout_message(kind))
        request.state.result = operation.result()
        return operation.result()

    async def _admitted(
        self, request: Request, data: RequestData, context: Context, sub_response: Response
    ) -> Result:
        try:
            # A mutation that was carried out is not refused any more: only its payload has yet to be shown.
            async with nullcontext() if hasattr(request.state, "authenticated") else self.admission.place():
                authenticated = await self._paid(request, data, context, sub_response)
                context.identify(authenticated.identity, authenticated.draw)
                context.identify_again = partial(signed_in_still, request)
                with span("execute"):
                    return await execute(self.schema, request.method, data, context)
        except Overloaded:
            raise Refused(ErrorCode.OVERLOADED) from None

    async def _paid(
        self, request: Request, data: RequestData, context: Context, sub_response: Response
    ) -> Authenticated:
        """Authenticate and charge: for reading a document that is not cached, then for its operation."""
        paid: Authenticated | None = getattr(request.state, "authenticated", None)
        if paid is not None:
            context.compiles, context.carried_out = False, request.state.carried_out
            welcome(sub_response, paid)
            return paid
        pay = Payment(request, sub_response, context.ip_address)
        query = await find_text(data, pay)
        document = getattr(request.state, "document", None) or Document(self.schema, query)
        if document.points:
            await pay(document.points)
        if must_be_trusted(document, request.headers.get("authorization")):
            authenticated = pay.authenticated or await pay(LEAST_COST)
            await refuse_untrusted(document, authenticated.identity)
        prepared, points = document.read()
        request.state.operation = prepared.operation_type(data.operation_name)
        request.state.record.operation = name_of_operation(prepared, data.operation_name)
        authenticated = await pay(points + points_of(prepared, data.operation_name, data.variables))
        if not prepared.errors:
            await register(data)
        request.state.may_be_public = is_public(request.method, data, prepared, authenticated)
        return authenticated

    # ---------------------------------------------------------------- response

    async def process_result(self, request: Request, result: ExecutionResult) -> dict[str, Any]:  # type: ignore[override]
        body = body_of(result)
        record: RequestRecord = request.state.record
        record.note_errors(error["extensions"] for error in body.get("errors", ()))
        request.state.is_public = getattr(request.state, "may_be_public", False) and "errors" not in body
        if request.state.is_public:
            body.pop("extensions", None)  # of one client
        return body

    def create_response(self, response_data: dict[str, Any], sub_response: Response) -> Response:  # type: ignore[override]
        media_type = sub_response.media_type or JSON
        status = status_of(response_data, media_type)
        headers = dict(NEVER_CACHED)
        if "data" not in response_data:
            headers |= retry_headers(codes_of(response_data)[0])
        response = Response(self.encode_json(response_data), status, headers, media_type)
        response.raw_headers.extend(sub_response.raw_headers)
        return response

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        events = cast("AsyncGenerator[str, None]", stream())
        return EventStream(request.state.result, events, {**sub_response.headers, **headers})

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> object:
        return decode_json(data, "The message")


def _is_welcome(websocket: WebSocket) -> bool:
    """Tell if the page may connect. To a WebSocket browsers apply no CORS: they let every page open it."""
    is_open_to_all = (
        "*" in settings.CORS_ORIGINS
    )  # with a bearer token: cookies still count only of trusted pages
    return _is_our_host(websocket) and (is_open_to_all or is_trusted(websocket.headers))


def _headers_of_https() -> list[tuple[bytes, bytes]]:
    """Return what Django's middleware adds to its own pages where browsers are to use nothing but https."""
    if not settings.SECURE_HSTS_SECONDS:
        return []
    subdomains = "; includeSubDomains" if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS else ""
    policy = f"max-age={settings.SECURE_HSTS_SECONDS}{subdomains}"
    return [(b"strict-transport-security", policy.encode())]


def _is_our_host(connection: HTTPConnection) -> bool:
    return is_our_host(connection.headers.get("host", ""))


def _timeout_message(kind: OperationType | None) -> str:
    if kind is OperationType.MUTATION:
        return "This took too long. It may have been carried out all the same: look before you repeat it."
    return ErrorCode.TIMEOUT.sentence


def _preferred(headers: Mapping[str, str], offers: Sequence[str]) -> str | None:
    return preferred_media_type(", ".join(cast("Headers", headers).getlist("accept")), offers)
