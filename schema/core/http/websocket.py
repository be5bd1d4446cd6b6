"""GraphQL over WebSocket (graphql-transport-ws): text frames, bounded messages, many operations."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator, Mapping
from json import JSONDecodeError
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
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, Message

from schema.context import Context
from schema.core.authentication import InvalidToken, identify
from schema.core.database_failures import DATABASE_FAILURES
from schema.core.documents import operation_type
from schema.core.error_codes import ErrorCode, graphql_error
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
        except JSONDecodeError as error:
            raise NonJsonMessageReceived from error
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            return

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            await self.ws.send_text(self.view.encode_json_string(message))


class TransportHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One connection. Who is asking is found out when it opens, and again for each operation."""

    schema: Schema
    websocket: TextFrames
    view: Any

    def __init__(self, **connection: Any) -> None:
        super().__init__(**connection)
        headers = self.websocket.ws.headers
        self._authorization: str | None = headers.get("authorization")
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
        if await self._is_identified():
            await super().handle_connection_init({"type": "connection_init", "payload": payload})

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Execute one operation. A subscription, which mostly waits, takes no place among the executing."""
        record = RequestRecord(self._request_id, "websocket", operation.operation_name)
        work = request_work.start()
        kind = operation_type(self.schema, operation.query, operation.operation_name)
        try:
            if kind is OperationType.SUBSCRIPTION:
                await self._execute(operation, record)
                return
            async with self.view.admission.place(), asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS):
                await self._execute(operation, record)
        except Overloaded:
            await operation.send_initial_errors([graphql_error(ErrorCode.OVERLOADED)])
        except TimeoutError:
            await operation.send_initial_errors([graphql_error(ErrorCode.TIMEOUT)])
        finally:
            record.statements = work.statements
            record.log(None)

    async def _execute(self, operation: Operation[Context, None], record: RequestRecord) -> None:
        if not await self._is_identified():
            return
        record.principal = self._principal
        # The base class reads the context before it first awaits, so operations do not see each other's.
        self.context = dataclasses.replace(self.context)
        await super().run_operation(operation)

    async def _is_identified(self) -> bool:
        """Whether the credentials are good still, closing the connection when they are not."""
        try:
            authenticated = await identify(self._authorization, self.websocket.ws.cookies)
        except InvalidToken:
            await self.websocket.close(FORBIDDEN, "Forbidden")
            return False
        except DATABASE_FAILURES:
            await self.websocket.close(TRY_AGAIN_LATER, ErrorCode.UNAVAILABLE.sentence)
            return False
        self._principal = authenticated.principal
        self.context = dataclasses.replace(self.context, identity=authenticated.identity)
        return True


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
