"""Exports: begun within limits, written from one snapshot, taken up again, given up and deleted."""

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from django.utils import timezone

from courses import exceptions
from courses.constants import ExportKind, ExportStatus, RegradePolicy
from courses.models import AssessmentAttempt, Event, Export, PendingEvent, User, UserActivity
from courses.selectors.events import decode_cursor, newest_position
from courses.services import exports as services
from courses.services.attempt_interventions import close_attempt, extend_attempt
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.enrollment import enroll
from courses.services.erasure import erase_person
from courses.services.events import move_events
from courses.services.expired_rows import clear_expired
from courses.services.exports import clear_exports, start_export, write_exports
from courses.services.grading import grade_answer
from courses.services.question_editing import update_question
from courses.services.regrading import apply_regrade
from schema.core import ids
from tests import factories
from tests.concurrency import at_once
from tests.exporting import exported, lines_for, lines_in
from tests.taking import given

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def directory(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORTS_DIR = tmp_path / "exports"
    return tmp_path / "exports"


def begin(owner: User, principal: str | None = None, **narrowed: Any) -> Export:
    narrowed.setdefault("kind", ExportKind.ENROLLMENTS)
    return start_export(owner=owner, principal=principal or f"user:{owner.pk}", **narrowed)


# ---------------------------------------------------------------- starting


def test_two_run_at_once_for_each_principal_and_a_third_is_refused():
    owner, other = factories.make_user(), factories.make_user()
    begin(owner), begin(owner)

    with pytest.raises(exceptions.TooManyExports):
        begin(owner)

    assert Export.objects.count() == 2
    begin(owner, f"partner:shop:{owner.pk}")
    begin(other)
    assert write_exports() == 4
    begin(owner)


def test_a_race_starts_no_more_than_two():
    owner = factories.make_user()

    raised = at_once(lambda _: begin(owner), writers=8)

    assert {type(error) for error in raised} == {exceptions.TooManyExports}
    assert len(raised) == 6
    assert Export.objects.count() == 2


def test_a_course_that_the_owner_may_not_see_is_not_found():
    draft = factories.make_course(is_published=False)

    with pytest.raises(exceptions.NotFound) as refused:
        begin(factories.make_user(), course_id=draft.pk)

    assert refused.value.field == ("courseId",)
    assert not Export.objects.exists()


# ---------------------------------------------------------------- writing


def test_a_file_is_complete_compressed_and_counted(directory: Path):
    course = factories.make_course()
    learner = factories.make_learner(course)

    export = exported(learner, ExportKind.ENROLLMENTS)

    assert export.status == ExportStatus.READY
    assert export.object_count == len(lines_in(export)) == 1
    assert export.expires_at is not None
    assert export.expires_at - timezone.now() > timedelta(hours=23)
    assert [path.name for path in directory.iterdir()] == [f"{export.pk}.jsonl.gz"]
    assert directory.stat().st_mode & 0o077 == 0


def test_it_is_narrowed_to_what_the_owner_may_see_when_it_is_written():
    teacher = factories.make_user()
    course = factories.make_course(instructors=(teacher,))
    factories.make_learner(course)
    export = begin(teacher)
    course.instructors.clear()

    assert write_exports() == 1

    assert lines_in(export) == []


def test_the_file_and_the_events_after_its_cursor_make_the_whole(monkeypatch: pytest.MonkeyPatch):
    """Attempts are started and moved to the feed while the snapshot is taken, and after it."""
    assessment = factories.make_assessment(max_attempts=5)
    factories.single_choice(assessment)
    learners = [factories.make_learner(assessment.lesson.course) for _ in range(40)]
    staff = factories.make_staff()
    is_over: list[bool] = []
    exports: list[Export] = []

    def work(number: int) -> None:
        if number == 0:
            try:
                while len(exports) < 3:
                    begin(staff, kind=ExportKind.ATTEMPTS)
                    while not write_exports():
                        pass
                    exports.append(Export.objects.latest("pk"))
            finally:
                is_over.append(True)
        elif number == 1:
            while not is_over:
                with suppress(OperationalError):  # tried again, like a chore
                    move_events()
        else:
            for learner in learners[number - 2 :: 4]:
                start_attempt(learner=learner, assessment_id=assessment.pk)

    assert at_once(work, 6) == []
    move_events()

    everything = set(AssessmentAttempt.objects.values_list("pk", flat=True))
    started = dict(Event.objects.filter(type="attempt.started").values_list("subject_id", "pk"))
    assert started.keys() == everything
    assert len(everything) == 40
    for export in exports:
        position = decode_cursor(export.events_cursor)
        held = {ids.pk(line["id"], "AssessmentAttempt") for line in lines_in(export)}
        assert held == {pk for pk, event in started.items() if event <= position}


@pytest.mark.parametrize("kind", [ExportKind.RESPONSES, ExportKind.GRADES])
def test_what_no_event_after_the_cursor_is_about_is_as_in_the_file_whatever_was_written_meanwhile(
    kind: ExportKind,
) -> None:
    """Attempts are started, saved, completed, graded, regraded, extended and closed, and people erased."""
    teacher, staff = factories.make_user(), factories.make_staff()
    lesson = factories.make_lesson(course=factories.make_course(instructors=(teacher,), is_published=True))
    assessment = factories.make_assessment(lesson=lesson, time_limit=30)
    choice, essay = factories.single_choice(assessment), factories.essay(assessment)

    def begun() -> AssessmentAttempt:
        learner = factories.make_learner(lesson.course)
        attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
        responses = [given(attempt, choice, "wrong"), given(attempt, essay, "Thoughts.")]
        return submit_answers(learner=learner, attempt_id=attempt.pk, responses=responses)

    def handed_in() -> AssessmentAttempt:
        attempt = begun()
        return complete_attempt(learner=attempt.user, attempt_id=attempt.pk)

    extended, closed, graded = (
        [begun() for _ in range(4)],
        [begun() for _ in range(4)],
        [handed_in() for _ in range(8)],
    )
    ungraded, erased = [handed_in() for _ in range(2)], [handed_in() for _ in range(4)]
    for attempt in erased[:3]:
        task = attempt.answers.get(question=essay)
        grade_answer(grader=teacher, task_id=task.pk, points=1, feedback="Fine.")
    learners = [factories.make_learner(lesson.course) for _ in range(8)]
    exports: list[Export] = []

    def export() -> None:
        for _ in range(4):
            begin(staff, kind=kind)
            while not write_exports():
                pass
            exports.append(Export.objects.latest("pk"))

    def take(some: list[User]) -> None:
        for learner in some:
            attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
            for text in ("right", "wrong"):
                responses = [given(attempt, choice, text)]
                submit_answers(learner=learner, attempt_id=attempt.pk, responses=responses)
            if learner.pk % 2:
                complete_attempt(learner=learner, attempt_id=attempt.pk)

    def grade() -> None:
        for attempt in graded:
            task = attempt.answers.get(question=essay)
            grade_answer(grader=teacher, task_id=task.pk, points=1)

    def regrade() -> None:
        for right in ("wrong", "right", "wrong"):
            answers: Any = [{"text": text, "is_correct": text == right} for text in ("right", "wrong")]
            update_question(author=teacher, question_id=choice.pk, draft={"answers": answers})
            apply_regrade(grader=teacher, assessment_id=assessment.pk, policy=RegradePolicy.EXACT)

    def intervene() -> None:
        for longer, ended in zip(extended, closed, strict=True):
            extend_attempt(author=teacher, attempt_id=longer.pk, minutes=5)
            close_attempt(author=teacher, attempt_id=ended.pk)

    def erase() -> None:
        for attempt in erased[1:]:
            erase_person(person=attempt.user)

    works = [export, grade, regrade, intervene, erase, lambda: take(learners[:4]), lambda: take(learners[4:])]
    assert at_once(lambda number: works[number](), len(works)) == []
    erase_person(person=erased[0].user)  # when nothing else tells of it later
    move_events()

    final = _by_attempt(lines_for(staff, kind))
    assert len(final) == len([*extended, *closed, *graded, *ungraded, *learners]) + 3
    for each in exports:
        held = _by_attempt(lines_in(each))
        later = Event.objects.filter(pk__gt=decode_cursor(each.events_cursor), type__startswith="attempt.")
        told = {ids.encode("AssessmentAttempt", pk) for pk in later.values_list("subject_id", flat=True)}
        assert {pk: lines for pk, lines in held.items() if pk not in told} == {
            pk: lines for pk, lines in final.items() if pk not in told
        }


def _by_attempt(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        found.setdefault(line.get("attemptId", line["id"]), []).append(line)
    return {pk: sorted(of_attempt, key=itemgetter("id")) for pk, of_attempt in found.items()}


def test_what_waits_in_the_outbox_is_before_the_cursor():
    course = factories.make_course()
    staff, learner = factories.make_staff(), factories.make_user()
    course.is_published = True
    course.save()
    enroll(learner=learner, course_id=course.pk)
    assert PendingEvent.objects.exists()

    export = exported(staff, ExportKind.ENROLLMENTS)

    assert not PendingEvent.objects.exists()
    assert decode_cursor(export.events_cursor) == newest_position() > 0
    assert len(lines_in(export)) == 1


def test_an_export_is_written_once_by_many_processes(directory: Path):
    factories.make_learner(factories.make_course())
    export = begin(factories.make_staff())
    written: list[int] = []

    assert at_once(lambda _: written.append(write_exports()), writers=4) == []

    assert sum(written) == 1
    export.refresh_from_db()
    assert export.status == ExportStatus.READY
    assert len(list(directory.iterdir())) == 1


_WORKER = """
import os, signal, django
django.setup()
from django.conf import settings
from django.db import connection
from courses.services import exports
settings.DATABASES["default"]["NAME"] = connection.settings_dict["NAME"] = {name!r}
exports.ROWS_AT_ONCE = 1
lines = exports._lines
def killed_after_one(*what):
    yield next(lines(*what))
    os.kill(os.getpid(), signal.SIGKILL)
exports._lines = killed_after_one
exports.write_exports()
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_in_the_middle_is_replaced_by_another(directory: Path):
    course = factories.make_course()
    for _ in range(3):
        factories.make_learner(course)
    export = begin(factories.make_staff())
    name = connection.settings_dict["NAME"]

    ended = subprocess.run(
        [sys.executable, "-c", _WORKER.format(name=name)],
        env=os.environ
        | {
            "COURSES_EXPORTS_DIR": str(directory),
            "COURSES_DATA_DIR": str(django_settings.DATA_DIR),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        cwd=django_settings.BASE_DIR,
        timeout=120,
    )
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in directory.iterdir()] == [f"{export.pk}.jsonl.gz.part"]
    export.refresh_from_db()
    assert export.status == ExportStatus.RUNNING

    while not write_exports():  # until PostgreSQL has noticed that the session is gone
        pass

    export.refresh_from_db()
    assert (export.status, export.object_count) == (ExportStatus.READY, 3)
    assert [path.name for path in directory.iterdir()] == [f"{export.pk}.jsonl.gz"]


def test_ten_times_the_rows_take_no_more_memory(monkeypatch: pytest.MonkeyPatch):
    owner = factories.make_user()

    def peak(rows: int) -> int:
        UserActivity.objects.bulk_create(
            UserActivity(user=owner, activity_type="view_course", data={"note": "x" * 200})
            for _ in range(rows - UserActivity.objects.count())
        )
        tracemalloc.start()
        try:
            export = exported(owner, ExportKind.ACTIVITY)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
            assert export.object_count == rows

    peak(10)  # what is compiled once
    few, many = peak(2_000), peak(20_000)

    assert many < few * 1.2


def test_an_export_that_cannot_be_written_has_failed(directory: Path, settings: Any):
    directory.write_text("no directory")
    export = begin(factories.make_user())

    assert write_exports() == 0

    export.refresh_from_db()
    assert (export.status, export.object_count) == (ExportStatus.FAILED, None)
    assert export.expires_at is not None


def test_one_that_the_database_does_not_let_through_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    export = begin(factories.make_user())
    write_file = services._write_file

    def lose(*_: Any) -> int:
        raise OperationalError("lost")

    monkeypatch.setattr(services, "_write_file", lose)
    assert write_exports() == 0
    export.refresh_from_db()
    assert export.status == ExportStatus.RUNNING

    monkeypatch.setattr(services, "_write_file", write_file)
    assert write_exports() == 1


def test_a_file_whose_export_was_deleted_meanwhile_is_not_kept(
    directory: Path, monkeypatch: pytest.MonkeyPatch
):
    begin(factories.make_user())
    write_file: Callable[..., int] = services._write_file

    def erased_after(*arguments: Any) -> int:
        count = write_file(*arguments)
        Export.objects.all().delete()
        return count

    monkeypatch.setattr(services, "_write_file", erased_after)

    assert write_exports() == 0
    assert list(directory.iterdir()) == []


# ---------------------------------------------------------------- deleting


def test_expired_files_and_orphans_are_deleted_and_all_others_kept(directory: Path):
    owner = factories.make_user()
    old, new = exported(owner, ExportKind.ENROLLMENTS), exported(owner, ExportKind.REVIEWS)
    Export.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    running = begin(owner)
    for name in (f"{running.pk}.jsonl.gz.part", "999999999.jsonl.gz", "notes.txt"):
        (directory / name).write_bytes(b"")

    assert clear_exports() == 2

    assert {path.name for path in directory.iterdir()} == {
        new.file_name,
        f"{running.pk}.jsonl.gz.part",
        "notes.txt",
    }


def test_the_row_stays_for_30_days_and_a_forgotten_export_is_given_up():
    owner = factories.make_user()
    export, forgotten = exported(owner, ExportKind.ENROLLMENTS), begin(owner)
    Export.objects.filter(pk=forgotten.pk).update(created_date=timezone.now() - timedelta(hours=25))
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(days=31))

    clear_expired()

    [left] = Export.objects.all()
    assert (left.pk, left.status) == (forgotten.pk, ExportStatus.FAILED)


def test_an_erased_persons_exports_and_files_go(directory: Path):
    owner = factories.make_user()
    exported(owner, ExportKind.ENROLLMENTS)

    erase_person(person=owner)

    assert not Export.objects.exists()
    assert list(directory.iterdir()) == []
