"""Changes are told where somebody may be watching, and nowhere else."""

from collections.abc import Callable, Iterator
from typing import TypeAlias

import psycopg2
import psycopg2.extensions
import pytest
from django.db import connection, transaction

from courses.models import AssessmentAttempt
from courses.services.attempt_responses import GivenResponse
from courses.services.attempts import complete_attempt, flag_question, submit_answers
from courses.services.changes import (
    CHANNEL,
    WATCHES,
    attempt_topic,
    person_topic,
    tell_attempts_changed,
    tell_people_notified,
    watch_of,
)
from courses.utils.sql import execute
from tests import factories

Session: TypeAlias = psycopg2.extensions.connection

pytestmark = pytest.mark.django_db(transaction=True)


def open_session() -> Session:
    session = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    session.autocommit = True
    return session


@pytest.fixture
def listening() -> Iterator[Session]:
    session = open_session()
    session.cursor().execute(f"LISTEN {CHANNEL}")
    yield session
    session.close()


@pytest.fixture
def watching() -> Iterator[Session]:
    session = open_session()
    yield session
    session.close()


def watch(session: Session, topic: str) -> None:
    session.cursor().execute("SELECT pg_advisory_lock_shared(%s, %s)", watch_of(topic))


def told(session: Session) -> list[str]:
    """The messages that came before one that is sent now."""
    execute("SELECT pg_notify(%(channel)s, 'the last')", channel=CHANNEL)
    messages: list[str] = []
    while "the last" not in messages:
        session.poll()
        messages += [session.notifies.pop(0).payload for _ in list(session.notifies)]
    return messages[:-1]


def make_attempt() -> AssessmentAttempt:
    assessment = factories.make_assessment()
    factories.single_choice(assessment)
    return factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)


def save(attempt: AssessmentAttempt) -> None:
    [entry] = attempt.layout["questions"]
    responses = [GivenResponse(entry["id"], {"choices": [0]})]
    submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=responses)


def flag(attempt: AssessmentAttempt) -> None:
    question = attempt.layout["questions"][0]["id"]
    flag_question(learner=attempt.user, attempt_id=attempt.pk, question_id=question, is_flagged=True)


def complete(attempt: AssessmentAttempt) -> None:
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)


CHANGES: dict[str, Callable[[AssessmentAttempt], None]] = {
    "saved": save,
    "flagged": flag,
    "completed": complete,
    "told": lambda attempt: tell_attempts_changed([attempt.pk]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_somebody_watches_is_told_and_what_nobody_watches_is_not(
    listening: Session, watching: Session, change: Callable[[AssessmentAttempt], None]
) -> None:
    watched, other = make_attempt(), make_attempt()
    watch(watching, attempt_topic(watched.pk))

    change(other)
    change(watched)

    assert told(listening) == [f"attempt:{watched.pk}"]


def test_any_number_of_sessions_watches_one_topic(listening: Session, watching: Session) -> None:
    also_watching = open_session()
    watch(watching, attempt_topic(1))
    watch(also_watching, attempt_topic(1))
    also_watching.close()

    tell_attempts_changed([1, 2])

    assert told(listening) == ["attempt:1"]


def test_a_session_that_ends_leaves_nothing_watched(listening: Session) -> None:
    watching = open_session()
    watch(watching, attempt_topic(1))
    execute("SELECT pg_terminate_backend(%(pid)s, 10000)", pid=watching.info.backend_pid)

    tell_attempts_changed([1])

    assert told(listening) == []


def test_people_and_attempts_do_not_share_locks(listening: Session, watching: Session) -> None:
    watch(watching, person_topic(1))

    tell_attempts_changed([1])
    tell_people_notified([1])

    assert told(listening) == ["person:1"]


def test_topics_that_share_a_lock_are_told_together(listening: Session, watching: Session) -> None:
    watch(watching, attempt_topic(1))

    tell_attempts_changed([1, 2, 1 + WATCHES])

    assert told(listening) == [f"attempt:1 attempt:{1 + WATCHES}"]


def test_a_topic_of_which_nothing_was_told_cannot_be_watched_until_the_change_is_committed(
    watching: Session,
) -> None:
    cursor = watching.cursor()

    def may_watch() -> bool:
        cursor.execute("SELECT pg_try_advisory_lock_shared(%s, %s)", watch_of(attempt_topic(1)))
        return bool(cursor.fetchone()[0])

    with transaction.atomic():
        tell_attempts_changed([1])
        assert not may_watch()
    assert may_watch()


def test_two_writers_of_one_topic_do_not_wait_for_each_other(listening: Session) -> None:
    other = open_session()
    other.cursor().execute("BEGIN; SELECT pg_try_advisory_xact_lock(%s, %s)", watch_of(attempt_topic(1)))

    tell_attempts_changed([1])

    assert told(listening) == ["attempt:1"]
    other.close()
