"""Parsing and validation of the parameters of a GraphQL request."""

import re
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from typing import Any

from django.conf import settings
from starlette.requests import ClientDisconnect
from starlette.types import Receive
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from courses.utils.json_text import InvalidJson, decode_json
from schema.core.error_codes import ErrorCode
from schema.core.upstream import StreamedRequest
from schema.network.refusals import Refused

BAD_OPERATION_NAME = "`operationName` must be a GraphQL name of at most 128 characters."

_OPERATION_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,127}")


class BoundedRequest(StreamedRequest):
    """Strawberry's request adapter, with a bounded body. The server sets the timeout of reading it."""

    async def get_body(self) -> bytes:
        """Read the body once: the short way may have read it before the general one."""
        state = self.state
        if not hasattr(state, "body"):
            state.body = await bounded_body(self.receive, self.headers.get("content-length", "0"))
        body: bytes = state.body
        return body


async def bounded_body(receive: Receive, announced: str) -> bytes:
    """Read a body, of which `Content-Length` has `announced` the size, and refuse it as soon as it is known to be too
    large, or late. Raises ClientDisconnect.
    """
    most = settings.MAX_BODY_BYTES
    if (announced := announced[:20]).isdecimal() and int(announced) > most:
        raise _too_large(announced)
    body = bytearray()
    while True:
        try:
            message = await receive()
        except TimeoutError:
            raise Refused(ErrorCode.REQUEST_TIMEOUT, headers={"Connection": "close"}) from None
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large("more")
        if not message.get("more_body", False):
            return bytes(body)


def require_json(content_type: str, content_encoding: str) -> None:
    """Refuse a body that is not declared as uncompressed JSON in UTF-8."""
    if not (content_encoding.strip().lower() in ("", "identity") and _is_json(content_type)):
        raise Refused(ErrorCode.UNSUPPORTED_MEDIA_TYPE)


@lru_cache(maxsize=64)
def _is_json(content_type: str) -> bool:
    message = Message()
    message["Content-Type"] = content_type
    charset = str(message.get_param("charset", "utf-8")).lower()
    return message.get_content_type() == "application/json" and charset in ("utf-8", "utf8")


def json_of(text: str | bytes, what: str) -> Any:
    """Parse a JSON text. Raises Refused (BAD_REQUEST)."""
    try:
        return decode_json(text, what)
    except InvalidJson as error:
        raise Refused(ErrorCode.BAD_REQUEST, str(error)) from None


def parameters_of_url(query_params: Mapping[str, str | None]) -> dict[str, Any]:
    """Parse the parameters of a GET request, of which `variables` and `extensions` are JSON in themselves."""
    parameters: dict[str, Any] = {name: query_params.get(name) or None for name in ("query", "operationName")}
    for name in ("variables", "extensions"):
        text = query_params.get(name)
        parameters[name] = json_of(text, f"`{name}`") if text else None
    return parameters


def request_data(parameters: Any, protocol: GraphQLRequestProtocol) -> GraphQLRequestData:
    """Validate the parameters and their types, and convert them for Strawberry. Raises Refused (BAD_REQUEST)."""
    if isinstance(parameters, list):
        raise Refused(ErrorCode.BAD_REQUEST, "Batches are not executed: send one operation in each request.")
    if not isinstance(parameters, dict):
        raise Refused(ErrorCode.BAD_REQUEST, "The request body must be a JSON object with a `query`.")
    query, name = parameters.get("query"), parameters.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise Refused(ErrorCode.BAD_REQUEST, "`query` must be a string that holds a GraphQL document.")
    if not is_operation_name(name):
        raise Refused(ErrorCode.BAD_REQUEST, BAD_OPERATION_NAME)
    for each in ("variables", "extensions"):
        if not isinstance(parameters.get(each), dict | None):
            raise Refused(ErrorCode.BAD_REQUEST, f"`{each}` must be a JSON object.")
    return GraphQLRequestData(
        query=query,
        variables=parameters.get("variables"),
        operation_name=name,
        extensions=parameters.get("extensions"),
        protocol=protocol,
    )


def is_operation_name(name: object) -> bool:
    """Validate an `operationName`; None selects the only operation."""
    return name is None or (isinstance(name, str) and _OPERATION_NAME.fullmatch(name) is not None)


def _too_large(size: str) -> Refused:
    return Refused(
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"A request may have {settings.MAX_BODY_BYTES} bytes; this one has {size}.",
        headers={"Connection": "close"},
    )
