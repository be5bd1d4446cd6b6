"""What an attempt says of itself: its percentage, the time it took, and by which clock."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from courses.models import Assessment, AssessmentAttempt, User
from tests import factories

pytestmark = pytest.mark.django_db

START = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


def test_the_percentage_is_decimal_and_rounded_half_up() -> None:
    assert AssessmentAttempt(score=1, max_score=8).score_percentage == Decimal("12.50")
    assert AssessmentAttempt(score=2, max_score=3).score_percentage == Decimal("66.67")


def test_without_anything_to_earn_there_is_no_percentage() -> None:
    assert AssessmentAttempt(score=0, max_score=0).score_percentage is None


def test_the_percentage_is_kept_until_the_score_changes(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_completed_attempt(learner, assessment)
    assert attempt.score_percentage == Decimal("40.00")
    assert attempt.score_percentage is attempt.score_percentage
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(exact_score="5.995")
    attempt.refresh_from_db()
    assert attempt.score_percentage == Decimal("59.95")


def test_the_time_taken_comes_from_the_moments_or_else_from_the_stored_seconds() -> None:
    assert AssessmentAttempt().time_taken is None
    assert AssessmentAttempt(time_taken_seconds=90).time_taken == timedelta(seconds=90)
    ended = AssessmentAttempt(start_time=START, end_time=START + timedelta(minutes=2), time_taken_seconds=1)
    assert ended.time_taken == timedelta(minutes=2)


def test_a_wrong_clock_of_the_process_changes_neither_start_nor_end(
    assessment: Assessment, learner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.utils.timezone.now", lambda: START)
    attempt = factories.make_completed_attempt(learner, assessment)
    assert attempt.end_time is not None
    assert START + timedelta(days=1) < attempt.start_time <= attempt.end_time
    assert attempt.answers.get().answered_at > START + timedelta(days=1)
