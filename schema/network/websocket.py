"""GraphQL over WebSocket (graphql-transport-ws): many operations on one connection."""

import asyncio
import dataclasses
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, cast

from django.conf import settings
from graphql import GraphQLError, OperationType
from strawberry import Schema
from strawberry.types import ExecutionResult

from schema.context import Context, Identity
from schema.core.database_failures import DATABASE_FAILURES
from schema.core.error_codes import ErrorCode, Limit, graphql_error, limit_exceeded
from schema.core.upstream import (
    ConnectionInitMessage,
    Message,
    Operation,
    PreExecutionError,
    SubscribeMessage,
    TransportHandlerBase,
)
from schema.documents.cost import LEAST_COST
from schema.documents.reading import Document, PreparedDocument
from schema.execution import request_work
from schema.execution.admission import Overloaded
from schema.network.authentication import Authenticated, InvalidToken, identify, identify_again
from schema.network.frames import TextFrames, is_well_formed
from schema.network.named_documents import find_text, must_be_trusted, refuse_untrusted, register
from schema.network.operations import name_of_operation, points_of
from schema.network.origins import is_trusted
from schema.network.rate_limits import RateLimited
from schema.network.refusals import Refused
from schema.network.request_body import RequestData, request_data
from schema.network.request_log import RequestRecord, request_id

INTERNAL_ERROR = 1011
SERVICE_RESTART = 1012
TRY_AGAIN_LATER = 1013
FORBIDDEN = 4403


class Unwelcome(Exception):  # noqa: N818 - being sent away is no error
    """The connection must close because of `error`, which is not done where this is raised: a place may be held there.

    `code` and `reason` are those of WebSocket.
    """

    def __init__(self, error: ErrorCode) -> None:
        is_database = error is ErrorCode.UNAVAILABLE
        self.error = error
        self.code = TRY_AGAIN_LATER if is_database else FORBIDDEN
        self.reason = error.sentence if is_database else "Forbidden"
        super().__init__(self.reason)


class TransportHandler(TransportHandlerBase):
    """WebSocket connection, authenticated when it opens, and again for each operation and each event.

    Backpressure: of a connection's queries and mutations, at most half of EXECUTING_REQUESTS are executing or unsent.
    The other places are for others, and a client that does not read has nothing more executed.
    """

    schema: Schema
    websocket: TextFrames
    view: Any

    def __init__(self, **connection: Any) -> None:
        super().__init__(**connection)
        headers = self.websocket.ws.headers
        self._authorization: str | None = headers.get("authorization")
        # Browsers always send an Origin. Cookies without one are no browser's, so there is no origin to trust.
        self._cookies = self.websocket.ws.cookies if "origin" in headers and is_trusted(headers) else {}
        self._principal: str | None = None
        self._request_id = request_id(headers.get("x-request-id"))
        self._unsent_responses = asyncio.Semaphore(max(1, settings.EXECUTING_REQUESTS // 2))
        self._unwelcome: Unwelcome | None = None
        self._asked: dict[str, RequestData] = {}
        """Parameters of the operations that have yet to begin, by their ids."""
        self._leaving: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        self.view.handlers.add(self)
        if self.view.listener.has_ended:
            self.leave()
        try:
            await super().handle()
        finally:
            self.view.handlers.discard(self)

    def leave(self) -> None:
        """Accept no more operations, and close the connection when those under way have ended."""
        self._leaving = asyncio.create_task(self._leave())

    async def _leave(self) -> None:
        if under_way := [operation.task for operation in self.operations.values() if operation.task]:
            await asyncio.wait(under_way)
        await self.websocket.close(SERVICE_RESTART, "The server restarts. Please connect again.")

    async def handle_message(self, message: Message) -> None:
        if not is_well_formed(message):
            await self.handle_invalid_message("Not a message of graphql-transport-ws")
            return
        await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Take credentials from the payload (`{"Authorization": "Bearer ..."}`) rather than from the handshake."""
        payload = message.get("payload") or {}
        for name in ("Authorization", "authorization"):
            if name in payload:
                self._authorization = str(payload[name])
        if await self._is_welcome():
            await super().handle_connection_init({"type": "connection_init", "payload": payload})

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Take the document as text or by its name, as over HTTP.

        An operation above the limit is refused with an error code, which the base class would leave out.
        """
        if len(self.operations) >= (self.max_subscriptions_per_connection or 0):
            error = limit_exceeded(
                Limit.OPERATIONS,
                f"A connection carries {self.max_subscriptions_per_connection} operations at once.",
            )
        elif self._leaving:
            error = graphql_error(ErrorCode.OVERLOADED)
        else:
            try:
                data = request_data(message["payload"], "http")
            except Refused as refusal:
                error = graphql_error(refusal.code, refusal.message)
            else:
                self._asked[message["id"]] = data
                message["payload"]["query"] = data.query or ""
                await super().handle_subscribe(message)
                return
        record = RequestRecord(self._request_id, "websocket", principal=self._principal or "anonymous")
        record.note_errors([error.extensions or {}])
        record.log(None)
        await self.send_message({"id": message["id"], "type": "error", "payload": [error.formatted]})

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Execute one operation. A subscription, which mostly waits, takes no place in admission control."""
        record = RequestRecord(self._request_id, "websocket", operation.operation_name)
        work = request_work.start()
        try:
            prepared = await self._read(operation, self._asked.pop(operation.id), record)
            if prepared.operation_type(operation.operation_name) is OperationType.SUBSCRIPTION:
                await self._send_events(operation, prepared, record)
            else:
                await self._send_response(operation, prepared, record)
        except Unwelcome as unwelcome:
            record.note_errors([{"code": unwelcome.error.name}])
            await self.websocket.close(unwelcome.code, unwelcome.reason)
        except (RateLimited, Refused, Overloaded, TimeoutError) as refusal:
            error = _error_of(refusal)
            record.note_errors([error.extensions or {}])
            await operation.send_initial_errors([error])
        finally:
            record.note(work)
            record.log(None)

    def task_ended(self, task: asyncio.Task[None]) -> None:
        """Log a bug outside a result, and close the connection, the only way to tell the client."""
        if not task.cancelled() and (bug := task.exception()):
            self.task_logger.error("an operation ended without a response", exc_info=bug)
            self._closing = asyncio.create_task(
                self.websocket.close(INTERNAL_ERROR, ErrorCode.INTERNAL.sentence)
            )

    async def _send_events(
        self, operation: Operation[Context, None], prepared: PreparedDocument, record: RequestRecord
    ) -> None:
        """Send the events of a subscription. A process that stops sends no `complete`, so clients subscribe again."""
        async with aclosing(await self._results(operation, prepared, record)) as results:
            record.stream()
            async for result in results:
                if self._unwelcome:
                    raise self._unwelcome
                await _send_result(operation, result, record)
        if not self._leaving:
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _send_response(
        self, operation: Operation[Context, None], prepared: PreparedDocument, record: RequestRecord
    ) -> None:
        """Execute a query or mutation, and send its result once its place is free again."""
        async with self._unsent_responses:
            async with (
                self.view.admission.place(),
                asyncio.timeout(settings.REQUEST_DEADLINE_SECONDS),
                aclosing(await self._results(operation, prepared, record)) as results,
            ):
                response = [result async for result in results]
            for result in response:
                await _send_result(operation, result, record)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _results(
        self, operation: Operation[Context, None], prepared: PreparedDocument, record: RequestRecord
    ) -> AsyncGenerator[ExecutionResult, None]:
        """Charge and begin the operation; return its results. Raises Unwelcome and RateLimited."""
        await self._pay(points_of(prepared, operation.operation_name, operation.variables), record)
        record.principal = self._principal or record.principal
        draw = dataclasses.replace(self.context.draw, points=record.cost or 0)
        results = await self.schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=dataclasses.replace(self.context, draw=draw),
            operation_name=operation.operation_name,
        )
        return cast(AsyncGenerator[ExecutionResult, None], results)  # not incremental: there is no @defer

    async def _read(
        self, operation: Operation[Context, None], data: RequestData, record: RequestRecord
    ) -> PreparedDocument:
        """Find, read and charge the document. Raises Unwelcome, RateLimited and Refused."""
        pay = partial(self._pay, record=record)
        operation.query = await find_text(data, pay)
        document = Document(self.schema, operation.query)
        if document.points:
            await pay(document.points)
        if must_be_trusted(document, self._authorization):
            await self._pay(LEAST_COST, record)
            await refuse_untrusted(document, self.context.identity)
        prepared, points = document.read()
        record.operation = name_of_operation(prepared, operation.operation_name)
        if points:
            await self._pay(points, record)
        if not prepared.errors:
            await register(data)
        return prepared

    async def _pay(self, points: int, record: RequestRecord) -> None:
        """Charge `points` to the operation. Raises Unwelcome and RateLimited."""
        record.cost = (record.cost or 0) + points
        await self._identify(points)

    async def _is_welcome(self) -> bool:
        """Authenticate the handshake; close the connection if that fails, or the bucket is empty."""
        try:
            await self._identify(LEAST_COST)
        except RateLimited:
            await self.websocket.close(TRY_AGAIN_LATER, ErrorCode.RATE_LIMITED.sentence)
        except Unwelcome as unwelcome:
            await self.websocket.close(unwelcome.code, unwelcome.reason)
        else:
            return True
        return False

    async def _identify(self, points: int) -> None:
        """Authenticate again, and draw `points`. Raises Unwelcome and RateLimited."""
        try:
            authenticated = await identify(
                self._authorization,
                self._cookies,
                address=self.context.ip_address,
                points=points,
            )
        except InvalidToken:
            raise Unwelcome(ErrorCode.UNAUTHENTICATED) from None
        except DATABASE_FAILURES:
            raise Unwelcome(ErrorCode.UNAVAILABLE) from None
        if not self._is_same_person(authenticated):
            raise Unwelcome(ErrorCode.UNAUTHENTICATED)
        self.context = dataclasses.replace(
            self.context,
            identity=authenticated.identity,
            draw=authenticated.draw,
            identify_again=self._identify_again,
        )

    async def _identify_again(self) -> Identity | None:
        """Re-authenticate between events. Once the credentials are invalid, the next event closes the connection.

        Raises DATABASE_FAILURES.
        """
        with suppress(InvalidToken):
            authenticated = await identify_again(self._authorization, self._cookies)
            if self._is_same_person(authenticated):
                return authenticated.identity
        self._unwelcome = Unwelcome(ErrorCode.UNAUTHENTICATED)
        return None

    def _is_same_person(self, authenticated: Authenticated) -> bool:
        """Tell if it is the person who opened the connection: a session that has ended is nobody's."""
        self._principal = self._principal or authenticated.principal
        return self._principal == authenticated.principal


def _error_of(refusal: RateLimited | Refused | Overloaded | TimeoutError) -> GraphQLError:
    match refusal:
        case RateLimited():
            return graphql_error(ErrorCode.RATE_LIMITED, str(refusal))
        case Refused():
            return graphql_error(refusal.code, refusal.message)
        case Overloaded():
            return graphql_error(ErrorCode.OVERLOADED)
        case _:
            return graphql_error(ErrorCode.TIMEOUT)


async def _send_result(
    operation: Operation[Context, None], result: ExecutionResult, record: RequestRecord
) -> None:
    """Send one result, or the errors of an operation that was not executed."""
    record.note_errors(error.extensions or {} for error in result.errors or ())
    if isinstance(result, PreExecutionError):
        await operation.send_initial_errors(result.errors or [])
    else:
        await operation.send_next(result)
