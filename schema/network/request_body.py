"""Parsing and validation of the parameters of a GraphQL request."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
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

_BAD_PERSISTED_QUERY = "`extensions.persistedQuery` must be `{version: 1, sha256Hash: String}`."

_OPERATION_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,127}")


@dataclass(frozen=True)
class Reference:
    """Name of a document: the hash of a persisted query, or the id of a trusted document."""

    name: str
    is_hash: bool


@dataclass
class RequestData(GraphQLRequestData):
    """Parameters of a request, of which `query` is None until the document that they refer to is looked up."""

    reference: Reference | None = None


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


_TEXTS = ("query", "documentId", "operationName")


def parameters_of_url(query_params: Mapping[str, str | None]) -> dict[str, Any]:
    """Parse the parameters of a GET request, of which `variables` and `extensions` are JSON in themselves."""
    parameters: dict[str, Any] = {name: query_params.get(name) or None for name in _TEXTS}
    for name in ("variables", "extensions"):
        text = query_params.get(name)
        parameters[name] = json_of(text, f"`{name}`") if text else None
    return parameters


def request_data(parameters: Any, protocol: GraphQLRequestProtocol) -> RequestData:
    """Validate the parameters and their types, and convert them for Strawberry. Raises Refused (BAD_REQUEST)."""
    if isinstance(parameters, list):
        raise Refused(ErrorCode.BAD_REQUEST, "Batches are not executed: send one operation in each request.")
    if not isinstance(parameters, dict):
        raise Refused(ErrorCode.BAD_REQUEST, "The request body must be a JSON object with a `query`.")
    name = parameters.get("operationName")
    if not is_operation_name(name):
        raise Refused(ErrorCode.BAD_REQUEST, BAD_OPERATION_NAME)
    for each in ("variables", "extensions"):
        if not isinstance(parameters.get(each), dict | None):
            raise Refused(ErrorCode.BAD_REQUEST, f"`{each}` must be a JSON object.")
    query = parameters.get("query") or None
    reference = _reference(parameters)
    if (query is None and reference is None) or (query is not None and not _holds_text(query)):
        raise Refused(ErrorCode.BAD_REQUEST, "`query` must be a string that holds a GraphQL document.")
    if query and reference:
        _refuse_contradiction(query, reference)
    return RequestData(
        query=query,
        variables=parameters.get("variables"),
        operation_name=name,
        extensions=parameters.get("extensions"),
        protocol=protocol,
        reference=reference,
    )


def _holds_text(query: object) -> bool:
    return isinstance(query, str) and bool(query.strip())


def _reference(parameters: dict[str, Any]) -> Reference | None:
    document_id = parameters.get("documentId")
    persisted = (parameters.get("extensions") or {}).get("persistedQuery")
    if document_id is not None:
        if not isinstance(document_id, str) or not document_id:
            raise Refused(ErrorCode.BAD_REQUEST, "`documentId` must be the id of a trusted document.")
        return Reference(document_id, is_hash=False)
    if persisted is None:
        return None
    digest = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    if not isinstance(digest, str) or not digest or persisted.get("version") != 1:
        raise Refused(ErrorCode.BAD_REQUEST, _BAD_PERSISTED_QUERY)
    return Reference(digest, is_hash=True)


def _refuse_contradiction(query: str, reference: Reference) -> None:
    if not reference.is_hash:
        raise Refused(ErrorCode.BAD_REQUEST, "Send `query` or `documentId`, and not both.")
    if hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest() != reference.name:
        raise Refused(ErrorCode.BAD_REQUEST, "`sha256Hash` is not the SHA-256 of `query` in hexadecimal.")


def is_operation_name(name: object) -> bool:
    """Validate an `operationName`; None selects the only operation."""
    return name is None or (isinstance(name, str) and _OPERATION_NAME.fullmatch(name) is not None)


def _too_large(size: str) -> Refused:
    return Refused(
        ErrorCode.PAYLOAD_TOO_LARGE,
        f"A request may have {settings.MAX_BODY_BYTES} bytes; this one has {size}.",
        headers={"Connection": "close"},
    )
