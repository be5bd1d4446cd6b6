"""Bodies of webhooks: the thin one to the letter, and renderings as the owner may see them."""

import json
from datetime import UTC, datetime

import pytest

from courses.constants import EventType
from courses.services.webhook_bodies import body_of, ping_body
from schema.core import ids
from tests import factories

AT = datetime(2026, 3, 1, 12, 0, 0, 250, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_an_event_is_compact_json_with_the_ids_of_the_api() -> None:
    owner, course = factories.make_user(), factories.make_course()
    event = factories.make_event(
        course,
        EventType.ATTEMPT_COMPLETED,
        id=812,
        subject_id=34,
        learner_id=56,
        revision=7,
        occurred_at=AT,
    )
    event.occurred_at = AT

    body = body_of(event, format="native", owner=owner, sent_at=AT)

    data = (
        f'{{"id":"{ids.encode("Event", 812)}","subjectId":"{ids.encode("AssessmentAttempt", 34)}",'
        f'"courseId":"{ids.encode("Course", course.pk)}","learnerId":"{ids.encode("User", 56)}","revision":7}}'
    )
    head = '{"type":"attempt.completed","timestamp":"2026-03-01T12:00:00.000250+00:00","data":'
    assert body == (head + data + "}").encode()


def test_what_an_event_has_not_is_null() -> None:
    event = factories.make_event(factories.make_course())
    body = body_of(event, format="native", owner=factories.make_user(), sent_at=AT)
    assert body is not None
    data = json.loads(body)["data"]
    assert (data["learnerId"], data["revision"]) == (None, None)
    assert data["subjectId"] == data["courseId"]


def test_a_ping_is_of_its_own_type() -> None:
    assert ping_body(AT) == b'{"type":"ping","timestamp":"2026-03-01T12:00:00.000250+00:00","data":{}}'


@pytest.mark.parametrize("format", ["xapi", "caliper"])
def test_a_rendering_tells_an_attempt_to_who_may_see_it(format: str) -> None:
    assessment = factories.make_assessment()
    factories.single_choice(assessment)
    course = assessment.lesson.course
    learner = factories.make_learner(course)
    attempt = factories.make_completed_attempt(learner, assessment)
    event = factories.make_event(
        course, EventType.ATTEMPT_COMPLETED, subject_id=attempt.pk, learner_id=learner.pk, revision=1
    )

    body = body_of(event, format=format, owner=learner, sent_at=AT)

    assert body is not None
    assert ids.encode("Assessment", assessment.pk) in body.decode()
    stranger = factories.make_user()
    assert body_of(event, format=format, owner=stranger, sent_at=AT) is None
