"""Statements of the Experience API (xAPI 1.0.3).

An activity's definition is kept once for all of its statements, whoever they are about. So a definition never holds
`correctResponsesPattern`: the key opens learner by learner, and what is right for one may be asked of the next. The
options of a question have ids that are made of their texts alone, the same in every attempt.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from courses.constants import Selection
from courses.rules.renderings import iso8601
from courses.rules.renderings.facts import Answered, Facts, Outcome
from courses.rules.renderings.responses import Said
from courses.rules.values import ResponseMember

VERBS = "http://adlnet.gov/expapi/verbs"
ACTIVITY_TYPES = "http://adlnet.gov/expapi/activities"
UNDETERMINED = "und"
"""Language (RFC 5646) of what people wrote, which nobody records."""

BETWEEN, WITHIN = "[,]", "[.]"
"""Delimiters of a response: between its items, and within a pair."""

_TRUE_OR_FALSE = {"true", "false"}
_ID_LENGTH = 12


def initialized(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the statement that an attempt has begun."""
    yield _of_assessment(facts, "initialized", facts.started_at)


def answered(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield a statement for each response that was handed in."""
    parent, course = _assessment(facts), _course(facts)
    for each in facts.answered:
        yield {
            "id": facts.uuid("answered", each.question),
            **_actor_and_verb(facts, "answered"),
            "object": _activity(facts, each.question, _interaction(each)),
            "result": {"response": _response(each.said), **_outcome(each.outcome)},
            "context": {
                "registration": facts.registration,
                "revision": str(each.version),
                "contextActivities": {"parent": [parent], "grouping": [course]},
            },
            "timestamp": iso8601.moment(each.answered_at),
        }


def completed(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the statement that an attempt has ended."""
    if facts.ended_at is not None:
        yield _of_assessment(facts, "completed", facts.ended_at, _result(facts, facts.ended_at))


def verdict(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the statement that an attempt is passed or failed; nothing until that is certain and shown."""
    if facts.ended_at is None or facts.outcome is None or facts.outcome.is_success is None:
        return
    verb = "passed" if facts.outcome.is_success else "failed"
    yield _of_assessment(facts, verb, facts.occurred_at, _result(facts, facts.ended_at))


def _of_assessment(
    facts: Facts, verb: str, at: datetime, result: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "id": facts.uuid(verb),
        **_actor_and_verb(facts, verb),
        "object": _assessment(facts),
        **({"result": result} if result else {}),
        "context": {
            "registration": facts.registration,
            "contextActivities": {"parent": [_course(facts)]},
        },
        "timestamp": iso8601.moment(at),
    }


def _actor_and_verb(facts: Facts, verb: str) -> dict[str, Any]:
    return {
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": facts.address, "name": facts.learner},
        },
        "verb": {"id": f"{VERBS}/{verb}", "display": {"en": verb}},
    }


def _activity(facts: Facts, id: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    return {"objectType": "Activity", "id": facts.iri(id), "definition": definition}


def _assessment(facts: Facts) -> dict[str, Any]:
    definition = {
        "name": {UNDETERMINED: facts.assessment.title},
        "type": f"{ACTIVITY_TYPES}/assessment",
    }
    return _activity(facts, facts.assessment.id, definition)


def _course(facts: Facts) -> dict[str, Any]:
    definition = {"name": {UNDETERMINED: facts.course.title}, "type": f"{ACTIVITY_TYPES}/course"}
    return _activity(facts, facts.course.id, definition)


def _result(facts: Facts, ended_at: datetime) -> dict[str, Any]:
    lasted = iso8601.duration(ended_at - facts.started_at)
    return {"completion": True, "duration": lasted, **_outcome(facts.outcome)}


def _outcome(outcome: Outcome | None) -> dict[str, Any]:
    """Return score and success; no score where there was nothing to earn."""
    if outcome is None:
        return {}
    said: dict[str, Any] = {}
    if outcome.possible:
        said["score"] = {
            "scaled": float(outcome.points / outcome.possible),
            "raw": float(outcome.points),
            "min": 0,
            "max": outcome.possible,
        }
    if outcome.is_success is not None:
        said["success"] = outcome.is_success
    return said


def _interaction(each: Answered) -> dict[str, Any]:
    return {
        "description": {UNDETERMINED: each.text},
        "type": f"{ACTIVITY_TYPES}/cmi.interaction",
        "interactionType": _interaction_type(each.said),
        **_components(each.said),
    }


def _interaction_type(said: Said) -> str:
    """Return the type that the response has. How it is compared is the key's: a number is `fill-in` as well."""
    match said.member:
        case ResponseMember.CHOICES:
            return "true-false" if _is_true_or_false(said) else "choice"
        case ResponseMember.TEXT:
            return "fill-in" if said.has_key else "long-fill-in"
        case ResponseMember.MATCHES:
            return "matching"
        case ResponseMember.BLANKS:
            return "fill-in"
        case never:
            assert_never(never)


def _components(said: Said) -> dict[str, Any]:
    if _is_true_or_false(said):
        return {}
    components = {"choices": said.choices, "source": said.prompts, "target": said.matches}
    return {name: _listed(texts) for name, texts in components.items() if texts}


def _response(said: Said) -> str:
    match said.member:
        case ResponseMember.CHOICES:
            if _is_true_or_false(said):
                return said.texts[0].casefold()
            return BETWEEN.join(map(_id, said.texts))
        case ResponseMember.TEXT | ResponseMember.BLANKS:
            return BETWEEN.join(map(_undelimited, said.texts))
        case ResponseMember.MATCHES:
            return BETWEEN.join(f"{_id(prompt)}{WITHIN}{_id(match)}" for prompt, match in said.pairs)
        case never:
            assert_never(never)


def _is_true_or_false(said: Said) -> bool:
    """Return whether the choice is between true and false in English, which xAPI has a type for."""
    return said.selection == Selection.SINGLE and {text.casefold() for text in said.choices} == _TRUE_OR_FALSE


def _listed(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the components of options, each text once: ids are distinct."""
    return [{"id": _id(text), "description": {UNDETERMINED: text}} for text in dict.fromkeys(texts)]


def _id(text: str) -> str:
    """Return the id of an option. A place would tell the author's order, and a row's id the match of a prompt."""
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def _undelimited(text: str) -> str:
    """Return a text that is one item: a delimiter in it gets spaces."""
    return text.replace(BETWEEN, "[ , ]")
