"""What an attempt says of itself: its percentage, the time it took, and by which clock."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from courses.models import Assessment, AssessmentAttempt, User
from courses.models.attempts import ROUNDED_PERCENTAGE
from courses.utils.sql import fetch, in_sql
from tests import factories

pytestmark = pytest.mark.django_db

START = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


def test_the_percentage_is_decimal_and_rounded_half_up() -> None:
    assert AssessmentAttempt(score=1, max_score=8).score_percentage == Decimal("12.50")
    assert AssessmentAttempt(score=2, max_score=3).score_percentage == Decimal("66.67")


@pytest.mark.parametrize("seed", [20_261_128])
def test_postgresql_rounds_the_percentage_likewise(seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    scored = [(None, 1, 8), (None, 0, 0), (Decimal("0.005"), 0, 1), (Decimal("999999999.99995"), 0, 10**9)]
    for _ in range(200):
        most = chance.randint(1, 20_000)
        scored.append((Decimal(chance.randint(0, most * 10**18)).scaleb(-18), 0, most))
        scored.append((Decimal(chance.randint(0, most * 8)) / 8, 0, most))
    rounded = in_sql(ROUNDED_PERCENTAGE, scored=AssessmentAttempt)
    rows = fetch(
        f"SELECT {rounded}::text AS text FROM unnest(%(exact)s::numeric[], %(whole)s::integer[], %(most)s::integer[]) "
        "AS scored (exact_score, score, max_score)",
        **dict(zip(("exact", "whole", "most"), map(list, zip(*scored, strict=True)), strict=True)),
    )
    ours = [
        AssessmentAttempt(exact_score=exact, score=score, max_score=most).score_percentage
        for exact, score, most in scored
    ]
    assert [row.text for row in rows] == [None if each is None else str(each) for each in ours]


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
