"""Threads for work that takes long: the network, and files of exports.

Neither the event loop nor the database threads wait for it, and a process that stops does not either: whatever is done
here is taken up again by another process, as after a crash.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


async def on_own_thread(work: Callable[[], T], *, name: str, otherwise: T) -> T:
    """Do work on a thread of its own, whose sessions are closed after it, and return its result.

    Returns `otherwise` where it fails; the thread reports that.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def tell(result: T) -> None:
        if not outcome.done():
            outcome.set_result(result)

    def job() -> None:
        result = otherwise
        try:
            result = work()
        finally:
            connections.close_all()
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(tell, result)

    Thread(target=job, name=name, daemon=True).start()
    return await outcome
