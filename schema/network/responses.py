"""HTTP body and status of a result, as GraphQL over HTTP has them."""

from http import HTTPStatus
from typing import Any

from graphql import GraphQLError
from starlette.responses import Response
from strawberry.types import ExecutionResult

from courses.services.cost_buckets import Draw
from schema.core.error_codes import MAY_BE_RETRIED, WELL_FORMED_REQUEST, ErrorCode, code_of
from schema.network.error_masking import public_error
from schema.network.input_paths import InputError
from schema.network.negotiation import JSON
from schema.network.rate_limits import headers_of
from schema.network.refusals import NEVER_CACHED

_NOT_EXECUTED = MAY_BE_RETRIED | {ErrorCode.TIMEOUT}


_UNCHANGING = [(name.lower().encode(), value.encode()) for name, value in NEVER_CACHED.items()]


class Reply(Response):
    """Response 200 of an operation that took the short way, with headers as they are sent."""

    def __init__(self, body: bytes, media_type: str, draw: Draw) -> None:
        self.status_code, self.body, self.background = HTTPStatus.OK, body, None
        self.raw_headers = [
            *_UNCHANGING,
            (b"content-length", b"%d" % len(body)),
            (b"content-type", media_type.encode()),
            *((name.lower().encode(), value.encode()) for name, value in headers_of(draw).items()),
        ]


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """Return the JSON object. It has no `data` when the request was refused, or when all of it failed."""
    errors = [public_error(error) for error in result.errors or ()]
    body: dict[str, Any] = {"errors": [error.formatted for error in errors]} if errors else {}
    if not (_is_refused(result, errors) or _has_failed_whole(result, errors)):
        body["data"] = result.data
    if result.extensions:
        body["extensions"] = result.extensions
    return body


def codes_of(body: dict[str, Any]) -> list[ErrorCode]:
    return [ErrorCode[error["extensions"]["code"]] for error in body.get("errors", ())]


def status_of(body: dict[str, Any], media_type: str) -> HTTPStatus:
    """Return 200 when something was executed, else the status of the first error.

    A client that accepts only `application/json` gets 200 also for a well-formed request that cannot be executed: such
    clients take any other status for a failure of the network.
    """
    if "data" in body:
        return HTTPStatus.OK
    code = codes_of(body)[0]
    return HTTPStatus.OK if media_type == JSON and code in WELL_FORMED_REQUEST else code.status


def head_of(response: Response) -> Response:
    """Return the response to HEAD: status and headers of `response`, no body. A stream is not begun."""
    head = Response(status_code=response.status_code)
    head.raw_headers = response.raw_headers
    return head


def _is_refused(result: ExecutionResult, errors: list[GraphQLError]) -> bool:
    """Tell if execution never began: no error is about a field, except those about its input values."""
    about_fields = any(error.path and not isinstance(error, InputError) for error in errors)
    return bool(errors) and result.data is None and not about_fields


def _has_failed_whole(result: ExecutionResult, errors: list[GraphQLError]) -> bool:
    """Tell if every root field failed because the database was away, busy or too slow."""
    is_empty = not any(value is not None for value in (result.data or {}).values())
    return is_empty and any(code_of(error) in _NOT_EXECUTED for error in errors)
