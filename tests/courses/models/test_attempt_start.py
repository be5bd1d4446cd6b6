"""Starting an attempt: what is written down for good, and how attempts are numbered and limited."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, User
from courses.utils.model_helpers import database_now
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

START = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


def test_starting_writes_down_all_that_holds_for_the_attempt(assessment: Assessment, learner: User) -> None:
    Assessment.objects.filter(pk=assessment.pk).update(time_limit=30)
    assessment.refresh_from_db()
    before = database_now()
    attempt = factories.make_attempt(learner, assessment)
    attempt.refresh_from_db()
    assert before <= attempt.start_time <= database_now()
    assert attempt.deadline_at == attempt.start_time + timedelta(minutes=30)
    assert (attempt.passing_score, attempt.max_score, attempt.attempt_number) == (50, 10, 1)
    assert (attempt.is_completed, attempt.is_passed, attempt.end_time, attempt.ended_by) == (
        False,
        None,
        None,
        None,
    )
    laid_out = [entry["id"] for entry in attempt.layout["questions"]]
    assert laid_out == list(assessment.questions.order_by("order").values_list("pk", flat=True))


def test_without_a_limit_there_is_no_deadline(assessment: Assessment, learner: User) -> None:
    assert factories.make_attempt(learner, assessment).deadline_at is None


def test_a_given_start_is_kept_and_the_deadline_counts_from_it(learner: User) -> None:
    attempt = factories.make_attempt(learner, factories.make_assessment(time_limit=1), start_time=START)
    attempt.refresh_from_db()
    assert (attempt.start_time, attempt.deadline_at) == (START, START + timedelta(minutes=1))


def test_later_changes_of_the_assessment_leave_a_started_attempt_alone(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_attempt(learner, assessment)
    layout = attempt.layout
    assessment.passing_score, assessment.time_limit = 90, 5
    assessment.save()
    factories.single_choice(assessment)
    attempt.save()
    attempt.refresh_from_db()
    assert (attempt.passing_score, attempt.deadline_at, attempt.layout) == (50, None, layout)


def test_attempts_are_numbered_after_the_highest_and_not_by_their_count(
    assessment: Assessment, learner: User
) -> None:
    factories.make_completed_attempt(learner, assessment).delete()
    assert factories.make_completed_attempt(learner, assessment).attempt_number == 1
    assert factories.make_completed_attempt(learner, assessment).attempt_number == 2
    AssessmentAttempt.objects.filter(attempt_number=1).delete()
    assert factories.make_attempt(learner, assessment).attempt_number == 3


def test_each_learner_has_numbers_of_their_own(assessment: Assessment, learner: User) -> None:
    factories.make_attempt(learner, assessment)
    assert factories.make_attempt(factories.make_user(), assessment).attempt_number == 1


def test_the_limit_refuses_one_attempt_more_and_still_grades_the_last(
    assessment: Assessment, learner: User
) -> None:
    for _ in range(3):
        last = factories.make_completed_attempt(learner, assessment)
    last.save()
    with pytest.raises(exceptions.AttemptLimitReached):
        factories.make_attempt(learner, assessment)
    assert learner.attempts.count() == 3


def test_a_second_attempt_is_refused_while_one_is_open(assessment: Assessment, learner: User) -> None:
    factories.make_attempt(learner, assessment)
    with pytest.raises(exceptions.Conflict, match="still open"):
        factories.make_attempt(learner, assessment)
    assert learner.attempts.count() == 1


@pytest.mark.parametrize(
    ("second", "constraint"),
    [({"attempt_number": 2}, "one_open_attempt"), ({"attempt_number": 1}, "unique_attempt_number")],
)
def test_the_database_refuses_what_saving_would_have(
    assessment: Assessment, learner: User, second: dict[str, int], constraint: str
) -> None:
    first = factories.make_attempt(learner, assessment)
    if constraint == "unique_attempt_number":
        first.complete()
    row = AssessmentAttempt(user=learner, assessment=assessment, passing_score=50, start_time=START, **second)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        AssessmentAttempt.objects.bulk_create([row])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_enrolled", [True, False])
def test_of_thirty_two_starts_at_once_one_makes_an_attempt(is_enrolled: bool) -> None:
    assessment = factories.make_assessment(max_attempts=2)
    learner = factories.make_learner(assessment.lesson.course) if is_enrolled else factories.make_user()
    raised = at_once(lambda _: factories.make_attempt(learner, assessment))
    assert [type(error) for error in raised] == [exceptions.Conflict] * 31
    assert learner.attempts.get().attempt_number == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_enrolled", [True, False])
def test_thirty_two_writers_never_make_more_attempts_than_two(is_enrolled: bool) -> None:
    assessment = factories.make_assessment(max_attempts=2)
    learner = factories.make_learner(assessment.lesson.course) if is_enrolled else factories.make_user()

    def start_and_complete(_: int) -> None:
        while True:
            try:
                factories.make_attempt(learner, assessment).complete()
            except exceptions.Conflict:
                continue

    raised = at_once(start_and_complete)
    assert [type(error) for error in raised] == [exceptions.AttemptLimitReached] * 32
    assert sorted(learner.attempts.values_list("attempt_number", flat=True)) == [1, 2]
