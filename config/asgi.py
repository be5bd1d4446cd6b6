"""ASGI entry of the server: /graphql to schema.application, every other page to Django, in one process.

The PostgreSQL sessions of a process are its database threads and its Django threads, one each, those on the event loop
that read, and from the first subscription on the one that listens.
"""

import asyncio
import gc
import os

from django.core.asgi import get_asgi_application
from starlette.types import Message, Receive, Scope, Send

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django_application = get_asgi_application()  # before anything that imports models

from django.conf import settings  # noqa: E402

from config.background import CHORES, Background  # noqa: E402
from config.cross_origin import CrossOrigin  # noqa: E402
from schema.application import GraphQLApplication  # noqa: E402
from schema.execution import database_threads  # noqa: E402
from schema.execution.django_threads import DjangoThreads  # noqa: E402
from schema.graphiql.page import render_graphiql  # noqa: E402
from schema.root import schema  # noqa: E402

GRAPHQL_PATHS = ("/graphql", "/graphql/")


class Server:
    """ASGI application of the API, Django's pages and the chores, with one lifespan."""

    def __init__(self, graphql: GraphQLApplication, django: DjangoThreads, background: Background) -> None:
        self._graphql = graphql
        self._django = django
        self._background = background

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope.setdefault("state", {})["begin_to_stop"] = self._graphql.begin_to_stop
            await self._live(receive, send)
        elif scope["type"] == "http":
            application = self._graphql if scope["path"] in GRAPHQL_PATHS else self._django
            await application(scope, _timely(receive), send)
        elif scope["path"] in GRAPHQL_PATHS:
            await self._graphql(scope, receive, send)
        else:
            await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        gc.collect()
        gc.freeze()  # collecting the objects of start-up again took 60 ms from a request
        self._background.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
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


server = Server(
    GraphQLApplication(schema, render_graphiql=render_graphiql),
    DjangoThreads(django_application, threads=settings.DJANGO_THREADS, waiting=settings.WAITING_REQUESTS),
    Background(CHORES if settings.BACKGROUND_WORK else ()),
)
application = CrossOrigin(server, settings.CORS_ORIGINS) if settings.CORS_ORIGINS else server
