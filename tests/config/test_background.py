"""What the server does by itself."""

import asyncio
import logging

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from config.background import CHORES, Background, Chore, do_once
from courses.constants import AttemptEnd
from courses.models import CourseStats
from tests.factories import (
    make_assessment,
    make_attempt,
    make_course,
    make_learner,
    make_lesson,
    single_choice,
)


def _chore(name: str) -> Chore:
    return next(chore for chore in CHORES if chore.name == name)


@pytest.mark.django_db
def test_the_server_closes_attempts_whose_time_is_over_each_minute() -> None:
    course = make_course()
    assessment = make_assessment(lesson=make_lesson(course=course), time_limit=10)
    single_choice(assessment)
    attempt = make_attempt(make_learner(course), assessment)
    assessment.attempts.update(start_time="2026-01-01T10:00:00Z", deadline_at="2026-01-01T10:10:00Z")
    chore = _chore("close expired attempts")

    async_to_sync(do_once)(chore)

    attempt.refresh_from_db()
    assert chore.pause == 60
    assert (attempt.is_completed, attempt.ended_by, attempt.end_time) == (
        True,
        AttemptEnd.TIMER,
        attempt.deadline_at,
    )


@pytest.mark.django_db
def test_the_server_refreshes_stale_statistics() -> None:
    course = make_course()
    make_learner(course)

    async_to_sync(do_once)(_chore("refresh statistics"))

    assert CourseStats.objects.get(course=course).total_students == 1


def test_a_chore_that_the_database_refuses_is_tried_again_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    tries: list[str] = []
    twice = asyncio.Event()

    def fail() -> int:
        tries.append("tried")
        if len(tries) == 2:
            twice.set()
        raise OperationalError("host=secret.example is away")

    async def run() -> None:
        background = Background([Chore("sweep", fail, pause=0)])
        background.start()
        await twice.wait()
        await background.stop()

    with caplog.at_level(logging.WARNING, "courses.background"):
        async_to_sync(run)()
    assert len(tries) >= 2
    assert caplog.messages[0] == "sweep failed and is tried again: OperationalError"
