"""ASGI entry of the server: /graphql to schema.application, files of exports, all else to Django, in one process.

The PostgreSQL sessions of a process are its database threads and its Django threads, one each, those on the event loop
that read, from the first subscription on the one that listens, and two while an export is written.
"""

import asyncio
import gc
import os
from collections.abc import Callable, Coroutine
from typing import Any

from django.core.asgi import get_asgi_application
from starlette.types import ASGIApp, Message, Receive, Scope, Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()  # before anything that imports models

from django.conf import settings  # noqa: E402

from config.background import CHORES, Background, Chore  # noqa: E402
from config.cross_origin import CrossOrigin  # noqa: E402
from schema.application import GraphQLApplication  # noqa: E402
from schema.execution import database_threads, tracing  # noqa: E402
from schema.execution.django_threads import DjangoThreads  # noqa: E402
from schema.exports.types import ADDRESS  # noqa: E402
from schema.graphiql.page import render_graphiql  # noqa: E402
from schema.network import request_log  # noqa: E402
from schema.network.downloads import download  # noqa: E402
from schema.root import schema  # noqa: E402

GRAPHQL_PATHS = ("/graphql", "/graphql/")
METRICS_PATH = "/metrics"


class Server:
    """ASGI application of the API, Django's pages and the chores, with one lifespan.

    `measures` goes on for as long as it serves; `metrics` answers for METRICS_PATH.
    """

    def __init__(
        self,
        graphql: GraphQLApplication,
        django: DjangoThreads,
        background: Background,
        *,
        measures: Callable[[GraphQLApplication], Coroutine[Any, Any, None]] | None = None,
        metrics: ASGIApp | None = None,
    ) -> None:
        self._graphql = graphql
        self._django = django
        self._background = background
        self._measures = measures
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope.setdefault("state", {})["begin_to_stop"] = self._graphql.begin_to_stop
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._application_of(scope["path"])(scope, _timely(receive), send)
        elif scope["path"] in GRAPHQL_PATHS:
            await self._graphql(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    def _application_of(self, path: str) -> ASGIApp:
        if path in GRAPHQL_PATHS:
            return self._graphql
        if path.startswith(ADDRESS):
            return download
        return self._metrics if self._metrics and path == METRICS_PATH else self._django

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        gc.collect()
        gc.freeze()  # collecting the objects of start-up again took 60 ms from a request
        self._graphql.start()
        self._background.start()
        measuring = asyncio.create_task(self._measures(self._graphql)) if self._measures else None
        await send({"type": "lifespan.startup.complete"})
        await receive()
        if measuring:
            measuring.cancel()
        await self._background.stop()
        await self._graphql.shut_down()
        await asyncio.to_thread(database_threads.shut_down)
        await self._django.shut_down()
        gc.unfreeze()
        await send({"type": "lifespan.shutdown.complete"})


def _timely(receive: Receive) -> Receive:
    """Return `receive` with a TimeoutError when the body has not arrived after BODY_TIMEOUT_SECONDS."""
    deadline = asyncio.get_running_loop().time() + settings.BODY_TIMEOUT_SECONDS
    is_complete = False

    async def receive_in_time() -> Message:
        nonlocal is_complete
        if is_complete:
            return await receive()  # which waits until the client leaves
        async with asyncio.timeout_at(deadline):
            message = await receive()
        is_complete = not message.get("more_body", False)
        return message

    return receive_in_time


def _server() -> Server:
    graphql = GraphQLApplication(schema, render_graphiql=render_graphiql)
    django = DjangoThreads(
        django_application, threads=settings.DJANGO_THREADS, waiting=settings.WAITING_REQUESTS
    )
    chores = CHORES if settings.BACKGROUND_WORK else ()
    if not settings.METRICS:
        return Server(graphql, django, Background(chores))
    from config import metrics  # its library writes files as soon as it is imported

    request_log.observers.append(metrics.observe)
    tracing.statement_observers.append(metrics.observe_statement)
    return Server(
        graphql,
        django,
        Background([*chores, Chore("measure backlogs", metrics.measure_backlogs, pause=15)]),
        measures=metrics.sample,
        metrics=metrics.MetricsPage() if settings.METRICS_TOKEN else None,
    )


def _application() -> ASGIApp:
    server = _server()
    application = CrossOrigin(server, settings.CORS_ORIGINS) if settings.CORS_ORIGINS else server
    if not settings.TRACES:
        return application
    from config.traces import Traced  # its packages need not be there

    return Traced(application)


application = _application()
