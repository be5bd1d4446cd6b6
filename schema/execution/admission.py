"""Admission control: few requests execute concurrently, more wait in a bounded queue, the rest are refused.

Interleaving many requests makes each of them slower and none of them faster. Past the end of the queue a request is
refused before it costs anything.
"""

import asyncio

from schema.execution import request_work


class Overloaded(Exception):  # noqa: N818 - being busy is no error
    """Every place is taken and the queue is full."""


class Admission:
    """First-come-first-served admission of `executing` requests at once, with a queue of `waiting` more."""

    def __init__(self, *, executing: int, waiting: int) -> None:
        self._places = asyncio.Semaphore(executing)
        self._may_wait = waiting
        self.waiting = 0
        self.executing = 0

    def place(self) -> "_Place":
        """Wait for a place and hold it until the block and every database job that it began have ended.

        Raises Overloaded at once when the queue is full.
        """
        return _Place(self)

    async def take(self) -> None:
        if self._places.locked() and self.waiting >= self._may_wait:
            raise Overloaded
        self.waiting += 1
        try:
            await self._places.acquire()
        finally:
            self.waiting -= 1
        self.executing += 1

    def give_back(self) -> None:
        self.executing -= 1
        self._places.release()


class _Place:
    """One place, as an asynchronous context manager: a generator's would cost each request 15 us."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    async def __aenter__(self) -> None:
        await self._admission.take()

    async def __aexit__(self, *_failure: object) -> None:
        try:
            if work := request_work.current():
                await work.ended()
        finally:
            self._admission.give_back()
