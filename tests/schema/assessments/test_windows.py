"""Windows of assessments, as their authors write them."""

from typing import Any

import pytest

from courses.models import Assessment, Course
from schema.core import ids
from tests import factories
from tests.people import People
from tests.taking import Api

MOMENTS = {
    "opensAt": "2030-01-01T08:00:00+00:00",
    "closesAt": "2030-01-08T08:00:00+00:00",
    "resultsFrom": "2030-01-09T08:00:00+00:00",
    "keyFrom": "2030-01-10T08:00:00+00:00",
}
SHOWN = "assessment { id opensAt closesAt resultsFrom keyFrom isPublished } userErrors { code field }"
CREATE = f"mutation ($input: CreateAssessmentInput!) {{ createAssessment(input: $input) {{ {SHOWN} }} }}"
UPDATE = f"mutation ($input: UpdateAssessmentInput!) {{ updateAssessment(input: $input) {{ {SHOWN} }} }}"


def test_a_window_is_created_changed_and_taken_away(api: Api, people: People, course: Course) -> None:
    lesson_id = ids.encode("Lesson", factories.make_lesson(course=course).pk)
    fields = {"lessonId": lesson_id, "title": "A week in January", "isPublished": False} | MOMENTS
    created = api(CREATE, people.instructor, input=fields)["createAssessment"]
    assessment_id = created["assessment"].pop("id")
    assert created == {"assessment": {"isPublished": False} | MOMENTS, "userErrors": []}
    changes = {"assessmentId": assessment_id, "opensAt": None, "keyFrom": None, "isPublished": True}
    updated = api(UPDATE, people.instructor, input=changes)["updateAssessment"]
    assert updated["assessment"] == {"id": assessment_id, "isPublished": True} | MOMENTS | {
        "opensAt": None,
        "keyFrom": None,
    }


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"closesAt": MOMENTS["opensAt"]}, [{"code": "INVALID", "field": ["closesAt"]}]),
        ({"opensAt": "2031-01-01T08:00:00Z"}, [{"code": "INVALID", "field": ["closesAt"]}]),
        ({"isPublished": None}, [{"code": "REQUIRED", "field": ["isPublished"]}]),
    ],
)
def test_a_window_that_is_none_is_refused_and_nothing_written(
    api: Api, people: People, course: Course, changes: dict[str, Any], errors: list[Any]
) -> None:
    lesson = factories.make_lesson(course=course)
    assessment = factories.make_assessment(
        lesson=lesson, opens_at=MOMENTS["opensAt"], closes_at=MOMENTS["closesAt"]
    )
    before = list(Assessment.objects.values())
    changes = {"assessmentId": ids.encode("Assessment", assessment.pk)} | changes
    refused = api(UPDATE, people.instructor, input=changes)["updateAssessment"]
    assert refused == {"assessment": None, "userErrors": errors}
    assert list(Assessment.objects.values()) == before
