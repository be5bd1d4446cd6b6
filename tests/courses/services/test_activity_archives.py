"""Moving activity to a file and back: nothing is lost or doubled, and statistics never notice."""

import gzip
import json
import os
import random
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from courses import exceptions
from courses.models import (
    ActivityArchive,
    ArchivedParticipation,
    ArchivedSession,
    Course,
    CourseStats,
    User,
    UserActivity,
    UserStats,
)
from courses.selectors.streaks import activity_streaks
from courses.services import statistics
from courses.services.activity_archives import archive_activity, restore_activity
from courses.utils.clock import database_now
from tests import factories

_MOMENTS = {"id", "created_date", "updated_date", "refreshed_at"}


@pytest.fixture
def now(db: None) -> datetime:
    return database_now()


@pytest.fixture
def learners(now: datetime) -> list[User]:
    """Three learners of one course, with two months of activity in and out of it: sessions, streaks, gaps."""
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    course = factories.make_course()
    lesson = factories.make_lesson(course=course)
    places: list[dict[str, Any]] = [
        {},
        {"course": course},
        {"course": course, "lesson": lesson, "resource": factories.make_resource(lesson=lesson)},
        {"course": course, "lesson": lesson, "assessment": factories.make_assessment(lesson=lesson)},
    ]
    zones = ("Europe/Berlin", "Asia/Kathmandu", "America/New_York")
    people = [factories.make_learner(course, time_zone=zone) for zone in zones]
    activities = [
        UserActivity(
            user=person,
            activity_type="view_course",
            created_date=moment + timedelta(minutes=minutes),
            data={"time_spent": chance.choice([30, 99_999, -1, "x"])},
            **chance.choice(places),
        )
        for person in people
        for moment in [now - timedelta(seconds=chance.randrange(60 * 86_400)) for _ in range(60)]
        for minutes in (0, chance.randrange(40))
    ]
    moments = [activity.created_date for activity in activities]
    for activity, moment in zip(UserActivity.objects.bulk_create(activities), moments, strict=True):
        activity.created_date = moment
    UserActivity.objects.bulk_update(activities, ["created_date"])
    return people


def _numbers(learners: list[User], now: datetime) -> Any:
    """All statistics, computed from scratch, and the streaks as of `now`."""
    statistics.refresh_all()
    stored = [
        {name: value for name, value in row.items() if name not in _MOMENTS}
        for model in (CourseStats, UserStats)
        for row in model.objects.order_by("pk").values()
    ]
    return stored, activity_streaks([one.pk for one in learners], now=now)


def _rows() -> list[Any]:
    return list(UserActivity.objects.order_by("pk").values())


@pytest.mark.parametrize("days", [0, 7, 29, 45])
def test_statistics_are_the_same_before_between_and_after(
    learners: list[User], now: datetime, tmp_path: Path, days: int
) -> None:
    before, rows = _numbers(learners, now), _rows()
    file = tmp_path / "old.jsonl.gz"
    count = archive_activity(before=now - timedelta(days=days), path=file)
    assert 0 < count == len(rows) - UserActivity.objects.count()
    assert _numbers(learners, now) == before
    assert restore_activity(path=file) == count
    assert _rows() == rows
    assert _numbers(learners, now) == before


def test_several_archives_come_back_in_any_order(learners: list[User], now: datetime, tmp_path: Path) -> None:
    before, rows = _numbers(learners, now), _rows()
    files = [tmp_path / f"{days}.jsonl.gz" for days in (40, 20, 5)]
    for days, file in zip((40, 20, 5), files, strict=True):
        archive_activity(before=now - timedelta(days=days), path=file)
        assert _numbers(learners, now) == before
    for file in (files[1], files[0], files[2]):
        restore_activity(path=file)
        assert _numbers(learners, now) == before
    assert _rows() == rows
    assert not ActivityArchive.objects.exists()
    assert not ArchivedSession.objects.exists()
    assert not ArchivedParticipation.objects.exists()


def test_statistics_stay_right_when_the_learner_moves_to_another_time_zone(
    learners: list[User], now: datetime, tmp_path: Path
) -> None:
    User.objects.update(time_zone="Australia/Eucla")  # UTC+8:45
    moved = _numbers(learners, now)
    User.objects.update(time_zone="UTC")
    archive_activity(before=now - timedelta(days=3), path=tmp_path / "old.jsonl.gz")
    User.objects.update(time_zone="Australia/Eucla")
    assert _numbers(learners, now) == moved


def test_the_boundary_is_exact(now: datetime, tmp_path: Path) -> None:
    person = factories.make_user()
    factories.make_activity(person, at=now)
    old = factories.make_activity(person, at=now - timedelta(microseconds=1))
    assert archive_activity(before=now, path=tmp_path / "old.jsonl.gz") == 1
    assert UserActivity.objects.get().created_date == now
    assert ActivityArchive.objects.get().row_count == 1
    with gzip.open(tmp_path / "old.jsonl.gz", "rt") as file:
        lines = [json.loads(line) for line in file]
    assert [line["id"] for line in lines[1:-1]] == [old.pk]


def test_without_old_activity_no_file_is_written(now: datetime, tmp_path: Path) -> None:
    factories.make_activity(factories.make_user(), at=now)
    assert archive_activity(before=now, path=tmp_path / "old.jsonl.gz") == 0
    assert list(tmp_path.iterdir()) == []


def test_archiving_again_to_the_same_file_has_nothing_left_to_do(
    learners: list[User], now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "old.jsonl.gz"
    count = archive_activity(before=now - timedelta(days=9), path=file)
    written, rows = file.read_bytes(), _rows()
    assert archive_activity(before=now - timedelta(days=9), path=file) == count
    assert (file.read_bytes(), _rows()) == (written, rows)


def test_restoring_twice_is_refused(learners: list[User], now: datetime, tmp_path: Path) -> None:
    file, rows = tmp_path / "old.jsonl.gz", _rows()
    archive_activity(before=now - timedelta(days=9), path=file)
    restore_activity(path=file)
    with pytest.raises(exceptions.Conflict):
        restore_activity(path=file)
    assert _rows() == rows


def test_another_archive_is_never_written_over(learners: list[User], now: datetime, tmp_path: Path) -> None:
    file = tmp_path / "old.jsonl.gz"
    archive_activity(before=now - timedelta(days=30), path=file)
    written, rows = file.read_bytes(), _rows()
    with pytest.raises(exceptions.Conflict):
        archive_activity(before=now - timedelta(days=9), path=file)
    assert (file.read_bytes(), _rows()) == (written, rows)


def test_a_file_of_other_rows_with_the_same_ids_removes_nothing(
    learners: list[User], now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "old.jsonl.gz"
    archive_activity(before=now - timedelta(days=9), path=file)
    restore_activity(path=file)
    UserActivity.objects.update(data={"changed": True})
    rows = _rows()
    with pytest.raises(exceptions.Conflict):
        archive_activity(before=now - timedelta(days=9), path=file)
    assert _rows() == rows
    assert not ActivityArchive.objects.exists()


@pytest.mark.parametrize(
    "damage", ["cut off", "a byte changed", "a row left out", "no archive at all", "empty"]
)
@pytest.mark.parametrize("direction", ["archive", "restore"])
def test_a_damaged_file_is_refused_and_nothing_is_written(
    learners: list[User], now: datetime, tmp_path: Path, damage: str, direction: str
) -> None:
    file, before = tmp_path / "old.jsonl.gz", now - timedelta(days=9)
    archive_activity(before=before, path=file)
    if direction == "archive":
        restore_activity(path=file)
    _damage(file, damage)
    rows, archives = _rows(), ActivityArchive.objects.count()
    again = {
        "archive": lambda: archive_activity(before=before, path=file),
        "restore": lambda: restore_activity(path=file),
    }
    with pytest.raises(exceptions.Invalid):
        again[direction]()
    assert (_rows(), ActivityArchive.objects.count()) == (rows, archives)


def _damage(file: Path, damage: str) -> None:
    written = file.read_bytes()
    lines = gzip.decompress(written).splitlines(keepends=True)
    half = len(written) // 2
    file.write_bytes(
        {
            "cut off": written[:half],
            "a byte changed": written[:half] + bytes([written[half] ^ 1]) + written[half + 1 :],
            "a row left out": gzip.compress(b"".join([lines[0], *lines[2:]])),
            "no archive at all": gzip.compress(b'{"some": "thing"}\n'),
            "empty": b"",
        }[damage]
    )


def test_what_was_deleted_since_does_not_keep_the_rest_from_coming_back(
    learners: list[User], now: datetime, tmp_path: Path
) -> None:
    file = tmp_path / "old.jsonl.gz"
    archive_activity(before=now, path=file)
    Course.objects.all().delete()
    learners[0].delete()
    restore_activity(path=file)
    assert set(UserActivity.objects.values_list("user", flat=True)) == {one.pk for one in learners[1:]}
    assert set(UserActivity.objects.values_list("course", "lesson", "resource", "assessment")) == {
        (None,) * 4
    }


class TestCommand:
    """`manage.py archive_activity`."""

    def test_it_archives_before_a_day_and_restores(self, db: None, tmp_path: Path, capsys: Any) -> None:
        person, file = factories.make_user(), tmp_path / "old.jsonl.gz"
        for day in (30, 31):
            factories.make_activity(person, at=datetime(2025, 12, day, 23, 59, tzinfo=UTC))
        factories.make_activity(person, at=datetime(2026, 1, 1, tzinfo=UTC))
        call_command("archive_activity", "--before", "2026-01-01", "--to", str(file))
        assert UserActivity.objects.count() == 1
        call_command("archive_activity", "--restore", str(file))
        assert UserActivity.objects.count() == 3
        assert capsys.readouterr().out.splitlines() == [
            f"Archived 2 activities from before 2026-01-01. They are in {file}.",
            "Restored 2 activities.",
        ]

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["--before", "2026-01-01"],
            ["--to", "f"],
            ["--restore", "f", "--to", "f"],
            ["--restore", "none"],
        ],
    )
    def test_it_says_what_is_missing(self, db: None, arguments: list[str]) -> None:
        with pytest.raises(CommandError):
            call_command("archive_activity", *arguments)


KILLED = 9

_KILLED_AT = {
    "half of the rows are written": "patch(hashlib, 'sha256', counting(hashlib.sha256))",
    "the file is not on the disk": "patch(os, 'fsync', die)",
    "the file has no name": "patch(os, 'link', die)",
    "the file has its name": "patch(os, 'unlink', die)",
    "the rows are noted": "when_executing('ANALYZE rows_of_file')",
    "the totals are kept": "when_executing('DELETE FROM courses_useractivity')",
    "the rows are removed": "when_executing('DROP TABLE rows_of_file')",
    "it is committed": "after_commit()",
}

_PROGRAM = """
import hashlib, os, pathlib, sys
import django
django.setup()
from datetime import datetime
from django.db import connection
from courses.services import activity_archives
from courses.utils import archive_file

connection.settings_dict['NAME'] = sys.argv[3]

def die(*_, **__):
    os._exit(9)

def patch(owner, name, value):
    setattr(owner, name, value)

def counting(make):
    class Digest:
        def __init__(self):
            self.digest, self.updates = make(), 0
        def update(self, data):
            self.updates += 1
            self.updates < 50 or die()
            self.digest.update(data)
        def hexdigest(self):
            return self.digest.hexdigest()
    return Digest

def when_executing(beginning):
    execute = activity_archives.execute
    patch(activity_archives, 'execute',
        lambda statement, **values: die() if statement.startswith(beginning) else execute(statement, **values))

def after_commit():
    move = activity_archives._move
    patch(activity_archives, '_move', lambda *arguments: (move(*arguments), die()))

pathlib.Path.unlink = lambda path: os.unlink(path)
{point}
activity_archives.archive_activity(before=datetime.fromisoformat(sys.argv[1]), path=pathlib.Path(sys.argv[2]))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("point", _KILLED_AT)
def test_killed_at_any_point_it_is_finished_by_running_it_again(point: str, tmp_path: Path) -> None:
    learner = factories.make_user()
    moment = database_now() - timedelta(days=100)
    UserActivity.objects.bulk_create(
        UserActivity(user=learner, activity_type="view_course") for _ in range(100)
    )
    UserActivity.objects.update(created_date=moment)
    rows, file, before = _rows(), tmp_path / "old.jsonl.gz", moment + timedelta(days=1)

    program = _PROGRAM.replace("{point}", _KILLED_AT[point])
    killed = subprocess.run(
        [sys.executable, "-c", program, before.isoformat(), str(file), connection.settings_dict["NAME"]],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert killed.returncode == KILLED
    left = UserActivity.objects.count()
    assert left == (0 if point == "it is committed" else 100)
    assert ActivityArchive.objects.count() == (left == 0)

    assert archive_activity(before=before, path=file) == 100
    assert UserActivity.objects.count() == 0
    assert ArchivedSession.objects.get().activity_counts == [100]
    assert restore_activity(path=file) == 100
    assert _rows() == rows
