"""The migration that gives what was graded before its exact values, and its verdicts by them."""

import importlib
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests.courses.migrations.databases import migrated_to

migration = importlib.import_module("courses.migrations.0014_exact_values")
BEFORE = [("courses", "0012_column_defaults")]
AFTER = [("courses", migration.__name__.rpartition(".")[2])]


@pytest.fixture
def models_before(database_of_its_own: None) -> Any:
    """The models as they were, over a database of their own."""
    return migrated_to(BEFORE)


def test_old_grades_get_their_exact_points_and_their_attempts_the_sums(
    models_before: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr(migration, "BATCH", 2)
    platform = _Platform(models_before)
    half = platform.attempt([("0.5", 1)], points=[1], score=1, is_passed=True)
    thirds = platform.attempt(
        [("0.3333333333", 1), ("0.6666666667", 1)], points=[3, 1], score=2, is_passed=True
    )
    waiting = platform.attempt([("0.5", 1), (None, 0)], points=[1, 1], score=1, is_passed=True)
    imported = platform.attempt([], points=[4], score=3, is_passed=True)
    still_open = platform.attempt([], points=[4], score=0, is_passed=None, is_completed=False)

    after = migrated_to(AFTER)

    attempts = {row.pk: row for row in after.get_model("courses", "AssessmentAttempt").objects.all()}
    found = {pk: (row.exact_score, row.score, row.is_passed) for pk, row in attempts.items()}
    assert found == {
        half: (Decimal("0.5"), 1, False),
        thirds: (Decimal("1.666666666666666667"), 2, False),
        waiting: (Decimal("0.5"), 1, None),
        imported: (3, 3, True),
        still_open: (None, 0, None),
    }
    answers = after.get_model("courses", "AttemptAnswer").objects
    points = list(answers.filter(attempt_id=thirds).order_by("pk").values_list("exact_points", flat=True))
    assert points == [1, Decimal("0.666666666666666667")]
    assert list(answers.filter(credit=None).values_list("exact_points", flat=True)) == [None]
    changes = after.get_model("courses", "GradeChange").objects.order_by("pk")
    assert list(changes.values_list("old_points", "new_points"))[:2] == [
        (None, Decimal("0.5")),
        (None, 1),
    ]
    stale = after.get_model("courses", "StatisticsChange").objects
    assert stale.filter(course__isnull=False).exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname FROM pg_constraint WHERE NOT convalidated")
        assert cursor.fetchall() == []
    before = migrated_to(BEFORE)
    back = before.get_model("courses", "GradeChange").objects.order_by("pk")
    assert back.values_list("old_points", "new_points").first() == (None, 1)


class _Platform:
    """One course, in which attempts have grades of before."""

    def __init__(self, models: Any) -> None:
        self._of = lambda name: models.get_model("courses", name).objects
        course = self._of("Course").create(slug="tea", title="Tea")
        self._of("CourseStats").create(course=course)
        lesson = self._of("Lesson").create(course=course, title="Leaves", order=1)
        self.assessment = self._of("Assessment").create(lesson=lesson, title="Tea")
        self.count = 0

    def attempt(
        self, grades: list[tuple[str | None, int]], *, points: list[int], score: int, is_passed: bool | None,
        is_completed: bool = True,
    ) -> int:  # fmt: skip
        """Insert an attempt with credits and whole points, and return its key."""
        self.count += 1
        person = self._of("User").create(username=f"person{self.count}", name_skeleton=f"person{self.count}")
        start = self._of("Question").count() + 1
        questions = [
            self._of("Question").create(
                assessment=self.assessment, question_text="?", points=999, order=start + place
            )
            for place in range(len(points))
        ]
        laid_out = [{"id": one.pk, "points": worth} for one, worth in zip(questions, points, strict=True)]
        ended: dict[str, Any] = {
            "end_time": "2026-01-01T00:00Z",
            "ended_by": "learner",
            "time_taken_seconds": 0,
        }
        attempt = self._of("AssessmentAttempt").create(
            user=person, assessment=self.assessment, start_time="2026-01-01T00:00Z", attempt_number=1,
            passing_score=60, score=score, max_score=sum(points), is_passed=is_passed, is_completed=is_completed,
            layout={"questions": laid_out}, **(ended if is_completed else {}),
        )  # fmt: skip
        for question, (credit, whole) in zip(questions, grades, strict=False):
            answer = self._of("AttemptAnswer").create(
                attempt=attempt, question=question, answered_at="2026-01-01T00:00Z", credit=credit,
                is_correct=None if credit is None else False, points_earned=whole, response={"text": "x"},
            )  # fmt: skip
            if credit is not None:
                self._of("GradeChange").create(
                    attempt_answer=answer, reason="manual", new_credit=credit, new_points=whole
                )
        return int(attempt.pk)
