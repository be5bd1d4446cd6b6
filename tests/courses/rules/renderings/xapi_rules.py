"""Rules of the Experience API 1.0.3 for statements, checked independently of what writes them.

Numbers are sections of its Part Two, "Experience API Data" (xAPI-Data.md).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

ALLOWED = {
    "statement": {"id", "actor", "verb", "object", "result", "context", "timestamp"},
    "agent": {"objectType", "name", "account"},
    "account": {"homePage", "name"},
    "verb": {"id", "display"},
    "activity": {"objectType", "id", "definition"},
    "definition": {
        "name", "description", "type", "moreInfo", "extensions", "interactionType",
        "correctResponsesPattern", "choices", "scale", "source", "target", "steps",
    },
    "result": {"score", "success", "completion", "response", "duration", "extensions"},
    "score": {"scaled", "raw", "min", "max"},
    "context": {
        "registration", "instructor", "team", "contextActivities", "revision", "platform", "language",
        "statement", "extensions",
    },
    "component": {"id", "description"},
}  # fmt: skip
"""Properties that the tables of 2.4 name; of a statement those that are a provider's, less attachments."""

COMPONENTS: dict[str, set[str]] = {
    "true-false": set(),
    "choice": {"choices"},
    "fill-in": set(),
    "long-fill-in": set(),
    "matching": {"source", "target"},
}
"""Lists of components by interaction type, of 2.4.4.1, Interaction Components; less types that nothing is here."""

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}(Z|[+-]\d\d:\d\d)")
DURATION = re.compile(r"P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,2})?S)?)?")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def check_statements(statements: Any) -> None:
    """Fail unless they are a batch: an array (Part Three, 2.1.2) of statements with ids of their own."""
    assert isinstance(statements, list)
    ids = [statement["id"] for statement in statements]
    assert len(set(ids)) == len(ids)
    for statement in statements:
        check_statement(statement)


def check_statement(statement: dict[str, Any]) -> None:
    assert [path for path, value in _values(statement) if value is None or value == {}] == []  # 2.2
    _only(statement, "statement")
    assert {"actor", "verb", "object"} <= set(statement)  # 2.2: MUST use
    assert UUID.fullmatch(statement["id"])  # 2.4.1: variant 2 of RFC 4122
    _check_actor(statement["actor"])
    _only(statement["verb"], "verb")
    _check_iri(statement["verb"]["id"])  # 2.4.3
    _check_language_map(statement["verb"]["display"])  # 2.4.3: SHOULD be used
    _check_activity(statement["object"])
    if "result" in statement:
        _check_result(statement["result"], statement["object"]["definition"])
    _check_context(statement["context"])
    assert TIMESTAMP.fullmatch(statement["timestamp"])  # 4.5: ISO 8601, milliseconds or finer


def _check_actor(actor: dict[str, Any]) -> None:
    _only(actor, "agent")
    assert actor["objectType"] == "Agent"  # 2.4.2.1
    _only(
        actor["account"], "account"
    )  # 2.4.2.3: exactly one identifier; an account, never an address of mail
    _check_iri(actor["account"]["homePage"])  # 2.4.2.4: required
    assert isinstance(actor["account"]["name"], str)
    assert actor["account"]["name"]  # 2.4.2.4: required


def _check_activity(activity: dict[str, Any]) -> None:
    _only(activity, "activity")
    assert activity["objectType"] == "Activity"  # 2.4.4.1
    _check_iri(activity["id"])
    definition = activity["definition"]
    _only(definition, "definition")
    _check_iri(definition["type"])
    for text in ("name", "description"):
        if text in definition:
            _check_language_map(definition[text])
    if "interactionType" not in definition:
        assert not definition.keys() & {"correctResponsesPattern", "choices", "source", "target"}
        return
    # 2.4.4.1, Interaction Activities: the type SHOULD be this one
    assert definition["type"] == "http://adlnet.gov/expapi/activities/cmi.interaction"
    supported = COMPONENTS[definition["interactionType"]]
    assert definition.keys() & {"choices", "scale", "source", "target", "steps"} == supported
    for name in supported:
        ids = [component["id"] for component in definition[name]]
        assert len(set(ids)) == len(ids)  # Interaction Components: MUST be distinct
        for component in definition[name]:
            _only(component, "component")
            assert component["id"]
            assert not re.search(r"\s", component["id"])  # SHOULD NOT have whitespace
            _check_language_map(component["description"])


def _check_result(result: dict[str, Any], definition: Mapping[str, Any]) -> None:
    _only(result, "result")
    for flag in ("success", "completion"):
        assert isinstance(result.get(flag, True), bool)  # 2.4.5
    if "duration" in result:
        assert DURATION.fullmatch(result["duration"])  # 4.6: at most hundredths of a second
    if "score" in result:
        _check_score(result["score"])
    if "response" in result:
        _check_response(result["response"], definition)


def _check_score(score: dict[str, Any]) -> None:
    """2.4.5.1: decimal numbers, scaled in -1..1, raw from min to max, min less than max."""
    _only(score, "score")
    assert all(type(number) in (int, float) for number in score.values())
    assert -1 <= score["scaled"] <= 1
    assert score["min"] <= score["raw"] <= score["max"]
    assert score["min"] < score["max"]


def _check_response(response: str, definition: Mapping[str, Any]) -> None:
    """2.4.4.1, Response Patterns."""
    assert isinstance(response, str)
    match definition["interactionType"]:
        case "true-false":
            assert response in ("true", "false")
        case "choice":
            assert set(response.split("[,]")) <= _ids(definition["choices"])
        case "matching":
            pairs = [pair.split("[.]") for pair in response.split("[,]")]
            assert {source for source, _ in pairs} <= _ids(definition["source"])
            assert {target for _, target in pairs} <= _ids(definition["target"])


def _check_context(context: dict[str, Any]) -> None:
    _only(context, "context")
    assert UUID.fullmatch(context["registration"])  # 2.4.6
    assert isinstance(context.get("revision", ""), str)
    assert context["contextActivities"].keys() <= {"parent", "grouping", "category", "other"}  # 2.4.6.2
    for activities in context["contextActivities"].values():
        assert isinstance(activities, list)  # 2.4.6.2: SHOULD be an array
        for activity in activities:
            _check_activity(activity)


def _ids(components: list[dict[str, Any]]) -> set[str]:
    return {component["id"] for component in components}


def _only(value: dict[str, Any], kind: str) -> None:
    """2.2: no keys but those that this specification allows, in their exact case."""
    assert value.keys() <= ALLOWED[kind], value.keys() - ALLOWED[kind]


def _check_iri(iri: str) -> None:
    """2.2: IRIs have a scheme. 4.3: no relative ones."""
    parts = urlsplit(iri)
    assert parts.scheme in ("http", "https"), iri
    assert parts.netloc, iri
    assert not re.search(r'[\s<>"{}|\\^`]', iri), iri  # RFC 3987, 2.2


def _check_language_map(texts: dict[str, str]) -> None:
    """4.2: language tags of RFC 5646 to texts."""
    assert texts
    for language, text in texts.items():
        assert LANGUAGE.fullmatch(language)
        assert isinstance(text, str)


def _values(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _values(inner, f"{path}.{key}")
    if isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _values(inner, f"{path}[{place}]")
