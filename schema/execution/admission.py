"""How many requests execute at once, how many may wait for that, and when a new one is sent away.

Interleaving many requests makes each of them slower and none of them faster, so few execute and the others
wait in a queue. The queue is bounded: past its end a request is refused at the door, before it costs.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from schema.execution import request_work


class Overloaded(Exception):  # noqa: N818 - being busy is no error
    """Every place is taken and the queue is full."""


class Admission:
    """`executing` requests at once, `waiting` more in the queue, first come first served."""

    def __init__(self, *, executing: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(executing)
        self._may_wait = waiting
        self.waiting = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Wait for a place and keep it until the block and every database job that it began have ended.

        Raises Overloaded at once when the queue is full.
        """
        await self._enter()
        try:
            yield
        finally:
            try:
                if work := request_work.current():
                    await work.ended()
            finally:
                self._places.release()

    async def _enter(self) -> None:
        if self._places.locked() and self.waiting >= self._may_wait:
            raise Overloaded
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
