"""Reads of the catalogue that shared caches may keep: asked with GET by nobody, by the name of a document.

Their responses are the same for everybody who is not signed in, so they say nothing of a client: neither its rate
limit nor its cost.
"""

import hashlib
from http import HTTPStatus

from graphql import FieldNode, OperationType
from starlette.responses import Response

from schema.documents.reading import PreparedDocument
from schema.network.authentication import Authenticated
from schema.network.request_body import RequestData

MAX_AGE_SECONDS = 60

CATALOGUE = frozenset({"__typename", "course", "courses"})
"""Root fields whose values are the same for everybody who is not signed in, for a minute at least."""

_OF_ONE_CLIENT = (b"cache-control", b"ratelimit", b"ratelimit-policy")
_OF_A_BODY = (b"content-length", b"content-type")


def is_public(
    method: str, data: RequestData, prepared: PreparedDocument, authenticated: Authenticated
) -> bool:
    """Tell if a request reads nothing but the catalogue, in the name of nobody and by the name of a document."""
    is_nobody = authenticated.principal == "anonymous" and authenticated.new_session_key is None
    operation = prepared.operation(data.operation_name)
    if method != "GET" or data.reference is None or not is_nobody or prepared.errors or operation is None:
        return False
    fields = operation.selection_set.selections
    return operation.operation is OperationType.QUERY and all(
        isinstance(field, FieldNode) and field.name.value in CATALOGUE for field in fields
    )


def public(response: Response, if_none_match: str | None) -> Response:
    """Return the response with the headers that let it be kept, or 304 where the client has the same one."""
    etag = f'W/"{hashlib.sha256(response.body).hexdigest()[:32]}"'
    kept = [header for header in response.raw_headers if header[0] not in _OF_ONE_CLIENT]
    if _has(if_none_match, etag):
        kept = [header for header in kept if header[0] not in _OF_A_BODY]
        response = Response(status_code=HTTPStatus.NOT_MODIFIED)
    response.raw_headers = [
        *kept,
        (b"cache-control", f"public, max-age={MAX_AGE_SECONDS}".encode()),
        (b"etag", etag.encode()),
    ]
    return response


def _has(if_none_match: str | None, etag: str) -> bool:
    """Compare weakly (RFC 9110, 13.1.2)."""
    given = [each.strip() for each in (if_none_match or "").split(",")]
    return "*" in given or any(each.removeprefix("W/") == etag.removeprefix("W/") for each in given)
