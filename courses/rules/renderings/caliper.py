"""Events of Caliper Analytics 1.2, in the envelope in which a sensor sends them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, assert_never

from courses.constants import Selection
from courses.rules.renderings import iso8601
from courses.rules.renderings.facts import Answered, Facts
from courses.rules.renderings.responses import Said
from courses.rules.values import ResponseMember

CONTEXT = "http://purl.imsglobal.org/ctx/caliper/v1p2"


def envelope(events: Sequence[Mapping[str, Any]], facts: Facts, sent_at: datetime) -> dict[str, Any]:
    """Return the envelope of events that is sent at a moment."""
    return {
        "sensor": facts.address,
        "sendTime": iso8601.moment(sent_at),
        "dataVersion": CONTEXT,
        "data": list(events),
    }


def started(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the AssessmentEvent that an attempt has begun."""
    yield _assessment_event(facts, "Started", facts.started_at, _attempt(facts))


def items_completed(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield an AssessmentItemEvent for each response that was handed in."""
    for each in facts.answered:
        yield _event(
            facts,
            ("Completed", each.question),
            type="AssessmentItemEvent",
            profile="AssessmentProfile",
            actor=_person(facts),
            action="Completed",
            object=_item(facts, each),
            generated=_response(facts, each),
            eventTime=iso8601.moment(each.answered_at),
        )


def submitted(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the AssessmentEvent that an attempt was handed in, or closed."""
    if facts.ended_at is not None:
        yield _assessment_event(facts, "Submitted", facts.ended_at, _ended_attempt(facts, facts.ended_at))


def graded(facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield the GradeEvent of an attempt whose score is final and shown. Its actor is the server, also where people
    have graded responses.
    """
    if facts.ended_at is None or facts.outcome is None:
        return
    moment = iso8601.moment(facts.occurred_at)
    score = {
        "id": facts.iri(facts.attempt, "scores", facts.event),
        "type": "Score",
        "attempt": facts.iri(facts.attempt),
        "maxScore": float(facts.outcome.possible),
        "scoreGiven": float(facts.outcome.points),
        "scoredBy": facts.address,
        "dateCreated": moment,
    }
    yield _event(
        facts,
        ("Graded",),
        type="GradeEvent",
        profile="GradingProfile",
        actor=_application(facts),
        action="Graded",
        object=_ended_attempt(facts, facts.ended_at),
        generated=score,
        eventTime=moment,
    )


def _assessment_event(facts: Facts, action: str, at: datetime, attempt: Mapping[str, Any]) -> dict[str, Any]:
    return _event(
        facts,
        (action,),
        type="AssessmentEvent",
        profile="AssessmentProfile",
        actor=_person(facts),
        action=action,
        object=_assessment(facts),
        generated=attempt,
        eventTime=iso8601.moment(at),
    )


def _event(facts: Facts, identity: Sequence[str], **said: Any) -> dict[str, Any]:
    """Return an event. Its id is of version 5, where the standard recommends 4: one that is told again is the same."""
    course = {"id": facts.iri(facts.course.id), "type": "CourseOffering", "name": facts.course.title}
    return {
        "@context": CONTEXT,
        "id": f"urn:uuid:{facts.uuid(*identity)}",
        **said,
        "edApp": _application(facts),
        "group": course,
    }


def _person(facts: Facts) -> dict[str, Any]:
    return {"id": facts.iri(facts.learner), "type": "Person"}


def _application(facts: Facts) -> dict[str, Any]:
    return {"id": facts.address, "type": "SoftwareApplication"}


def _assessment(facts: Facts) -> dict[str, Any]:
    return {
        "id": facts.iri(facts.assessment.id),
        "type": "Assessment",
        "name": facts.assessment.title,
    }


def _item(facts: Facts, each: Answered) -> dict[str, Any]:
    return {
        "id": facts.iri(each.question),
        "type": "AssessmentItem",
        "description": each.text,
        "isPartOf": _assessment(facts),
        "version": str(each.version),
    }


def _attempt(facts: Facts) -> dict[str, Any]:
    started_at = iso8601.moment(facts.started_at)
    return {
        "id": facts.iri(facts.attempt),
        "type": "Attempt",
        "assignee": facts.iri(facts.learner),
        "assignable": facts.iri(facts.assessment.id),
        "count": facts.attempt_number,
        "dateCreated": started_at,
        "startedAtTime": started_at,
    }


def _ended_attempt(facts: Facts, ended_at: datetime) -> dict[str, Any]:
    return {
        **_attempt(facts),
        "endedAtTime": iso8601.moment(ended_at),
        "duration": iso8601.duration(ended_at - facts.started_at),
    }


def _response(facts: Facts, each: Answered) -> dict[str, Any]:
    answered_at = iso8601.moment(each.answered_at)
    return {
        "id": facts.iri(facts.attempt, "responses", each.question),
        **_value(each.said),
        "attempt": facts.iri(facts.attempt),
        "dateCreated": answered_at,
        "endedAtTime": answered_at,
    }


def _value(said: Said) -> dict[str, Any]:
    """Return the subtype of Response that fits best, with what was answered, in words."""
    match said.member:
        case ResponseMember.CHOICES if said.selection == Selection.SINGLE:
            return {"type": "MultipleChoiceResponse", "value": said.texts[0]}
        case ResponseMember.CHOICES:
            return {"type": "MultipleResponseResponse", "values": list(said.texts)}
        case ResponseMember.TEXT if not said.has_key:
            return {"type": "OpenEndedResponse", "value": said.texts[0]}
        case ResponseMember.TEXT | ResponseMember.BLANKS:
            return {"type": "FillinBlankResponse", "values": list(said.texts)}
        case ResponseMember.MATCHES:
            pairs = [{"prompt": prompt, "match": match} for prompt, match in said.pairs]
            return {
                "type": "SelectTextResponse",
                "values": [match for _, match in said.pairs],
                "extensions": {"pairs": pairs},
            }
        case never:
            assert_never(never)
