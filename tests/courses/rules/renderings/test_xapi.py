"""Statements of xAPI, word for word and by its rules."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from courses.constants import EventType
from courses.management.sample_facts import SAMPLE
from courses.rules.renderings import render
from courses.rules.renderings.facts import Facts, Outcome
from courses.rules.renderings.responses import Said
from courses.rules.values import ResponseMember
from tests.courses.rules.renderings.xapi_rules import check_statements

SENT_AT = SAMPLE.occurred_at + timedelta(seconds=1)
ACTOR = {"objectType": "Agent", "account": {"homePage": "https://courses.example", "name": "VXNlcjox"}}
ASSESSMENT = {
    "objectType": "Activity",
    "id": "https://courses.example/id/QXNzZXNzbWVudDox",
    "definition": {
        "name": {"und": "Capitals"},
        "type": "http://adlnet.gov/expapi/activities/assessment",
    },
}
COURSE = {
    "objectType": "Activity",
    "id": "https://courses.example/id/Q291cnNlOjE=",
    "definition": {
        "name": {"und": "Europe for travellers"},
        "type": "http://adlnet.gov/expapi/activities/course",
    },
}
REGISTRATION = "d41b993c-de37-5044-ad23-4d613ccb3b6f"


def statements(facts: Facts = SAMPLE, **fields: Any) -> list[dict[str, Any]]:
    rendered = render(replace(facts, **fields), "xapi", sent_at=SENT_AT) or []
    check_statements(rendered)
    assert isinstance(rendered, list)
    return rendered


def verbs(**fields: Any) -> list[str]:
    return [statement["verb"]["display"]["en"] for statement in statements(**fields)]


def test_a_start_is_initialized() -> None:
    assert statements(type=EventType.ATTEMPT_STARTED) == [
        {
            "id": "a52f3f3b-275a-5f97-96e8-acbe6b3e1f4c",
            "actor": ACTOR,
            "verb": {
                "id": "http://adlnet.gov/expapi/verbs/initialized",
                "display": {"en": "initialized"},
            },
            "object": ASSESSMENT,
            "context": {"registration": REGISTRATION, "contextActivities": {"parent": [COURSE]}},
            "timestamp": "2026-03-02T09:00:00.000Z",
        }
    ]


def test_the_end_is_each_response_then_completed_then_the_verdict() -> None:
    *answered, completed, passed = statements()

    result = {
        "completion": True,
        "duration": "PT10M",
        "score": {"scaled": 7.5 / 11, "raw": 7.5, "min": 0, "max": 11},
        "success": True,
    }
    of_assessment = {
        "actor": ACTOR,
        "object": ASSESSMENT,
        "result": result,
        "context": {"registration": REGISTRATION, "contextActivities": {"parent": [COURSE]}},
    }
    assert {statement["verb"]["id"] for statement in answered} == {"http://adlnet.gov/expapi/verbs/answered"}
    assert completed == {
        **of_assessment,
        "id": "2aa8fdc7-03fd-5c9b-a4f5-cb2f36586234",
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
        "timestamp": "2026-03-02T09:10:00.000Z",
    }
    assert passed == {
        **of_assessment,
        "id": "592951b0-6cb9-5098-8b7c-450fac715357",
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en": "passed"}},
        "timestamp": "2026-03-02T09:10:00.250Z",
    }


def test_an_answer_is_about_the_question_as_part_of_the_assessment() -> None:
    assert statements()[0] == {
        "id": "80ff85a0-926d-582a-9d3e-908faefdf60a",
        "actor": ACTOR,
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered", "display": {"en": "answered"}},
        "object": {
            "objectType": "Activity",
            "id": "https://courses.example/id/UXVlc3Rpb246MQ==",
            "definition": {
                "description": {"und": "Which of these is the capital of France?"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "choice",
                "choices": [
                    {"id": "dad114b6ed73", "description": {"und": "Berlin"}},
                    {"id": "ecc0e7dc084f", "description": {"und": "London"}},
                    {"id": "5dd272b4f316", "description": {"und": "Paris"}},
                ],
            },
        },
        "result": {
            "response": "5dd272b4f316",
            "score": {"scaled": 1.0, "raw": 2.0, "min": 0, "max": 2},
            "success": True,
        },
        "context": {
            "registration": REGISTRATION,
            "revision": "1",
            "contextActivities": {"parent": [ASSESSMENT], "grouping": [COURSE]},
        },
        "timestamp": "2026-03-02T09:01:00.000Z",
    }


@pytest.mark.parametrize(
    ("place", "interaction_type", "response", "components"),
    [
        pytest.param(1, "choice", "{Rome}[,]{Zürich}", {"choices"}, id="several choices"),
        pytest.param(2, "true-false", "true", set(), id="true or false"),
        pytest.param(3, "fill-in", "Madrid", set(), id="short answer"),
        pytest.param(
            4, "matching", "{Italy}[.]{Rome}[,]{Portugal}[.]{Athens}", {"source", "target"}, id="matching"
        ),
        pytest.param(5, "fill-in", "Vienna[,]", set(), id="blanks in their order, one of them left empty"),
        pytest.param(6, "long-fill-in", "Because of rivers and coasts.", set(), id="essay"),
    ],
)
def test_each_kind_of_response_has_its_interaction_type_and_format(
    place: int, interaction_type: str, response: str, components: set[str]
) -> None:
    answered = statements()[place]
    definition = answered["object"]["definition"]
    ids = {
        component["description"]["und"]: component["id"]
        for name in components
        for component in definition[name]
    }

    assert definition["interactionType"] == interaction_type
    assert definition.keys() - {"description", "type", "interactionType"} == components
    assert answered["result"]["response"] == response.format(**ids)


def test_the_two_sides_of_pairs_are_listed_apart() -> None:
    definition = statements()[4]["object"]["definition"]

    assert [each["description"]["und"] for each in definition["source"]] == ["Italy", "Portugal"]
    assert [each["description"]["und"] for each in definition["target"]] == ["Athens", "Lisbon", "Rome"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, "passed", id="passed"),
        pytest.param({"outcome": Outcome(Decimal(1), 11, False)}, "failed", id="failed"),
        pytest.param({"outcome": Outcome(Decimal(0), 0, True)}, "passed", id="nothing to earn"),
        pytest.param({"outcome": None}, None, id="hidden"),
        pytest.param({"outcome": None, "waits_for_a_person": True}, None, id="waits for a person"),
        pytest.param({"outcome": Outcome(Decimal(1), 11, None)}, None, id="no verdict"),
    ],
)
def test_a_verdict_is_only_told_when_it_is_certain(fields: dict[str, Any], expected: str | None) -> None:
    told = [] if expected is None else [expected]

    assert verbs(answered=(), **fields) == ["completed", *told]
    assert verbs(type=EventType.ATTEMPT_GRADED, **fields) == told
    assert verbs(type=EventType.ATTEMPT_REGRADED, **fields) == told


def test_nothing_of_the_outcome_is_told_without_one() -> None:
    hidden = tuple(replace(each, outcome=None) for each in SAMPLE.answered)
    *answered, completed = statements(outcome=None, answered=hidden)

    assert completed["result"] == {"completion": True, "duration": "PT10M"}
    assert [list(statement["result"]) for statement in answered] == [["response"]] * 7


def test_a_score_of_nothing_to_earn_is_left_out() -> None:
    [completed, _] = statements(answered=(), outcome=Outcome(Decimal(0), 0, True))

    assert completed["result"] == {"completion": True, "duration": "PT10M", "success": True}


def test_a_text_with_a_delimiter_stays_one_item() -> None:
    said = Said(member=ResponseMember.TEXT, has_key=True, texts=("this[,]that",))
    [answered, *_] = statements(answered=(replace(SAMPLE.answered[0], said=said),))

    assert answered["result"]["response"] == "this[ , ]that"


def test_choices_that_are_neither_true_nor_false_in_english_are_a_choice() -> None:
    said = replace(SAMPLE.answered[2].said, choices=("falsch", "wahr"), texts=("wahr",))
    [answered, *_] = statements(answered=(replace(SAMPLE.answered[2], said=said),))

    assert answered["object"]["definition"]["interactionType"] == "choice"


def test_options_have_the_same_ids_whatever_else_is_on_offer() -> None:
    said = replace(SAMPLE.answered[0].said, choices=("Amsterdam", "Paris"))
    [fewer, *_] = statements(answered=(replace(SAMPLE.answered[0], said=said),))

    assert fewer["object"]["definition"]["choices"][1] == {
        "id": "5dd272b4f316",
        "description": {"und": "Paris"},
    }


def test_options_that_read_the_same_are_one_component() -> None:
    said = replace(SAMPLE.answered[0].said, choices=("Paris", "Paris"))
    [answered, *_] = statements(answered=(replace(SAMPLE.answered[0], said=said),))

    assert [each["id"] for each in answered["object"]["definition"]["choices"]] == ["5dd272b4f316"]
