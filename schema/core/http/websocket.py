"""GraphQL over WebSocket (graphql-transport-ws): text frames, bounded messages, many operations."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import Any, TypeGuard

from django.conf import settings
from graphql import OperationType
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry import Schema
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from courses.utils.json_text import InvalidJson
from schema.context import Context, Identity
from schema.core.authentication import Authenticated, InvalidToken, identify, identify_again
from schema.core.database_failures import DATABASE_FAILURES
from schema.core.documents import operation_type, points_of
from schema.core.error_codes import ErrorCode, graphql_error
from schema.core.http.request_body import BAD_OPERATION_NAME, is_operation_name
from schema.core.limits import LEAST_COST
from schema.core.rate_limits import RateLimited
from schema.core.request_log import RequestRecord, request_id
from schema.execution import request_work
from schema.execution.admission import Overloaded

MESSAGE_TOO_BIG = 1009
TRY_AGAIN_LATER = 1013
FORBIDDEN = 4403


class TextFrames(ASGIWebSocketAdapter):
    """Sends text, as the protocol wants, and reads no message larger than the body of a POST may be."""

    async def iter_json(
        self,
        *,
        ignore_parsing_errors: bool = False,
    ) -> AsyncGenerator[object, None]:
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                text = await self.ws.receive_text()
                if len(text) > settings.MAX_BODY_BYTES:
                    await self.close(MESSAGE_TOO_BIG, "Message too big")
                    return
                yield self.view.decode_json(text)
        except InvalidJson as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, unless another operation on it has done so already."""
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            await super().close(code, reason)

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            await self.ws.send_text(self.view.encode_json_string(message))


class TransportHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One connection. Who is asking is found out when it opens, again for each operation and each event."""

    schema: Schema
    websocket: TextFrames
    view: Any

    def __init__(self, **connection: Any) -> None:
        super().__init__(**connection)
        headers = self.websocket.ws.headers
        self._authorization: str | None = headers.get("authorization")
        # Every browser names its page. Cookies without one are no browser's, so there is no page to trust.
        self._cookies = self.websocket.ws.cookies if "origin" in headers else {}
        self._principal: str | None = None
        self._request_id = request_id(headers.get("x-request-id"))

    async def handle_message(self, message: Message) -> None:
        if not _is_well_formed(message):
            await self.handle_invalid_message("Not a message of graphql-transport-ws")
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Take credentials from the payload (`{"Authorization": "Bearer ..."}`) before the handshake's."""
        payload = message.get("payload") or {}
        for name in ("Authorization", "authorization"):
            if name in payload:
                self._authorization = str(payload[name])
        if await self._is_welcome():
            await super().handle_connection_init({"type": "connection_init", "payload": payload})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Refuse one operation too many with a code, which the base class would leave out."""
        if len(self.operations) >= (self.max_subscriptions_per_connection or 0):
            error = graphql_error(
                ErrorCode.LIMIT_EXCEEDED,
                f"A connection carries {self.max_subscriptions_per_connection} operations at once.",
            )
            await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})
            return
        await super().handle_subscribe(message)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Execute one operation. A subscription, which mostly waits, takes no place among the executing."""
        if not is_operation_name(operation.operation_name):
            await operation.send_initial_errors([graphql_error(ErrorCode.BAD_REQUEST, BAD_OPERATION_NAME)])
            return
        record = RequestRecord(self._request_id, "websocket", operation.operation_name)
        work = request_work.start()
        kind = operation_type(self.schema, operation.query, operation.operation_name)
        try:
            if kind is OperationType.SUBSCRIPTION:
                await self._execute(operation, record)
                return
            async with self.view.admission.place(), asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS):
                await self._execute(operation, record)
        except RateLimited as limited:
            await operation.send_initial_errors([graphql_error(ErrorCode.RATE_LIMITED, str(limited))])
        except Overloaded:
            await operation.send_initial_errors([graphql_error(ErrorCode.OVERLOADED)])
        except TimeoutError:
            await operation.send_initial_errors([graphql_error(ErrorCode.TIMEOUT)])
        finally:
            record.statements = work.statements
            record.log(None)

    async def _execute(self, operation: Operation[Context, None], record: RequestRecord) -> None:
        points = points_of(self.schema, operation.query, operation.operation_name, operation.variables)
        record.cost = points
        if not await self._is_identified(points):
            return
        record.principal = self._principal or record.principal
        # The base class reads the context before it first awaits, so operations do not see each other's.
        self.context = dataclasses.replace(self.context)
        await super().run_operation(operation)

    async def _is_welcome(self) -> bool:
        """Whether the connection may open: somebody with an empty bucket is asked to come again later."""
        try:
            return await self._is_identified(LEAST_COST)
        except RateLimited:
            await self.websocket.close(TRY_AGAIN_LATER, ErrorCode.RATE_LIMITED.sentence)
            return False

    async def _is_identified(self, points: int) -> bool:
        """Whether the credentials are good still and `points` were paid, closing the connection on bad credentials.

        Raises RateLimited.
        """
        try:
            authenticated = await identify(
                self._authorization,
                self._cookies,
                address=self.context.ip_address,
                points=points,
            )
        except InvalidToken:
            await self.websocket.close(FORBIDDEN, "Forbidden")
            return False
        except DATABASE_FAILURES:
            await self.websocket.close(TRY_AGAIN_LATER, ErrorCode.UNAVAILABLE.sentence)
            return False
        if not self._is_same_person(authenticated):
            await self.websocket.close(FORBIDDEN, "Forbidden")
            return False
        self.context = dataclasses.replace(
            self.context,
            identity=authenticated.identity,
            draw=authenticated.draw,
            identify_again=self._identify_again,
        )
        return True

    async def _identify_again(self) -> Identity | None:
        """Who is asking now. Closes the connection once its credentials are no longer good.

        Raises DATABASE_FAILURES.
        """
        with suppress(InvalidToken):
            authenticated = await identify_again(self._authorization, self._cookies)
            if self._is_same_person(authenticated):
                return authenticated.identity
        await self.websocket.close(FORBIDDEN, "Forbidden")
        return None

    def _is_same_person(self, authenticated: Authenticated) -> bool:
        """Whether it is who opened the connection: a session that has ended names nobody."""
        self._principal = self._principal or authenticated.principal
        return self._principal == authenticated.principal


def _is_well_formed(message: object) -> TypeGuard[Message]:
    """Whether a message has the members that its type needs, each of the type that it must have."""
    if not isinstance(message, dict):
        return False
    payload = message.get("payload")
    if message.get("type") == "subscribe":
        return (
            isinstance(message.get("id"), str)
            and isinstance(payload, dict)
            and isinstance(payload.get("query"), str)
            and isinstance(payload.get("variables"), dict | None)
            and isinstance(payload.get("operationName"), str | None)
        )
    if message.get("type") == "complete":
        return isinstance(message.get("id"), str)
    return isinstance(message.get("type"), str) and isinstance(payload, dict | None)
