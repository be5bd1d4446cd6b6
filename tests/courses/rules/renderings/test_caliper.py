"""Events of Caliper, word for word and by its rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.constants import EventType
from courses.management.sample_facts import SAMPLE
from courses.rules.renderings import render
from courses.rules.renderings.facts import Outcome
from tests.courses.rules.renderings.caliper_rules import CONTEXT, check_envelope

SENT_AT = SAMPLE.occurred_at + timedelta(seconds=1)
IRI = "https://courses.example/id"
PERSON = {"id": f"{IRI}/VXNlcjox", "type": "Person"}
APPLICATION = {"id": "https://courses.example", "type": "SoftwareApplication"}
ASSESSMENT = {"id": f"{IRI}/QXNzZXNzbWVudDox", "type": "Assessment", "name": "Capitals"}
COURSE = {"id": f"{IRI}/Q291cnNlOjE=", "type": "CourseOffering", "name": "Europe for travellers"}
ATTEMPT_IRI = f"{IRI}/QXNzZXNzbWVudEF0dGVtcHQ6MQ=="
STARTED_ATTEMPT = {
    "id": ATTEMPT_IRI,
    "type": "Attempt",
    "assignee": f"{IRI}/VXNlcjox",
    "assignable": f"{IRI}/QXNzZXNzbWVudDox",
    "count": 1,
    "dateCreated": "2026-03-02T09:00:00.000Z",
    "startedAtTime": "2026-03-02T09:00:00.000Z",
}
ENDED_ATTEMPT = {
    **STARTED_ATTEMPT,
    "endedAtTime": "2026-03-02T09:10:00.000Z",
    "duration": "PT10M",
}


def events(**fields: Any) -> list[dict[str, Any]]:
    envelope = render(replace(SAMPLE, **fields), "caliper", sent_at=SENT_AT)
    if envelope is None:
        return []
    check_envelope(envelope)
    assert isinstance(envelope, dict)
    data: list[dict[str, Any]] = envelope["data"]
    return data


def test_events_travel_in_an_envelope() -> None:
    assert render(SAMPLE, "caliper", sent_at=SENT_AT) == {
        "sensor": "https://courses.example",
        "sendTime": "2026-03-02T09:10:01.250Z",
        "dataVersion": "http://purl.imsglobal.org/ctx/caliper/v1p2",
        "data": events(),
    }


def test_a_start_is_an_assessment_event() -> None:
    assert events(type=EventType.ATTEMPT_STARTED) == [
        {
            "@context": CONTEXT,
            "id": "urn:uuid:3be07d92-976e-561c-b59c-ef4fed17db9a",
            "type": "AssessmentEvent",
            "profile": "AssessmentProfile",
            "actor": PERSON,
            "action": "Started",
            "object": ASSESSMENT,
            "generated": STARTED_ATTEMPT,
            "eventTime": "2026-03-02T09:00:00.000Z",
            "edApp": APPLICATION,
            "group": COURSE,
        }
    ]


def test_the_end_is_each_item_then_submitted_then_graded() -> None:
    *items, submitted, graded = events()

    assert {(event["type"], event["action"]) for event in items} == {("AssessmentItemEvent", "Completed")}
    assert submitted == {
        "@context": CONTEXT,
        "id": "urn:uuid:40584893-7a1a-5e5d-bb63-3f85e43d4ae2",
        "type": "AssessmentEvent",
        "profile": "AssessmentProfile",
        "actor": PERSON,
        "action": "Submitted",
        "object": ASSESSMENT,
        "generated": ENDED_ATTEMPT,
        "eventTime": "2026-03-02T09:10:00.000Z",
        "edApp": APPLICATION,
        "group": COURSE,
    }
    assert graded == {
        "@context": CONTEXT,
        "id": "urn:uuid:edf4417e-d810-503d-9281-10f188f86594",
        "type": "GradeEvent",
        "profile": "GradingProfile",
        "actor": APPLICATION,
        "action": "Graded",
        "object": ENDED_ATTEMPT,
        "generated": {
            "id": f"{ATTEMPT_IRI}/scores/7",
            "type": "Score",
            "attempt": ATTEMPT_IRI,
            "maxScore": 11.0,
            "scoreGiven": 7.5,
            "scoredBy": "https://courses.example",
            "dateCreated": "2026-03-02T09:10:00.250Z",
        },
        "eventTime": "2026-03-02T09:10:00.250Z",
        "edApp": APPLICATION,
        "group": COURSE,
    }


def test_an_item_is_part_of_the_assessment_and_has_a_response() -> None:
    assert events()[0] == {
        "@context": CONTEXT,
        "id": "urn:uuid:880b1075-7ad4-5fc5-8cb2-ff6e6b8dc452",
        "type": "AssessmentItemEvent",
        "profile": "AssessmentProfile",
        "actor": PERSON,
        "action": "Completed",
        "object": {
            "id": f"{IRI}/UXVlc3Rpb246MQ==",
            "type": "AssessmentItem",
            "description": "Which of these is the capital of France?",
            "isPartOf": ASSESSMENT,
            "version": "1",
        },
        "generated": {
            "id": f"{ATTEMPT_IRI}/responses/UXVlc3Rpb246MQ==",
            "type": "MultipleChoiceResponse",
            "value": "Paris",
            "attempt": ATTEMPT_IRI,
            "dateCreated": "2026-03-02T09:01:00.000Z",
            "endedAtTime": "2026-03-02T09:01:00.000Z",
        },
        "eventTime": "2026-03-02T09:01:00.000Z",
        "edApp": APPLICATION,
        "group": COURSE,
    }


@pytest.mark.parametrize(
    ("place", "response"),
    [
        (1, {"type": "MultipleResponseResponse", "values": ["Rome", "Zürich"]}),
        (2, {"type": "MultipleChoiceResponse", "value": "True"}),
        (3, {"type": "FillinBlankResponse", "values": ["Madrid"]}),
        (
            4,
            {
                "type": "SelectTextResponse",
                "values": ["Rome", "Athens"],
                "extensions": {
                    "pairs": [
                        {"prompt": "Italy", "match": "Rome"},
                        {"prompt": "Portugal", "match": "Athens"},
                    ]
                },
            },
        ),
        (5, {"type": "FillinBlankResponse", "values": ["Vienna", ""]}),
        (6, {"type": "OpenEndedResponse", "value": "Because of rivers and coasts."}),
    ],
)
def test_each_kind_of_response_has_its_subtype(place: int, response: dict[str, Any]) -> None:
    generated = events()[place]["generated"]

    assert {name: generated[name] for name in generated if name in (*response, "value", "values")} == response


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        pytest.param(Outcome(Decimal(0), 0, False), ["Graded"], id="nothing to earn"),
        pytest.param(None, [], id="hidden, or waits for a person"),
    ],
)
def test_a_grade_is_only_told_when_it_is_final_and_shown(outcome: Outcome | None, told: list[str]) -> None:
    fields: dict[str, Any] = {"outcome": outcome, "answered": ()}

    assert [event["action"] for event in events(**fields)] == ["Submitted", *told]
    assert [event["action"] for event in events(type=EventType.ATTEMPT_GRADED, **fields)] == told
    assert [event["action"] for event in events(type=EventType.ATTEMPT_REGRADED, **fields)] == told
