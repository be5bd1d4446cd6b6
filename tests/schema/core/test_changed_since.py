"""`updatedSince` of each list: what was changed at that moment or later."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Model

from courses.models import AssessmentAttempt, Course, Enrollment, Review, User
from schema.core import ids
from tests import factories

Api = Callable[..., Any]
MOMENT = datetime(2026, 5, 1, 12, tzinfo=UTC)
NODES = "{ totalCount edges { node { id } } }"

LISTS: dict[str, tuple[type[Model], str]] = {
    "courses": (Course, "courses(filter: { updatedSince: $since }) %(nodes)s"),
    "enrolments of a course": (
        Enrollment,
        'course(id: "%(Course)s") { enrollments(updatedSince: $since) %(nodes)s }',
    ),
    "enrolments of the viewer": (Enrollment, "viewer { enrollments(updatedSince: $since) %(nodes)s }"),
    "reviews of a course": (Review, 'course(id: "%(Course)s") { reviews(updatedSince: $since) %(nodes)s }'),
    "reviews of the viewer": (Review, "viewer { reviews(updatedSince: $since) %(nodes)s }"),
    "attempts of an assessment": (
        AssessmentAttempt,
        'assessment(id: "%(Assessment)s") { attempts(updatedSince: $since) %(nodes)s }',
    ),
    "attempts of the viewer": (AssessmentAttempt, "viewer { attempts(updatedSince: $since) %(nodes)s }"),
}


def _world() -> tuple[User, dict[str, str]]:
    """Somebody of the staff to whom each of the lists shows three rows, and the ids that the lists are of."""
    staff, courses = factories.make_staff(), [factories.make_course() for _ in range(3)]
    assessments = [
        factories.make_assessment(lesson=factories.make_lesson(course=course)) for course in courses
    ]
    of_staff = [(staff, number) for number in range(3)]
    of_others = [(factories.make_user(), 0) for _ in range(2)]
    for person, number in of_staff + of_others:
        factories.enroll(person, courses[number])
        factories.make_review(person, courses[number])
        factories.make_attempt(person, assessments[number])
    rows = {"Course": courses[0], "Assessment": assessments[0]}
    return staff, {name: ids.encode(name, row.pk) for name, row in rows.items()}


@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_narrowed_to_what_was_changed_at_that_moment_or_later(api: Api, name: str) -> None:
    staff, id_of = _world()
    model, field = LISTS[name]
    query = f"query ($since: DateTime) {{ {field % (id_of | {'nodes': NODES})} }}"

    def listed(since: datetime | None) -> list[str]:
        found = api(query, viewer=staff, since=since and since.isoformat()).data
        while "edges" not in found:
            [found] = found.values()
        assert found["totalCount"] == len(found["edges"])
        return [edge["node"]["id"] for edge in found["edges"]]

    everything = listed(None)
    assert len(everything) == 3
    model._default_manager.update(updated_date=MOMENT - timedelta(microseconds=1))
    for node_id, moment in zip(everything[1:], (MOMENT, MOMENT + timedelta(days=1)), strict=True):
        row = model._default_manager.filter(pk=ids.decode(node_id)[1])
        row.update(updated_date=moment)

    assert listed(MOMENT) == everything[1:]
