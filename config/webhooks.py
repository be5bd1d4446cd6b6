"""Sending of webhooks by this process: turns of endpoints, several at once.

Database threads prepare messages and record what came of them. While the network is waited for, each turn has a thread
of its own, so a slow receiver keeps nobody else waiting. A message under way when the process stops is sent again by
another one, once its lease is over.
"""

import asyncio
import logging
from functools import partial

from django.db import DatabaseError, InterfaceError

from config.own_threads import on_own_thread
from courses.services.webhook_sending import Sent, send
from courses.services.webhook_turns import Claim, Turn, begin_turn, carry_on, claim_endpoints
from schema.execution.database_threads import database
from schema.execution.tracing import note_answer, sending

logger = logging.getLogger("courses.background")

AT_ONCE = 8
"""Maximum number of endpoints that one process sends to at the same time."""
LOOKS_AGAIN_SECONDS = 1.0
"""Time between two looks for further endpoints while turns are under way."""


async def send_webhooks() -> int:
    """Take turns until no endpoint has anything due; return the number of messages that were sent."""
    turns: set[asyncio.Task[int]] = set()
    sent = 0
    try:
        while True:
            if free := AT_ONCE - len(turns):
                claims = await database(claim_endpoints, limit=free)
                turns |= {asyncio.create_task(_take_turn(claim)) for claim in claims}
            if not turns:
                return sent
            ended, turns = await asyncio.wait(
                turns, timeout=LOOKS_AGAIN_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            sent += sum(turn.result() for turn in ended)
    finally:
        for turn in turns:
            turn.cancel()
        await asyncio.gather(*turns, return_exceptions=True)


async def _take_turn(claim: Claim) -> int:
    """Send what is due to one endpoint; return the number of messages."""
    number = 0
    try:
        turn = await database(begin_turn, claim)
        while turn is not None:
            sent = await _sent_on_a_thread(turn)
            number += 1
            turn = await database(carry_on, turn, sent)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("A webhook's turn failed, and is taken again: %s", type(error).__name__)
    return number


async def _sent_on_a_thread(turn: Turn) -> Sent:
    with sending("send webhook", turn.headers["webhook-id"], cause=turn.traceparent) as headers:
        sent = await on_own_thread(
            partial(send, turn.url, turn.body, turn.headers | headers),
            name="webhook",
            otherwise=Sent(problem="The server could not send it."),
        )
        note_answer(sent.status, is_success=sent.is_success)
        return sent
