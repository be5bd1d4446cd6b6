"""The short way of a request: a POST of JSON with a known query or mutation, answered by one visit to the database.

Nearly all requests of a page in use are of this kind. Who is asking, what it costs, whether it was forged, and the
operation itself are one statement on a session of the event loop, or one job on a database thread; Strawberry's view,
its extensions and graphql-core's executor are left out. Bounds, refusals, headers and log line are those of the general
way, by the same functions. Whatever else a request may be, and whatever would have to be told as an error of a field,
goes the general way: paid for once, and carried out once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from graphql import GraphQLError, OperationDefinitionNode, OperationType, VariableValues
from starlette.requests import Request
from strawberry import Schema

from courses.models import User
from courses.services.cost_buckets import Draw
from courses.services.token_authentication import digest_of_secret
from courses.utils.json_text import InvalidJson, decode_json
from courses.utils.rows import row_of
from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.context import Context, Identity
from schema.core.compiled_reads import EXECUTE, ShortWrite, short_write
from schema.core.database_failures import DATABASE_FAILURES, failure_code
from schema.core.inlined_reads import InlinedRead
from schema.core.replica_reads import may_be_asked
from schema.core.upstream import graphql_schema
from schema.dataloaders.inlining import NotInMemory
from schema.dataloaders.statements import Kind, kind_of
from schema.documents.cost import LEAST_COST, refuse
from schema.documents.input_values import refuse_variables
from schema.documents.reading import Document, PreparedDocument
from schema.execution.database_threads import database
from schema.execution.read_sessions import ReadSessions, Session
from schema.execution.replicas import Replicas
from schema.execution.tracing import span, statement
from schema.network.authentication import (
    Authenticated,
    InvalidToken,
    bearer_of,
    identify_again,
    identify_and_charge,
)
from schema.network.client_address import address_of
from schema.network.named_documents import known_text, must_be_trusted
from schema.network.one_statement import (
    Identification,
    Outcome,
    TokenHint,
    hint_for,
    identification_of,
    identified,
    outcome_of,
    principal_of,
    remember,
    statement_of,
    values_of,
)
from schema.network.operations import coerced_variables
from schema.network.rate_limits import RateLimited, bucket_of_address, facts_of
from schema.network.read_after import read_after
from schema.network.request_body import bounded_body, request_data, require_json
from schema.network.sign_in import authorization_of, refuse_forged, refusing


@dataclass(frozen=True)
class KnownOperation:
    """Operation of a request, as far as it is known without the database."""

    schema: Schema
    prepared: PreparedDocument
    operation: OperationDefinitionNode
    variables: VariableValues
    cost: int

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None

    def inlined(self, kind: Kind, scopes: frozenset[str] | None) -> tuple[InlinedRead, list[Any]] | None:
        """Return the statement of a query for a kind of viewer, with its keys; None where there is none."""
        schema = graphql_schema(self.schema)
        compiled = self.prepared.reads.compiled(schema, self.operation, self.variables, scopes)
        try:
            return compiled.inlined(self.variables, kind)
        except GraphQLError:
            return None

    def short_write(self, context: Context, scopes: frozenset[str]) -> ShortWrite | None:
        """Return the mutation that the event loop may carry out for somebody with these scopes, if it is one."""
        schema = graphql_schema(self.schema)
        return short_write(schema, self.prepared.reads, self.operation, self.variables, context, scopes)


class Answer(NamedTuple):
    """Identity of whoever asked, and the body of the reply; without a body the general way has to give it."""

    authenticated: Authenticated
    body: bytes | None
    carried_out: list[Callable[[], Any]]
    """Outcome of the operation's mutation, where its payload has yet to be shown."""


async def known_operation(
    schema: Schema, request: Request, headers: Mapping[str, str]
) -> KnownOperation | None:
    """Return what a request asks, or None for one that has to go the general way. Refuses what that refuses."""
    if not settings.COMPILED_READS:
        return None
    require_json(headers.get("content-type", ""), headers.get("content-encoding", ""))
    state = request.state
    state.body = await bounded_body(request.receive, headers.get("content-length", "0"))
    try:
        parameters = decode_json(state.body, "The request body")
    except InvalidJson:
        return None
    data = request_data(parameters, "http")
    query = known_text(data)
    if query is None:
        return None
    document = state.document = Document(schema, query)
    if document.points or not document.is_kept or must_be_trusted(document, headers.get("authorization")):
        return None
    prepared, _ = document.read()
    operation = prepared.operation(data.operation_name)
    if prepared.errors or operation is None or operation.operation not in EXECUTE:
        return None
    shape, cost = prepared.measured(operation, data.variables)
    if refuse_variables(data.variables) or refuse(operation, shape, cost):
        return None
    variables = coerced_variables(graphql_schema(schema), operation, data.variables)
    if variables is None:
        return None
    return KnownOperation(schema, prepared, operation, variables, max(cost, LEAST_COST))


async def answer(
    asked: KnownOperation,
    request: Request,
    headers: Mapping[str, str],
    sessions: ReadSessions,
    replicas: Replicas,
    context_of: Callable[[Request], Context],
) -> Answer:
    """Answer an operation: a query by one statement and a save on the event loop where it can be, anything else on a
    database thread.
    """
    with refusing():
        if asked.operation.operation is OperationType.QUERY:
            answered = await _by_one_statement(asked, request, headers, sessions, replicas)
        else:
            answered = await _on_loop(asked, request, headers, sessions, context_of(request))
        if answered is not None:
            return answered
        context = context_of(request)
        authenticated, body = await database(_answered, asked, request, context)
    _remember(headers.get("authorization"), authenticated)
    return Answer(authenticated, body, context.carried_out)


@dataclass(frozen=True)
class _Asking:
    """Credentials of a request, as far as they are known without the database."""

    digest: str | None = None
    hint: TokenHint | None = None
    bucket: str | None = None

    @property
    def kind(self) -> Kind:
        return self.hint.kind if self.hint else Kind.ANONYMOUS

    @property
    def scopes(self) -> frozenset[str] | None:
        return self.hint.scopes if self.hint else None

    def values(self, keys: Sequence[Any], points: int) -> list[Any]:
        """Return the values of a statement that recognises them and draws."""
        return values_of(keys, digest=self.digest, bucket=self.bucket, points=points)


async def _by_one_statement(
    asked: KnownOperation,
    request: Request,
    headers: Mapping[str, str],
    sessions: ReadSessions,
    replicas: Replicas,
) -> Answer | None:
    """Return the answer of one statement, which recognises a token and draws the cost; None where there is none.

    Raises RateLimited, and DATABASE_FAILURES.
    """
    asking = _asking(request, headers)
    found = asked.inlined(asking.kind, asking.scopes) if asking else None
    if asking is None or found is None or found[0].takes_long:
        return None
    read, keys = found
    try:
        if replicas and may_be_asked(read, replicas, after := read_after(request)):
            outcome = await _from_replica(asking, read, keys, asked.cost, sessions, replicas, after)
        else:
            with statement(read.names, "identify and load"):
                rows = await sessions.rows(statement_of(read, asking.hint), asking.values(keys, asked.cost))
            outcome = outcome_of(rows, asked.cost)
    except DATABASE_FAILURES as error:
        if failure_code(error):
            raise
        return None  # a value that the statement cannot take: graphql-core tells which
    if outcome is None:
        return None
    if not outcome.draw.is_granted:
        raise RateLimited(outcome.draw)
    authenticated = Authenticated(principal=principal_of(outcome.token_id), draw=outcome.draw)
    try:
        data = read.data(outcome.text)
    except NotInMemory as missing:
        await database(missing.load)
        data = read.data_or_none(outcome.text)
    if data is None:
        return await _for_the_general_way(authenticated, request, headers, [])
    return Answer(authenticated, _body(data, asked.cost, authenticated), [])


async def _on_loop(
    asked: KnownOperation,
    request: Request,
    headers: Mapping[str, str],
    sessions: ReadSessions,
    context: Context,
) -> Answer | None:
    """Carry a mutation of a program out in a session of the event loop; None for one that needs a thread, and has not
    been paid for.

    Raises RateLimited, and DATABASE_FAILURES before anything is written.
    """
    asking = _asking(request, headers)
    if asking is None or asking.hint is None or not sessions.are_used or settings.REPLICAS:
        return None
    write = asked.short_write(context, asking.hint.scopes)
    if write is None:
        return None
    done = await sessions.using(partial(_carried_out, asked, write, asking, context))
    if done is None:
        return None
    authenticated, data = done
    if data is None:
        return await _for_the_general_way(authenticated, request, headers, context.carried_out)
    return Answer(authenticated, _body(data, asked.cost, authenticated), [])


async def _carried_out(
    asked: KnownOperation, write: ShortWrite, asking: _Asking, context: Context, session: Session
) -> tuple[Authenticated, bytes | None] | None:
    assert asking.hint is not None
    with span("identify"):
        rows = await session.rows(identification_of(asking.hint), asking.values([], asked.cost))
    known = identified(rows, asked.cost)
    if known is None:
        return None
    if not known.draw.is_granted:
        raise RateLimited(known.draw)
    person = row_of(User, {"id": known.viewer_id, "is_staff": asking.hint.kind is Kind.STAFF})
    context.identify(Identity(person, asking.hint.scopes, access_token=known.token_id), known.draw)
    authenticated = Authenticated(context.identity, principal_of(known.token_id), draw=known.draw)
    with span("mutation"):
        return authenticated, await write.carry_out(context, session)


async def _for_the_general_way(
    authenticated: Authenticated,
    request: Request,
    headers: Mapping[str, str],
    carried_out: list[Callable[[], Any]],
) -> Answer:
    """Return what the general way needs to answer what is paid for already."""
    again = await identify_again(headers.get("authorization"), request.cookies)
    return Answer(replace(again, draw=authenticated.draw), None, carried_out)


def _asking(request: Request, headers: Mapping[str, str]) -> _Asking | None:
    """Return who asks: nobody, or a token that was recognised before. None for all others."""
    authorization = headers.get("authorization")
    if authorization is not None:
        digest = _digest_of(authorization)
        hint = hint_for(digest) if digest else None
        return _Asking(digest, hint) if hint else None
    if "cookie" in headers and request.cookies.get(settings.SESSION_COOKIE_NAME):
        return None
    return _Asking(bucket=bucket_of_address(address_of(request.client, headers.get("x-forwarded-for"))))


async def _from_replica(
    asking: _Asking,
    read: InlinedRead,
    keys: Sequence[Any],
    points: int,
    sessions: ReadSessions,
    replicas: Replicas,
    after: WalPosition,
) -> Outcome | None:
    """Recognise and draw on the primary, and read on a replica if one has what is to be seen.

    None for a token that is not as it was remembered. Raises DATABASE_FAILURES.
    """
    known: Identification | None
    if asking.hint is None and not settings.RATE_LIMIT:
        known = Identification(Draw(points))
    else:
        with span("identify"):
            rows = await sessions.rows(identification_of(asking.hint), asking.values([], points))
        known = identified(rows, points)
    if known is None or not known.draw.is_granted:
        return known and Outcome(known.draw, known.token_id, None)
    values, text = [known.viewer_id, *keys], None
    must_see = ANYWHERE if known.viewer_id is None else known.last_write
    if must_see is not None:
        with statement(read.names):
            text = await replicas.text(read.for_replica, values, max(after, must_see))
    if text is None:
        try:
            with statement(read.names):
                [(text,)] = await sessions.rows(read.for_viewer, values)
        except DATABASE_FAILURES as error:
            if failure_code(error):
                raise  # else the ordinary way tells what is wrong, and is paid already
    return Outcome(known.draw, known.token_id, text)


def _remember(authorization: str | None, authenticated: Authenticated) -> None:
    """Remember for what kind of viewer and scopes a token's statements are to be written."""
    person, scopes = authenticated.identity.user, authenticated.identity.scopes
    digest = _digest_of(authorization) if authorization else None
    if digest and person and scopes is not None and authenticated.principal.startswith("token:"):
        remember(digest, TokenHint(kind_of(person), scopes))


def _digest_of(authorization: str) -> str | None:
    try:
        return digest_of_secret(bearer_of(authorization))
    except InvalidToken:
        return None


def _answered(
    asked: KnownOperation, request: Request, context: Context
) -> tuple[Authenticated, bytes | None]:
    authenticated = identify_and_charge(
        authorization_of(request), request.cookies, address=context.ip_address, points=asked.cost
    )
    refuse_forged(request, authenticated)
    context.identify(authenticated.identity, authenticated.draw)
    execute = EXECUTE[asked.operation.operation]
    with span(asked.operation.operation.value):
        data = execute(
            graphql_schema(asked.schema), asked.prepared.reads, asked.operation, asked.variables, context
        )
    return authenticated, None if data is None else _body(data, asked.cost, authenticated)


def _body(data: bytes, cost: int, authenticated: Authenticated) -> bytes:
    extensions = {"cost": {"requested": cost, **facts_of(authenticated.draw)}}
    return orjson.dumps({"data": orjson.Fragment(data), "extensions": extensions})
