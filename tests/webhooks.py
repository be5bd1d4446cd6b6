"""Webhooks in tests: a clock that is set, and a network that answers as it is told."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from courses.services import webhook_deliveries, webhook_endpoints, webhook_turns
from courses.services.webhook_sending import Sent
from courses.services.webhook_turns import Turn
from courses.utils.clock import database_now

OK = Sent(status=204)


@dataclass
class Clock:
    """The database's clock as far as webhooks look at it, which stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Network:
    """Messages that were sent, in order. It answers `answers` one after the other, and then OK; or `always`."""

    answers: list[Sent] = field(default_factory=list)
    always: dict[str, Sent] = field(default_factory=dict)
    turns: list[Turn] = field(default_factory=list)

    def send(self, turn: Turn) -> Sent:
        self.turns.append(turn)
        if turn.url in self.always:
            return self.always[turn.url]
        return self.answers.pop(0) if self.answers else OK

    @property
    def messages(self) -> list[str]:
        return [turn.headers["webhook-id"] for turn in self.turns]


def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(database_now())
    for module in (webhook_deliveries, webhook_endpoints, webhook_turns):
        monkeypatch.setattr(module, "database_now", clock)
    monkeypatch.setattr(webhook_turns, "jitter", lambda: 0.0)
    return clock


def take_turns(network: Network, *, limit: int = 100) -> None:
    """Send what is due, endpoint by endpoint, as one worker does."""
    for claim in webhook_turns.claim_endpoints(limit=limit):
        turn = webhook_turns.begin_turn(claim)
        while turn is not None:
            turn = webhook_turns.carry_on(turn, network.send(turn))
