"""Renderings of events for other standards, each from the same facts: xAPI, Caliper, LTI AGS.

`_RENDERINGS` is the one table of what each type of event is rendered to; docs/standards.md tells it to partners.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias

from courses.constants import EventType
from courses.rules.renderings import ags, caliper, xapi
from courses.rules.renderings.facts import Facts

Document: TypeAlias = list[dict[str, Any]] | dict[str, Any]
"""JSON of a rendering: statements of xAPI, an envelope of Caliper, or a Score of AGS."""

_Part: TypeAlias = Callable[[Facts], Iterable[dict[str, Any]]]


class Standard(StrEnum):
    """Standards that events are rendered for."""

    XAPI = "xapi"
    CALIPER = "caliper"
    AGS = "ags"


@dataclass(frozen=True, slots=True)
class _Rendering:
    """Parts of the document of each type of event, in their order, and how they are put together."""

    parts: Mapping[str, tuple[_Part, ...]]
    together: Callable[[list[dict[str, Any]], Facts, datetime], Document]


_RENDERINGS = {
    Standard.XAPI: _Rendering(
        {
            EventType.ATTEMPT_STARTED: (xapi.initialized,),
            EventType.ATTEMPT_COMPLETED: (xapi.answered, xapi.completed, xapi.verdict),
            EventType.ATTEMPT_GRADED: (xapi.verdict,),
            EventType.ATTEMPT_REGRADED: (xapi.verdict,),
        },
        lambda statements, _facts, _sent_at: statements,
    ),
    Standard.CALIPER: _Rendering(
        {
            EventType.ATTEMPT_STARTED: (caliper.started,),
            EventType.ATTEMPT_COMPLETED: (caliper.items_completed, caliper.submitted, caliper.graded),
            EventType.ATTEMPT_GRADED: (caliper.graded,),
            EventType.ATTEMPT_REGRADED: (caliper.graded,),
        },
        caliper.envelope,
    ),
    Standard.AGS: _Rendering(
        {
            EventType.ATTEMPT_STARTED: (ags.score,),
            EventType.ATTEMPT_SAVED: (ags.score,),
            EventType.ATTEMPT_COMPLETED: (ags.score,),
            EventType.ATTEMPT_GRADED: (ags.score,),
            EventType.ATTEMPT_REGRADED: (ags.score,),
        },
        lambda scores, _facts, _sent_at: scores[0],
    ),
}

RENDERED = frozenset[str]().union(*(rendering.parts for rendering in _RENDERINGS.values()))
"""Types of event that some standard has a rendering for. All of them are about an attempt."""


def types_told(standard: str) -> frozenset[str]:
    """Return the types of event that a standard has a rendering for. Raises ValueError for one that is not known."""
    return frozenset(_RENDERINGS[Standard(standard)].parts)


def render(facts: Facts, standard: str, *, sent_at: datetime) -> Document | None:
    """Return the document that tells the event by a standard, sent at that moment; None if there is nothing to tell.

    Told again, it has the same ids: other moments of sending differ in `sendTime` only, and other facts in what is new.
    Raises ValueError for a standard that is not known.
    """
    rendering = _RENDERINGS[Standard(standard)]
    parts = [said for part in rendering.parts.get(facts.type, ()) for said in part(facts)]
    return rendering.together(parts, facts, sent_at) if parts else None
