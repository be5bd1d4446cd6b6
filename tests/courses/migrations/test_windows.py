"""Attempts of people who left a course and came back, before their keys were stamped."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from courses.models import AssessmentAttempt, Enrollment
from courses.utils.clock import database_now
from tests import factories

STAMP: str = import_module("courses.migrations.0017_windows_and_accommodations").STAMP_WHAT_WAS_LEFT_BEHIND


@pytest.mark.django_db
def test_what_was_left_behind_is_stamped_and_nothing_else() -> None:
    hidden = factories.make_assessment(show_correct_answers=False)
    course = hidden.lesson.course
    shown = factories.make_assessment(lesson=factories.make_lesson(course=course))
    left, stayed = factories.make_learner(course), factories.make_learner(course)
    behind = factories.make_attempt(left, shown)
    for attempt in (behind, factories.make_attempt(left, hidden), factories.make_attempt(stayed, shown)):
        attempt.complete()
    moment = database_now()
    Enrollment.objects.filter(user=left).update(withdrawn_date=moment)
    later = factories.make_attempt(left, shown, start_time=moment + timedelta(seconds=1))
    later.complete()
    with connection.cursor() as cursor:
        cursor.execute(STAMP)
    stamped = AssessmentAttempt.objects.filter(key_opened_at__isnull=False)
    assert list(stamped.values_list("pk", "key_opened_at")) == [(behind.pk, moment)]
