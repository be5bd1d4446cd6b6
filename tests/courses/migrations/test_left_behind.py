"""Attempts of people who left a course and came back, before their keys were stamped."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from courses.models import Assessment, AssessmentAttempt, Enrollment, User
from courses.utils.clock import database_now
from tests import factories

migration = import_module("courses.migrations.0022_left_behind")


@pytest.mark.django_db
@pytest.mark.parametrize("at_a_time", [1, 1_000])
def test_what_was_left_behind_is_stamped_and_nothing_else(at_a_time: int, monkeypatch: Any) -> None:
    monkeypatch.setattr(migration, "ATTEMPTS_AT_A_TIME", at_a_time)
    hidden = factories.make_assessment(show_correct_answers=False)
    course = hidden.lesson.course
    shown = factories.make_assessment(lesson=factories.make_lesson(course=course), max_attempts=9)
    left, stayed = factories.make_learner(course), factories.make_learner(course)
    behind, stamped_before, *_ = (
        _completed(person, assessment)
        for person, assessment in ((left, shown), (left, shown), (left, hidden), (stayed, shown))
    )
    moment = database_now()
    earlier = moment - timedelta(days=1)
    AssessmentAttempt.objects.filter(pk=stamped_before.pk).update(key_opened_at=earlier)
    Enrollment.objects.filter(user=left).update(withdrawn_date=moment)
    _completed(left, shown, start_time=moment + timedelta(seconds=1))

    migration.stamp(apps, connection.schema_editor())

    stamped = AssessmentAttempt.objects.filter(key_opened_at__isnull=False).order_by("pk")
    assert list(stamped.values_list("pk", "key_opened_at")) == [
        (behind.pk, moment),
        (stamped_before.pk, earlier),
    ]


def _completed(person: User, assessment: Assessment, **fields: Any) -> AssessmentAttempt:
    attempt = factories.make_attempt(person, assessment, **fields)
    attempt.complete()
    return attempt
