"""Writes that PostgreSQL ends because of another transaction: both wait, or one deletes what the other refers to."""

from collections.abc import Callable
from contextlib import closing
from threading import Thread
from typing import Any

import psycopg2
import pytest
from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet

from courses.models import AssessmentAttempt, AttemptAnswer, Lesson, Note
from courses.services.attempt_responses import saving_statement
from schema.core.database_failures import TRIES, begun_again, failure_code
from schema.core.error_codes import ErrorCode
from tests import factories
from tests.concurrency import until_it_waits
from tests.taking import answers_to, start, submit


class Deadlock(psycopg2.Error):
    pgcode = "40P01"


def _colliding(times: int) -> Callable[[], int]:
    """A write that collides so many times; returns which call of it succeeded."""
    calls = 0

    def write() -> int:
        nonlocal calls
        calls += 1
        if calls <= times:
            raise OperationalError("deadlock detected") from Deadlock()
        return calls

    return write


@pytest.mark.django_db(transaction=True)
def test_a_save_that_is_ended_for_a_deadlock_is_begun_again_and_saved(api: Callable[..., Any]) -> None:
    """Another session holds the stored answer and then asks for the attempt, which the save holds."""
    assessment = factories.make_assessment()
    factories.single_choice(assessment, question_text="Which?")
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Which?": ["wrong"]}))
    saved: list[Any] = []

    def save() -> None:
        answers = answers_to(attempt, {"Which?": ["right"]})
        saved.append(submit(api, learner, attemptId=attempt["id"], answers=answers))
        connection.close()

    with closing(psycopg2.connect(**connection.get_connection_params())) as other, other.cursor() as cursor:
        cursor.execute("SELECT FROM courses_attemptanswer FOR UPDATE")
        saving = Thread(target=save)
        saving.start()
        until_it_waits(saving)
        cursor.execute("SET LOCAL deadlock_timeout = '1min'")  # the save is the one to find out
        cursor.execute("SELECT FROM courses_assessmentattempt FOR UPDATE")
        other.commit()
        saving.join()

    assert [(payload["userErrors"], payload["attempt"]["revision"]) for payload in saved] == [([], 2)]
    stored = AttemptAnswer.objects.get()
    assert stored.selected_answer is not None
    assert (stored.selected_answer.answer_text, stored.revision) == ("right", 2)
    assert AssessmentAttempt.objects.get().revision == 2


@pytest.mark.django_db(transaction=True)
def test_a_save_whose_write_the_session_has_not_prepared_is_begun_again_and_saved(
    api: Callable[..., Any],
) -> None:
    """A pooler has handed over a session that knows only some of the statements."""
    assessment = factories.make_assessment()
    factories.single_choice(assessment, question_text="Which?")
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start(api, learner, assessment)
    submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Which?": ["wrong"]}))
    with connection.cursor() as cursor:
        cursor.execute(f"DEALLOCATE {saving_statement().name}")

    saved = submit(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, {"Which?": ["right"]}))

    assert (saved["userErrors"], saved["attempt"]["revision"]) == ([], 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", range(TRIES))
def test_a_write_is_begun_three_times_at_most(times: int) -> None:
    assert begun_again(_colliding(times)) == times + 1


@pytest.mark.django_db(transaction=True)
def test_a_write_on_what_is_deleted_before_it_is_committed_is_begun_again_and_finds_nothing() -> None:
    lesson = factories.make_lesson()
    learner, refused = factories.make_learner(lesson.course), []
    rows = Lesson.objects.filter(pk=lesson.pk)

    def write() -> None:
        if not rows.exists():
            refused.append("there is no lesson")
            return
        with transaction.atomic():
            factories.make_note(learner, lesson)
            deleting = Thread(target=_delete, args=[rows])
            deleting.start()
            deleting.join()

    begun_again(write)
    assert refused == ["there is no lesson"]
    assert not Note.objects.exists()


def _delete(rows: QuerySet[Lesson]) -> None:
    rows.delete()
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_write_that_always_collides_is_busy() -> None:
    with pytest.raises(OperationalError) as raised:
        begun_again(_colliding(TRIES))
    assert failure_code(raised.value) is ErrorCode.BUSY


@pytest.mark.django_db
def test_what_is_part_of_another_transaction_is_not_begun_again() -> None:
    with pytest.raises(OperationalError):
        begun_again(_colliding(1))
