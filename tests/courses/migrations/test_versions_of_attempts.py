"""Attempts of before versions get those of their questions as they stand."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from courses.models import AssessmentAttempt, Question, QuestionVersion
from courses.rules.versions import content_to_json, digest_of, shown_of
from tests import factories
from tests.taking import six_types

pytestmark = pytest.mark.django_db

migration = import_module("courses.migrations.0019_versions_of_attempts")


def _as_before(attempt: AssessmentAttempt) -> None:
    entries: list[Any] = attempt.layout["questions"]
    for entry in entries:
        entry.pop("version", None)
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(layout={"questions": entries})


def test_layouts_name_the_versions_that_a_start_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migration, "ATTEMPTS_AT_A_TIME", 2)
    monkeypatch.setattr(migration, "ASSESSMENTS_AT_A_TIME", 1)
    taken, other, untaken = six_types(max_attempts=9), six_types(), six_types()
    attempts = [factories.make_attempt(factories.make_user(), taken) for _ in range(4)]
    attempts.append(factories.make_attempt(factories.make_user(), other, is_completed=True))
    started = {attempt.pk: attempt.layout for attempt in attempts}
    for attempt in attempts:
        _as_before(attempt)
    QuestionVersion.objects.all().delete()
    migration.make_versions(apps, None)
    migration.name_versions(apps, None)
    assert not QuestionVersion.objects.filter(question__assessment=untaken).exists()
    for question in Question.objects.exclude(assessment=untaken):
        version, content = question.versions.get(), question.to_content()
        stored = content_to_json(content)
        kept = (version.number, version.content, version.shown, version.digest)
        assert kept == (1, stored, shown_of(content), digest_of(stored))
    for attempt in AssessmentAttempt.objects.all():
        by_id = dict(Question.objects.values_list("pk", "versions"))
        assert "receipt" not in attempt.layout
        assert [entry["version"] for entry in attempt.layout["questions"]] == [
            by_id[entry["id"]] for entry in attempt.layout["questions"]
        ]
        without = [{k: v for k, v in e.items() if k != "version"} for e in attempt.layout["questions"]]
        assert without == [
            {k: v for k, v in e.items() if k != "version"} for e in started[attempt.pk]["questions"]
        ]


def test_it_can_be_interrupted_and_goes_on() -> None:
    attempt = factories.make_attempt(factories.make_user(), six_types())
    before = attempt.layout
    migration.make_versions(apps, None)
    migration.name_versions(apps, None)
    attempt.refresh_from_db()
    assert attempt.layout == before
    assert QuestionVersion.objects.count() == len(before["questions"])


def test_questions_that_are_gone_have_none() -> None:
    attempt = factories.make_attempt(
        factories.make_user(), factories.single_choice(factories.make_assessment()).assessment
    )
    attempt.layout["questions"].insert(0, {"id": 10**9, "points": 1})
    _as_before(attempt)
    QuestionVersion.objects.all().delete()
    migration.make_versions(apps, None)
    migration.name_versions(apps, None)
    attempt.refresh_from_db()
    assert ["version" in entry for entry in attempt.layout["questions"]] == [False, True]


def test_without_attempts_there_is_nothing_to_do() -> None:
    six_types()
    migration.make_versions(apps, None)
    migration.name_versions(apps, None)
    assert not QuestionVersion.objects.exists()
