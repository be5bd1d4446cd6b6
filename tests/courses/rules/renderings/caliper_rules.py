"""Rules of Caliper Analytics 1.2 for envelopes, events and entities, checked independently of what writes them.

Words in quotes are headings of the specification, "Caliper Analytics Specification, version 1.2".
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

CONTEXT = "http://purl.imsglobal.org/ctx/caliper/v1p2"

_ENTITY = {
    "id",
    "type",
    "name",
    "description",
    "dateCreated",
    "dateModified",
    "otherIdentifiers",
    "extensions",
}
_RESOURCE = _ENTITY | {
    "storageName", "creators", "mediaType", "keywords", "learningObjectives", "isPartOf", "datePublished", "version",
}  # fmt: skip
_ASSIGNABLE = _RESOURCE | {
    "dateToActivate", "dateToShow", "dateToStartOn", "dateToSubmit", "maxAttempts", "maxScore", "maxSubmits",
}  # fmt: skip
_RESPONSE = _ENTITY | {"attempt", "startedAtTime", "endedAtTime", "duration"}
ENTITIES: dict[str, set[str]] = {
    "Person": _ENTITY,
    "SoftwareApplication": _ENTITY | {"host", "ipAddress", "userAgent", "version"},
    "CourseOffering": _ENTITY | {"courseNumber", "academicSession", "subOrganizationOf", "members"},
    "Assessment": _ASSIGNABLE | {"items"},
    "AssessmentItem": _ASSIGNABLE | {"isTimeDependent"},
    "Attempt": _ENTITY
    | {"assignee", "assignable", "count", "startedAtTime", "endedAtTime", "duration", "isPartOf"},
    "Score": _ENTITY | {"attempt", "maxScore", "scoreGiven", "scoredBy", "comment"},
    "MultipleChoiceResponse": _RESPONSE | {"value"},
    "MultipleResponseResponse": _RESPONSE | {"values"},
    "FillinBlankResponse": _RESPONSE | {"values"},
    "SelectTextResponse": _RESPONSE | {"values"},
    "OpenEndedResponse": _RESPONSE | {"value"},
}
"""Properties of the entities that are used here ("Appendix C. Entities")."""

_EVENT = {
    "@context", "id", "type", "profile", "actor", "action", "object", "eventTime", "edApp", "generated", "target",
    "referrer", "group", "membership", "session", "federatedSession", "extensions",
}  # fmt: skip
RESPONSES = {name for name in ENTITIES if name.endswith("Response")}
EVENTS: dict[str, dict[str, set[str]]] = {
    "AssessmentEvent": {
        "profile": {"AssessmentProfile"},
        "action": {"Started", "Paused", "Resumed", "Restarted", "Reset", "Submitted"},
        "actor": {"Person"},
        "object": {"Assessment"},
        "generated": {"Attempt"},
    },
    "AssessmentItemEvent": {
        "profile": {"AssessmentProfile"},
        "action": {"Started", "Skipped", "Completed"},
        "actor": {"Person"},
        "object": {"AssessmentItem"},
        "generated": RESPONSES,
    },
    "GradeEvent": {
        "profile": {"GradingProfile"},
        "action": {"Graded"},
        "actor": {"Person", "SoftwareApplication"},
        "object": {"Attempt"},
        "generated": {"Score"},
    },
}
"""Values and types that an event may have ("AssessmentEvent", "AssessmentItemEvent", "GradeEvent")."""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
"""Written YYYY-MM-DDTHH:mm:ss.SSSZ, in UTC, with no offset ("Event", "Entity")."""
MOMENTS = {"eventTime", "dateCreated", "dateModified", "startedAtTime", "endedAtTime"}
UUID_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?")


def check_envelope(envelope: Any) -> None:
    """Fail unless it is an envelope of events ("Envelope": these properties are required, others not allowed)."""
    assert envelope.keys() == {"sensor", "sendTime", "dataVersion", "data"}
    _check_iri(envelope["sensor"])
    assert MOMENT.fullmatch(envelope["sendTime"])
    assert envelope["dataVersion"] == CONTEXT  # "Envelope": the IRI of the context of the version
    assert envelope["data"]
    ids = [event["id"] for event in envelope["data"]]
    assert len(set(ids)) == len(ids)  # "Event": each has a UUID of its own
    for event in envelope["data"]:
        check_event(event)


def check_event(event: dict[str, Any]) -> None:
    assert event.keys() <= _EVENT  # "Event": anything else has to be in extensions
    assert {"id", "type", "actor", "action", "object", "eventTime"} <= event.keys()  # "Event": required
    assert event["@context"] == CONTEXT  # "JSON-LD Context": of every event at the top
    assert UUID_URN.fullmatch(event["id"])  # "Event": a UUID as a URN
    allowed = EVENTS[event["type"]]
    assert event["profile"] in allowed["profile"]
    assert event["action"] in allowed["action"]
    for name in ("actor", "object", "generated"):
        assert event[name]["type"] in allowed[name]
    for name, value in event.items():
        _check_value(name, value)


def _check_value(name: str, value: Any) -> None:
    assert value not in (None, {}, []), name  # "Entity": null and empty SHOULD be left out
    match value:
        case _ if name == "extensions":
            return
        case dict():
            _check_entity(value)
        case list():
            assert all(isinstance(each, str) for each in value)
        case str() if name in MOMENTS:
            assert MOMENT.fullmatch(value), name
        case str() if name == "duration":
            assert DURATION.fullmatch(value)  # ISO 8601
        case _ if name in ("maxScore", "scoreGiven"):
            assert type(value) is float  # "Score": a number with a fractional part
        case _ if name in ("count", "maxAttempts", "maxSubmits"):
            assert type(value) is int  # "Attempt", "AssignableDigitalResource"
            assert value >= 1
        case bool() if name == "isTimeDependent":
            return  # "AssessmentItem"
        case str() if name in ("attempt", "assignee", "assignable", "scoredBy", "isPartOf", "edApp"):
            _check_iri(value)  # "Entity": an object, or the IRI
        case _:
            assert isinstance(value, str), name


def _check_entity(entity: Mapping[str, Any]) -> None:
    assert {"id", "type"} <= entity.keys()  # "Entity": required where it is an object
    _check_iri(entity["id"])
    assert entity.keys() <= ENTITIES[entity["type"]], entity.keys() - ENTITIES[entity["type"]]
    for name, value in entity.items():
        _check_value(name, value)


def _check_iri(iri: str) -> None:
    parts = urlsplit(iri)
    assert parts.scheme in ("http", "https"), iri
    assert parts.netloc, iri
    assert not re.search(r"\s", iri), iri
