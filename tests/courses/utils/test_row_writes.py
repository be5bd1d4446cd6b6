"""Written rows are what `save()` would have stored."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db.models import Model

from courses.models import AssessmentAttempt, Course, Note, UserActivity
from courses.models.attempts import RESULT_FIELDS
from courses.utils.row_writes import Insertion, Update
from courses.utils.short_transactions import write_now
from tests import factories

pytestmark = pytest.mark.django_db

AT = datetime(2026, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)


def _stored(row: Model) -> dict[str, Any]:
    made_by_the_database = {"id", "created_date", "updated_date"}
    values = type(row)._default_manager.values().get(pk=row.pk)
    return {name: value for name, value in values.items() if name not in made_by_the_database}


@pytest.mark.parametrize("model", [AssessmentAttempt, Course, Note, UserActivity])
def test_an_inserted_row_is_what_save_would_have_stored(model: type[Model]) -> None:
    factories.make_completed_attempt(factories.make_user(), _assessment())
    factories.make_note(factories.make_user(), factories.make_lesson())
    factories.make_activity(factories.make_user(), data={"time_spent": 5, "text": 'a "quoted" %s'})
    rows = model._default_manager
    row = rows.order_by("pk").last()
    assert row is not None
    stored = _stored(row)
    rows.all().delete()
    row.pk = None
    write_now(*Insertion(model).of(row))
    assert _stored(rows.get()) == stored


def _assessment() -> Any:
    assessment = factories.make_assessment()
    factories.single_choice(assessment)
    return assessment


def test_stamps_are_those_of_the_row_or_else_the_databases() -> None:
    insertion, person = Insertion(UserActivity), factories.make_user()
    for at in (AT, None):
        activity = UserActivity(user=person, activity_type="view_course", created_date=at)  # type: ignore[misc]
        write_now(*insertion.of(activity))
    first, second = UserActivity.objects.order_by("pk")
    assert (first.created_date, first.updated_date == AT) == (AT, False)
    assert second.created_date == second.updated_date > AT


def test_an_update_writes_the_named_fields_alone_and_says_when() -> None:
    attempt = factories.make_attempt(factories.make_user(), _assessment())
    before = AssessmentAttempt.objects.get(pk=attempt.pk).updated_date
    attempt.is_completed, attempt.ended_by, attempt.score, attempt.is_passed = True, "staff", 1, None
    attempt.end_time, attempt.time_taken_seconds, attempt.user_agent = attempt.start_time, 7, "not written"
    write_now(*Update(AssessmentAttempt, RESULT_FIELDS).of(attempt))
    stored = AssessmentAttempt.objects.get(pk=attempt.pk)
    assert [getattr(stored, name) for name in RESULT_FIELDS] == [
        getattr(attempt, name) for name in RESULT_FIELDS
    ]
    assert (stored.user_agent, stored.updated_date > before) == ("", True)
