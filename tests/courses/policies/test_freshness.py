"""Freshness: which tables a replica is never asked for."""

import pytest
from django.apps import apps

from courses.models import AttemptAnswer, Course
from courses.policies.freshness import ALWAYS_FRESH, may_be_late
from courses.utils import sql


def test_a_statement_may_be_late_unless_it_names_a_table_that_is_always_fresh() -> None:
    courses, answers = Course.objects.all(), AttemptAnswer.objects.all()

    assert may_be_late(str(courses.query))
    assert not may_be_late(str(answers.query))
    assert not may_be_late(f"SELECT EXISTS ({answers.query}) FROM ({courses.query}) AS t1")
    assert may_be_late("SELECT 1 FROM courses_attemptanswers_of_another_kind")


def test_what_no_replica_has_is_always_fresh(db: None) -> None:
    unlogged = sql.fetch("SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind = 'r'")

    assert {row.relname for row in unlogged} == {"courses_costbucket", "courses_lastwrite"}
    assert {row.relname for row in unlogged} <= {*ALWAYS_FRESH}


@pytest.mark.parametrize("word", ["attempt", "token", "secret", "session", "accommodation", "idempotency"])
def test_what_decides_about_attempts_under_way_and_credentials_is_always_fresh(word: str) -> None:
    tables = {model._meta.db_table for model in apps.get_models() if word in model._meta.db_table}

    assert tables
    assert tables - {"courses_archivedsession"} <= {*ALWAYS_FRESH}
