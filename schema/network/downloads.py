"""ASGI application of the files of exports, for whoever started them.

Who is asking is found like for the API. What is missing, expired or other people's is not found: it is one answer.
The file is sent piece by piece, also in parts (`Range`), and holds neither a place nor a session meanwhile.
"""

import os
from pathlib import Path

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from courses.models import Export
from courses.selectors.exports import exports_to_download
from courses.services import exports as services
from schema.context import Identity
from schema.core import ids
from schema.core.error_codes import ErrorCode
from schema.core.permissions import lacks
from schema.documents.cost import LEAST_COST
from schema.execution.database_threads import database
from schema.exports.types import ADDRESS
from schema.network.client_address import address_of
from schema.network.negotiation import JSON
from schema.network.origins import is_our_host
from schema.network.refusals import NEVER_CACHED, Refused
from schema.network.request_log import RequestRecord, request_id
from schema.network.sign_in import signed_in

GZIP = "application/gzip"


async def download(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the file of the export whose global id the path names."""
    request = Request(scope, receive)
    record = RequestRecord(request_id(request.headers.get("x-request-id")), "http", operation="download")
    try:
        response = await _file(request, record)
    except Refused as refusal:
        record.codes = [refusal.code.name]
        response = refusal.response(JSON)
    response.headers["X-Request-ID"] = record.request_id
    record.log(response.status_code)
    await response(scope, receive, send)


async def _file(request: Request, record: RequestRecord) -> Response:
    if not is_our_host(request.headers.get("host", "")):
        raise Refused(ErrorCode.BAD_REQUEST, "This server does not answer for that host name.")
    if request.method not in ("GET", "HEAD"):
        raise Refused(ErrorCode.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
    headers = Response()
    peer = (request.client.host, request.client.port) if request.client else None
    address = address_of(peer, ", ".join(request.headers.getlist("x-forwarded-for")))
    authenticated = await signed_in(request, headers, address=address, points=LEAST_COST)
    record.principal, record.cost = authenticated.principal, LEAST_COST
    if authenticated.identity.user is None:
        raise Refused(ErrorCode.UNAUTHENTICATED, headers={"WWW-Authenticate": 'Bearer realm="courses"'})
    pk = ids.pk(request.scope["path"].removeprefix(ADDRESS), "Export")
    path, stat = await database(_ready, authenticated.identity, pk)
    response = FileResponse(path, media_type=GZIP, filename=path.name, stat_result=stat)
    response.raw_headers.extend(
        header for header in headers.raw_headers if header[0] not in (b"content-length", b"content-type")
    )
    MutableHeaders(raw=response.raw_headers).update(NEVER_CACHED)
    return response


def _ready(identity: Identity, pk: int | None) -> tuple[Path, os.stat_result]:
    """Return the path of an export's file, which is there. Refuses what is not the identity's."""
    exports = exports_to_download(identity.user, identity.principal)
    export: Export | None = exports.filter(pk=pk).first() if pk is not None else None
    if export is None:
        raise Refused(ErrorCode.NOT_FOUND)
    scope = services.scope_of(export)
    if identity.scopes is not None and scope not in identity.scopes:
        raise Refused(ErrorCode.TOKEN_SCOPE_MISSING, lacks(scope))
    path = services.path_of(export)
    try:
        return path, path.stat()
    except FileNotFoundError:
        raise Refused(ErrorCode.NOT_FOUND) from None
