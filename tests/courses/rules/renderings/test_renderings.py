"""Rules of every rendering: which events have one, ids, moments and numbers."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from courses.constants import EventType
from courses.management.sample_facts import SAMPLE
from courses.rules.renderings import RENDERED, Standard, iso8601, render, types_told
from courses.rules.renderings.facts import Outcome
from tests.courses.rules.renderings.ags_rules import check_score
from tests.courses.rules.renderings.caliper_rules import check_envelope
from tests.courses.rules.renderings.xapi_rules import check_statements

SENT_AT = SAMPLE.occurred_at + timedelta(seconds=1)
TOLD = {
    Standard.XAPI: {"STARTED", "COMPLETED", "GRADED", "REGRADED"},
    Standard.CALIPER: {"STARTED", "COMPLETED", "GRADED", "REGRADED"},
    Standard.AGS: {"STARTED", "SAVED", "COMPLETED", "GRADED", "REGRADED"},
}


@pytest.mark.parametrize("standard", Standard)
def test_which_types_of_event_are_rendered(standard: Standard) -> None:
    told = {each for each in EventType if render(replace(SAMPLE, type=each), standard, sent_at=SENT_AT)}

    assert told == {EventType[f"ATTEMPT_{name}"] for name in TOLD[standard]}
    assert told == types_told(standard) <= RENDERED


def test_the_documentation_names_them() -> None:
    page = (Path(settings.BASE_DIR) / "docs" / "standards.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(attempt\.\w+)` \| (.+) \| (.+) \| (.+) \|$", page, re.MULTILINE)

    for place, standard in enumerate(Standard, start=1):
        assert {row[0] for row in rows if row[place] != "–"} == {
            EventType[f"ATTEMPT_{name}"].value for name in TOLD[standard]
        }


def test_a_standard_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match="scorm"):
        render(SAMPLE, "scorm", sent_at=SENT_AT)


@pytest.mark.parametrize("standard", Standard)
def test_told_again_it_is_the_same_but_for_the_moment_of_sending(standard: Standard) -> None:
    first: Any = render(SAMPLE, standard, sent_at=SENT_AT)
    again: Any = render(SAMPLE, standard, sent_at=SENT_AT + timedelta(hours=2))

    if standard is Standard.CALIPER:
        assert again.pop("sendTime") == "2026-03-02T11:10:01.250Z"
        first.pop("sendTime")
    assert again == first


def _ids(**fields: Any) -> set[str]:
    facts = replace(SAMPLE, **fields)
    statements: Any = render(facts, "xapi", sent_at=SENT_AT)
    envelope: Any = render(facts, "caliper", sent_at=SENT_AT)
    return {each["id"].removeprefix("urn:uuid:") for each in (*statements, *envelope["data"])}


def test_events_and_servers_have_ids_of_their_own() -> None:
    found = [_ids(), _ids(event="8"), _ids(address="https://other.example")]

    assert [len(ids) for ids in found] == [18, 18, 18]
    assert len(set().union(*found)) == 54


def test_facts_that_have_changed_are_told_with_the_same_ids() -> None:
    assert _ids(outcome=Outcome(Decimal(8), 11, True), revision=9) == _ids()


moments = st.datetimes(min_value=datetime(2000, 1, 1), timezones=st.just(UTC))


@given(moments)
def test_moments_round_trip_to_their_precision(at: datetime) -> None:
    milliseconds = datetime.fromisoformat(iso8601.moment(at))

    assert timedelta(0) <= at - milliseconds < timedelta(milliseconds=1)
    assert datetime.fromisoformat(iso8601.moment(at, "microseconds")) == at


def test_moments_are_written_in_utc() -> None:
    at = datetime.fromisoformat("2026-07-01T14:00:00.123456+02:00")

    assert iso8601.moment(at) == "2026-07-01T12:00:00.123Z"


@pytest.mark.parametrize(
    ("lasted", "written"),
    [
        (timedelta(0), "PT0S"),
        (timedelta(seconds=-5), "PT0S"),
        (timedelta(milliseconds=9), "PT0S"),
        (timedelta(seconds=7, milliseconds=250), "PT7.25S"),
        (timedelta(seconds=7, milliseconds=500), "PT7.5S"),
        (timedelta(minutes=10, seconds=30), "PT10M30S"),
        (timedelta(days=1, hours=1, seconds=10), "PT25H10S"),
        (timedelta(hours=1), "PT1H"),
    ],
)
def test_durations_are_written_by_hours_minutes_and_seconds(lasted: timedelta, written: str) -> None:
    assert iso8601.duration(lasted) == written


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)))
def test_durations_round_trip_to_hundredths(lasted: timedelta) -> None:
    written = re.fullmatch(
        r"PT(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,2})?)S)?", iso8601.duration(lasted)
    )
    assert written
    hours, minutes, seconds = (Decimal(part or 0) for part in written.groups())
    read = timedelta(hours=int(hours), minutes=int(minutes), milliseconds=int(seconds * 1000))

    assert timedelta(0) <= lasted - read < timedelta(milliseconds=10)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    """Points with 18 decimals, at most those possible."""
    possible = draw(st.integers(0, 1_000_000))
    points = draw(st.decimals(0, possible, places=18)) if possible else Decimal(0)
    return Outcome(points, possible, draw(st.booleans()))


@given(outcomes())
def test_every_score_obeys_the_rules_and_is_the_same_in_each_standard(outcome: Outcome) -> None:
    facts = replace(SAMPLE, outcome=outcome)
    statements: Any = render(facts, "xapi", sent_at=SENT_AT)
    envelope: Any = render(facts, "caliper", sent_at=SENT_AT)
    score: Any = render(facts, "ags", sent_at=SENT_AT)

    check_statements(statements)
    check_envelope(envelope)
    check_score(score)
    points = float(outcome.points)
    assert envelope["data"][-1]["generated"]["scoreGiven"] == points
    if outcome.possible:
        assert statements[-1]["result"]["score"]["raw"] == score["scoreGiven"] == points
        assert statements[-1]["result"]["score"]["scaled"] == pytest.approx(points / outcome.possible)


def test_points_of_answers_add_up_to_the_score() -> None:
    statements: Any = render(SAMPLE, "xapi", sent_at=SENT_AT)
    *answered, completed, _passed = (statement["result"]["score"] for statement in statements)

    assert sum(score["raw"] for score in answered) == completed["raw"]
    assert sum(score["max"] for score in answered) == completed["max"]


@pytest.mark.parametrize("standard", Standard)
def test_a_rendering_is_json(standard: Standard) -> None:
    rendered = render(SAMPLE, standard, sent_at=SENT_AT)

    assert orjson.loads(orjson.dumps(rendered)) == rendered
