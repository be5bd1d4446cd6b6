"""WebSocket frames: text, each of them one message of graphql-transport-ws."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress
from typing import TypeGuard

from django.conf import settings
from starlette.websockets import WebSocketDisconnect, WebSocketState

from courses.utils.json_text import InvalidJson
from schema.core.upstream import (
    ASGIWebSocketAdapter,
    Message,
    NonJsonMessageReceived,
    NonTextMessageReceived,
)

MESSAGE_TOO_BIG = 1009


class TextFrames(ASGIWebSocketAdapter):
    """WebSocket adapter that sends text, as the protocol wants, and bounds messages by MAX_BODY_BYTES, like a POST."""

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
        """Close the connection, unless another operation on it has done so already, or the client has disconnected."""
        with suppress(WebSocketDisconnect):
            if self.ws.application_state != WebSocketState.DISCONNECTED:
                await super().close(code, reason)

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message. A disconnected client is detected by reading."""
        with suppress(WebSocketDisconnect):
            if self.ws.application_state != WebSocketState.DISCONNECTED:
                await self.ws.send_text(self.view.encode_json_string(message))


def is_well_formed(message: object) -> TypeGuard[Message]:
    """Validate the members of a message and their types."""
    if not isinstance(message, dict):
        return False
    payload = message.get("payload")
    if message.get("type") == "subscribe":
        return (
            isinstance(message.get("id"), str)
            and isinstance(payload, dict)
            and isinstance(payload.get("query"), str | None)
            and isinstance(payload.get("variables"), dict | None)
            and isinstance(payload.get("operationName"), str | None)
        )
    if message.get("type") == "complete":
        return isinstance(message.get("id"), str)
    return isinstance(message.get("type"), str) and isinstance(payload, dict | None)
