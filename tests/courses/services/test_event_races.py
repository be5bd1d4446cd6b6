"""The event feed under writers, movers and readers at the same moment: none missing, none twice, in order."""

import os
import random
import threading
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from courses.constants import EventType, RegradePolicy
from courses.models import Answer, Assessment, AssessmentAttempt, Event, PendingEvent, User
from courses.selectors.events import events_after
from courses.services.attempts import complete_attempt, start_attempt, submit_answers
from courses.services.erasure import erase_person
from courses.services.events import (
    MOVER,
    Subject,
    hold_feed,
    move_events,
    move_everything,
    record,
    settle,
)
from courses.services.grading import grade_answer
from courses.services.regrading import apply_regrade
from courses.utils.sql import execute, fetch
from tests import factories
from tests.concurrency import at_once, one_after_the_other
from tests.taking import given

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, READERS, MOVERS = 16, 2, 2
TRANSACTIONS = 12
SHARED = 4
"""Attempts that several writers write to."""


@pytest.fixture
def seed() -> int:
    """The seed of all random delays, printed where a test fails; COURSES_TEST_SEED repeats one."""
    drawn = int(os.environ.get("COURSES_TEST_SEED", random.randrange(10**6)))
    print(f"COURSES_TEST_SEED={drawn}")
    return drawn


def test_readers_miss_no_event_and_see_none_twice_while_writers_commit_in_any_order(seed: int) -> None:
    """Writers hold the lock of an attempt, draw their key in the outbox, and then linger before they commit."""
    reader = factories.make_staff()
    assessment = factories.make_assessment(max_attempts=3)
    attempts = [factories.make_attempt(factories.make_user(), assessment).pk for _ in range(SHARED)]
    committed: list[tuple[int, int]] = []
    noting, writing = threading.Lock(), threading.Semaphore(0)
    done = threading.Event()
    walked: list[list[tuple[int, int, int]]] = [[] for _ in range(READERS)]

    def write(number: int) -> None:
        draw = random.Random(seed * 1_000 + number)
        for _ in range(TRANSACTIONS):
            attempt = draw.choice(attempts)
            with transaction.atomic():
                if draw.random() < 0.5:
                    execute(
                        "SELECT pg_current_xact_id()"
                    )  # a transaction id from before the wait for the lock
                locked = AssessmentAttempt.objects.select_for_update(no_key=True).get(pk=attempt)
                locked.revision += 1
                locked.save(update_fields=["revision"])
                record(EventType.ATTEMPT_GRADED, [Subject(attempt, 1, None, locked.revision)])
                fetch("SELECT pg_sleep(%(delay)s)", delay=draw.random() / 100)
                if draw.random() < 0.1:
                    transaction.set_rollback(True)
                    continue
                revision = locked.revision
            with noting:
                committed.append((attempt, revision))

    def move() -> None:
        while not done.is_set():
            move_events()

    def read(place: int) -> None:
        position, last = 0, False
        while True:
            passage = events_after(reader, position, size=3)
            walked[place] += [(event.pk, event.subject_id, event.revision) for event in passage.events]  # type: ignore[misc]
            position = passage.end
            if last and not passage.has_more:
                return
            last = done.is_set()

    def work(number: int) -> None:
        if number < WRITERS:
            try:
                write(number)
            finally:
                writing.release()
        elif number < WRITERS + MOVERS:
            move()
        elif number < WRITERS + MOVERS + READERS:
            read(number - WRITERS - MOVERS)
        else:
            for _ in range(WRITERS):
                writing.acquire()
            settle()
            done.set()

    assert at_once(work, WRITERS + MOVERS + READERS + 1) == []
    assert not PendingEvent.objects.exists()
    for events in walked:
        assert [position for position, _, _ in events] == list(range(1, len(committed) + 1))
        assert sorted((attempt, revision) for _, attempt, revision in events) == sorted(committed)
        for attempt in attempts:
            revisions = [revision for _, subject, revision in events if subject == attempt]
            assert revisions == list(range(1, len(revisions) + 1))


@pytest.fixture
def assessment() -> Assessment:
    """A choice and an essay."""
    course = factories.make_course(instructors=(factories.make_user(),))
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
    factories.single_choice(assessment, points=2)
    factories.essay(assessment, points=2)
    return assessment


@pytest.fixture
def instructor(assessment: Assessment) -> User:
    return assessment.lesson.course.instructors.get()


@pytest.fixture
def attempt(assessment: Assessment) -> AssessmentAttempt:
    """Open, with both questions answered, the choice wrongly."""
    learner = factories.make_learner(assessment.lesson.course)
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    choice, essay = assessment.questions.order_by("order")
    responses = [given(attempt, choice, "wrong"), given(attempt, essay, "Thoughts.")]
    return submit_answers(learner=learner, attempt_id=attempt.pk, responses=responses)


def _feed() -> list[str]:
    settle()
    return list(Event.objects.order_by("pk").values_list("type", flat=True))


def test_a_regrade_that_waits_for_a_grade_comes_after_it(
    attempt: AssessmentAttempt, assessment: Assessment, instructor: User
) -> None:
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    task = attempt.answers.get(question__question_type="essay")
    Answer.objects.filter(answer_text="wrong").update(is_correct=True)
    Answer.objects.filter(answer_text="right").update(is_correct=False)
    one_after_the_other(
        lambda: grade_answer(grader=instructor, task_id=task.pk, points=1),
        lambda: apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=RegradePolicy.EXACT),
    )
    assert _feed()[-3:] == ["attempt.completed", "attempt.graded", "attempt.regraded"]


def test_a_grade_that_waits_for_the_completion_comes_after_it(
    attempt: AssessmentAttempt, instructor: User
) -> None:
    task = attempt.answers.get(question__question_type="essay")
    AssessmentAttempt.objects.filter(pk=attempt.pk).update(is_completed=False)
    one_after_the_other(
        lambda: complete_attempt(learner=attempt.user, attempt_id=attempt.pk),
        lambda: _graded_once_completed(instructor, task.pk, attempt.pk),
    )
    assert _feed()[-2:] == ["attempt.completed", "attempt.graded"]


def _graded_once_completed(instructor: User, task_id: int, attempt_id: int) -> None:
    """Grade as somebody whose transaction has an id already, and then waits for the attempt."""
    with transaction.atomic():
        execute("SELECT pg_current_xact_id()")
        AssessmentAttempt.objects.select_for_update(no_key=True).get(pk=attempt_id)
        grade_answer(grader=instructor, task_id=task_id, points=1)


def test_an_event_that_is_committed_late_gets_a_later_position() -> None:
    def early() -> None:
        record(EventType.COURSE_CHANGED, [Subject(1, 1)])

    def late() -> None:
        record(EventType.COURSE_CHANGED, [Subject(2, 2)])
        move_events()

    one_after_the_other(early, late)
    settle()
    assert list(Event.objects.order_by("pk").values_list("subject_id", flat=True)) == [2, 1]


def test_only_one_moves_and_the_other_goes_away() -> None:
    record(EventType.COURSE_CHANGED, [Subject(1, 1)])
    moved = []

    def hold() -> None:
        execute("SELECT pg_advisory_xact_lock(%(mover)s)", mover=MOVER)

    one_after_the_other(hold, lambda: moved.append(move_events()))
    assert moved == [0]
    assert PendingEvent.objects.count() == 1


def test_settling_waits_for_who_moves() -> None:
    record(EventType.COURSE_CHANGED, [Subject(1, 1)])
    settled = []
    one_after_the_other(move_events, lambda: settled.append(settle()))
    assert settled == [1]


def test_who_is_erased_while_their_events_are_moved_is_nobody_in_the_feed() -> None:
    learner = factories.make_user()
    record(EventType.LESSON_COMPLETED, [Subject(1, 1, learner.pk)])
    one_after_the_other(move_events, lambda: erase_person(person=learner))
    assert list(Event.objects.values_list("learner_id", flat=True)) == [None]


@pytest.fixture
def one_snapshot() -> Iterator[None]:
    """Transactions of this connection have one snapshot each, taken by the first statement that reads."""
    execute("SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    yield
    connection.close()


def test_under_one_snapshot_everything_seen_is_up_to_the_position_and_nothing_else(
    one_snapshot: None,
) -> None:
    record(EventType.COURSE_CHANGED, [Subject(1, 1)])
    with transaction.atomic():
        hold_feed()
        assert list(PendingEvent.objects.values_list("subject_id", flat=True)) == [1]
        assert at_once(lambda _: record(EventType.COURSE_CHANGED, [Subject(2, 2)]), 1) == []
        assert move_everything() == 1
        assert not PendingEvent.objects.exists()
    move_events()
    assert list(Event.objects.order_by("pk").values_list("pk", "subject_id")) == [(1, 1), (2, 2)]
