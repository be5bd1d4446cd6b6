"""What the server does by itself."""

import asyncio
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError

from config import background
from config.background import CHORES, Background, Chore, do_once
from courses.constants import AttemptEnd, ExportKind, ExportStatus
from courses.models import CourseStats
from courses.services.exports import path_of, start_export
from tests.factories import (
    make_assessment,
    make_attempt,
    make_course,
    make_learner,
    make_lesson,
    make_user,
    single_choice,
)
from tests.schema.execution.conftest import real_threads

__all__ = ["real_threads"]


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


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (
            OperationalError("host=secret.example is away"),
            "sweep failed and is tried again: OperationalError",
        ),
        (ZeroDivisionError(), "sweep failed, and is tried again"),
    ],
)
def test_a_chore_that_fails_is_tried_again_and_says_so(
    failure: Exception, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[str] = []
    twice = asyncio.Event()

    def fail() -> int:
        tries.append("tried")
        if len(tries) == 2:
            twice.set()
        raise failure

    async def run() -> None:
        background = Background([Chore("sweep", fail, pause=0)])
        background.start()
        await twice.wait()
        await background.stop()

    with caplog.at_level(logging.WARNING, "courses.background"):
        async_to_sync(run)()
    assert len(tries) >= 2
    assert caplog.messages[0] == told


@pytest.mark.usefixtures("real_threads")
def test_the_server_writes_exports_on_a_thread_of_their_own(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EXPORTS_DIR = tmp_path
    owner = make_user()
    export = start_export(owner=owner, principal=f"user:{owner.pk}", kind=ExportKind.REVIEWS)
    threads: list[str] = []

    def write() -> int:
        threads.append(threading.current_thread().name)
        return write_exports()

    write_exports = background.write_exports
    monkeypatch.setattr(background, "write_exports", write)
    for _ in range(2):  # the second time there is nothing to write
        async_to_sync(do_once)(_chore("write exports"))

    export.refresh_from_db()
    assert (threads, export.status, path_of(export).exists()) == (["exports"], ExportStatus.READY, True)


@pytest.mark.usefixtures("real_threads")
def test_a_process_that_stops_waits_for_no_export(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_user()
    start_export(owner=owner, principal=f"user:{owner.pk}", kind=ExportKind.REVIEWS)
    has_begun, may_end, has_ended = asyncio.Event(), threading.Event(), threading.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()

        def write() -> int:
            loop.call_soon_threadsafe(has_begun.set)
            assert may_end.wait(timeout=30)
            has_ended.set()
            return 1

        monkeypatch.setattr(background, "write_exports", write)
        process = Background([_chore("write exports")])
        process.start()
        await has_begun.wait()
        await process.stop()

    async_to_sync(run)()
    assert not has_ended.is_set()
    may_end.set()
    assert has_ended.wait(timeout=30)


@pytest.mark.usefixtures("real_threads")
def test_an_export_that_fails_by_a_defect_is_reported_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = make_user()
    start_export(owner=owner, principal=f"user:{owner.pk}", kind=ExportKind.REVIEWS)
    reported: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda about: reported.append(str(about.exc_value)))

    def write() -> int:
        raise RuntimeError("a defect")

    monkeypatch.setattr(background, "write_exports", write)
    for _ in range(2):
        async_to_sync(do_once)(_chore("write exports"))

    assert reported == ["a defect"] * 2
