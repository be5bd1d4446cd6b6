"""Spans of what a request does, whichever way it is answered; an impossible collector is no deployment."""

from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from courses.constants import Scope
from courses.models import User
from courses.services.access_tokens import create_access_token
from schema.core import ids
from schema.execution import tracing
from tests import factories
from tests.config.conftest import ask
from tests.config.deployments import manage
from tests.dataloaders_alone import dataloaders_alone

PAGE = """query($id: ID!) { course(id: $id) { title lessonCount lessons { assessment { title } } } }"""
CHANGE = """mutation($id: ID!) { updateCourse(input: { courseId: $id, title: "Changed" }) {
  course { title lessons { title } } userErrors { message } } }"""


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "tracer", provider.get_tracer("tests"))
    return exporter


@pytest.fixture
def teacher(db: None) -> User:
    return factories.make_user()


@pytest.fixture
def course(teacher: User) -> str:
    made = factories.make_course(instructors=(teacher,))
    factories.make_assessment(lesson=factories.make_lesson(course=made))
    return ids.encode("Course", made.pk)


@pytest.fixture
def token(teacher: User) -> str:
    return create_access_token(owner=teacher, name="traced", scopes=Scope.values).secret


def _loaded(spans: InMemorySpanExporter) -> list[tuple[str, Any]]:
    """Statements by their names, with the names of what they read beneath; of the last request."""
    found = [
        (span.name, (span.attributes or {}).get("beneath", ()))
        for span in spans.get_finished_spans()
        if "load " in span.name
    ]
    spans.clear()
    return found


def test_a_statement_has_the_names_of_its_declarations_whichever_way_it_is_sent(
    spans: InMemorySpanExporter, token: str, course: str
) -> None:
    def get() -> Any:
        return ask(PAGE, token=token, id=course).json()["data"]["course"]["lessonCount"]

    beneath = (
        "catalog.lesson_count_of_course",
        "catalog.lessons_of_course",
        "assessments.assessment_of_lesson",
    )
    assert get() == 1
    assert _loaded(spans) == [("load catalog.course_by_id", beneath)]
    assert get() == 1  # the document is known by now
    assert _loaded(spans) == [("load catalog.course_by_id", beneath)]
    assert get() == 1  # and the kind of the token's viewer
    assert _loaded(spans) == [("identify and load catalog.course_by_id", beneath)]
    with dataloaders_alone():
        assert get() == 1
    assert _loaded(spans) == [(f"load {name}", ()) for name in ("catalog.course_by_id", *beneath)]
    ask(CHANGE, token=token, id=course)
    assert _loaded(spans)[0] == ("load catalog.course_of", ("catalog.lessons_of_course",))


@pytest.mark.slow
def test_an_impossible_collector_is_named_before_anything_begins(tmp_path: Path) -> None:
    code, _, complaint = manage(tmp_path, "check", COURSES_TRACES="collector:4318")

    assert code != 0
    assert "COURSES_TRACES: 'collector:4318' is not an address such as" in complaint
