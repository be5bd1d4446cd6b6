"""Refreshing after every few writes leads to the same numbers as computing once at the end, whoever writes."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.constants import ActivityType
from courses.models import (
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    CourseStats,
    Lesson,
    StatisticsChange,
    User,
    UserActivity,
    UserStats,
)
from courses.services import statistics
from courses.services.activity import record
from courses.services.enrollment import enroll, withdraw
from courses.services.progress import complete_lesson
from courses.utils.sql import execute
from tests import factories

PEOPLE, COURSES, LESSONS = 3, 2, 2
ZONES = ("UTC", "Asia/Tokyo", "America/Lima")
_MOMENTS = {"id", "created_date", "updated_date", "refreshed_at"}

_steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("enroll", "withdraw", "complete", "view", "review", "note", "attempt", "wait", "refresh"),
                *("move_zone", "delete_person", "delete_lesson", "move_activity", "rescore", "delete_notes"),
            ]
        ),
        st.integers(0, PEOPLE - 1),
        st.integers(0, COURSES - 1),
        st.integers(0, 20_000),
    ),
    max_size=25,
)


class _Platform:
    """A few courses and people, and the things that these do."""

    def __init__(self) -> None:
        self.people = [factories.make_user(time_zone=zone) for zone in ZONES]
        self.courses = [factories.make_course(price=10) for _ in range(COURSES)]
        self.lessons = [[factories.make_lesson(course=one) for _ in range(LESSONS)] for one in self.courses]
        self.assessments = [factories.make_assessment(lesson=row[0], max_attempts=99) for row in self.lessons]
        self.questions = [factories.essay(assessment) for assessment in self.assessments]

    def do(self, name: str, person: Any, course: int, number: int) -> None:
        """One step; what would be refused is left out."""
        where = self.courses[course]
        enrolled = person.enrollments.filter(course=where).exclude(status="withdrawn").exists()
        lesson = self.lessons[course][number % LESSONS]
        if not User.objects.filter(pk=person.pk).exists() or not Lesson.objects.filter(pk=lesson.pk).exists():
            name = "refresh"
        match name:
            case "enroll":
                enroll(learner=person, course_id=where.pk)
            case "withdraw" if enrolled:
                withdraw(learner=person, course_id=where.pk)
            case "complete" if enrolled:
                complete_lesson(learner=person, lesson_id=lesson.pk)
            case "view":
                record(actor=person, type=ActivityType.VIEW_COURSE, course=where, data={"time_spent": number})
            case "review" if enrolled and not person.reviews.filter(course=where).exists():
                factories.make_review(person, where)
            case "note" if enrolled:
                factories.make_note(person, lesson)
            case "attempt" if enrolled and Assessment.objects.filter(pk=self.assessments[course].pk).exists():
                self._attempt(person, course, number)
            case "wait":
                AttemptAnswer.objects.filter(attempt__user=person).update(
                    credit=None, is_correct=None, points_earned=0
                )
            case "move_zone":
                User.objects.filter(pk=person.pk).update(time_zone=ZONES[number % len(ZONES)])
            case "delete_person":
                User.objects.get(pk=person.pk).delete()
            case "delete_lesson":
                Lesson.objects.filter(pk=lesson.pk).delete()
            case "move_activity":
                UserActivity.objects.filter(user=person).update(course=where)
            case "rescore":
                AssessmentAttempt.objects.filter(user=person).update(exact_score=Decimal(number % 7) / 2)
            case "delete_notes":
                execute("DELETE FROM courses_note WHERE user_id = %(person)s", person=person.pk)
            case "refresh":
                statistics.refresh_stale()

    def _attempt(self, person: Any, course: int, number: int) -> None:
        attempt = factories.make_attempt(
            person, self.assessments[course], is_completed=True, score=number % 5, max_score=4 + number % 3
        )
        factories.answer(attempt, self.questions[course], {"text": "words"})
        AttemptAnswer.objects.filter(attempt=attempt).update(credit=0, is_correct=False)


@pytest.mark.django_db
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=_steps)
def test_a_refresh_from_scratch_gives_the_same_numbers(steps: list[tuple[str, int, int, int]]) -> None:
    with transaction.atomic():
        platform = _Platform()
        for name, person, course, number in steps:
            platform.do(name, platform.people[person], course, number)
        statistics.refresh_stale()
        kept = _stored()
        assert not StatisticsChange.objects.exists()
        statistics.refresh_all()
        assert {key: _stored()[key] for key in kept} == kept
        transaction.set_rollback(True)


def _stored() -> dict[tuple[str, int], dict[str, Any]]:
    """All stored numbers, by whose they are."""
    kinds: list[tuple[type[Model], str]] = [(CourseStats, "course_id"), (UserStats, "user_id")]
    return {
        (model.__name__, row[owner]): {name: value for name, value in row.items() if name not in _MOMENTS}
        for model, owner in kinds
        for row in model._default_manager.values()
    }
