"""Completing an attempt happens once: it grades, scores and stamps, and nothing changes the result later."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from courses.constants import AttemptEnd
from courses.models import Answer, Assessment, AssessmentAttempt, AttemptAnswer, User
from courses.utils.model_helpers import database_now
from tests import factories
from tests.concurrency import at_once

pytestmark = pytest.mark.django_db

START = datetime(2024, 5, 1, 9, 0, tzinfo=UTC)


def test_completing_grades_scores_and_stamps(learner: User) -> None:
    assessment = factories.make_assessment(passing_score=80)
    question = factories.single_choice(assessment, points=4)
    factories.true_false(assessment, points=1)
    attempt = factories.make_attempt(learner, assessment, start_time=START)
    AttemptAnswer.objects.bulk_create(
        [
            AttemptAnswer(
                attempt=attempt,
                question=question,
                response={"choices": [question.answers.get(is_correct=True).pk]},
                answered_at=START,
            )
        ]
    )
    attempt.is_completed, attempt.end_time = True, START + timedelta(seconds=90, milliseconds=900)
    attempt.save()
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score, attempt.is_passed) == (4, 5, True)
    assert (attempt.time_taken_seconds, attempt.ended_by) == (90, AttemptEnd.LEARNER)
    answer = attempt.answers.get()
    assert (answer.credit, answer.is_correct, answer.points_earned) == (Decimal(1), True, 4)


def test_completing_without_a_moment_takes_the_databases_clock(assessment: Assessment, learner: User) -> None:
    before = database_now()
    attempt = factories.make_completed_attempt(learner, assessment)
    assert attempt.end_time is not None
    assert before <= attempt.end_time <= database_now()


def test_an_end_before_the_start_counts_as_no_time(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_attempt(learner, assessment)
    attempt.complete(ended_by=AttemptEnd.TIMER, end_time=attempt.start_time - timedelta(seconds=5))
    assert (attempt.time_taken_seconds, attempt.time_taken, attempt.ended_by) == (0, timedelta(0), "timer")


def test_naming_only_the_switch_in_update_fields_still_writes_the_whole_result(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_attempt(learner, assessment)
    factories.pick(attempt, assessment.questions.get(order=1), "right")
    attempt.is_completed = True
    attempt.save(update_fields=["is_completed"])
    attempt.refresh_from_db()
    assert (attempt.is_completed, attempt.score, attempt.ended_by) == (True, 4, "learner")


def test_completing_a_second_time_changes_nothing(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_completed_attempt(learner, assessment)
    result = AssessmentAttempt.objects.values("score", "end_time", "ended_by", "is_passed").get(pk=attempt.pk)
    Answer.objects.update(is_correct=False)
    attempt.complete(ended_by=AttemptEnd.STAFF, end_time=START)
    assert AssessmentAttempt.objects.values(*result).get(pk=attempt.pk) == result
    assert (attempt.ended_by, attempt.end_time) == (result["ended_by"], result["end_time"])


def test_a_stale_instance_neither_reopens_nor_rescores_a_completed_attempt(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_attempt(learner, assessment)
    stale = AssessmentAttempt.objects.get(pk=attempt.pk)
    factories.pick(attempt, assessment.questions.get(order=1), "right")
    attempt.complete()
    stale.score = 9
    stale.save()
    stored = AssessmentAttempt.objects.get(pk=attempt.pk)
    assert (stored.is_completed, stored.score, stored.end_time) == (True, 4, attempt.end_time)
    assert stale.score == 4


def test_saving_other_fields_of_a_completed_attempt_is_possible(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_completed_attempt(learner, assessment)
    attempt.user_agent = "Browser"
    attempt.save(update_fields=["user_agent"])
    attempt.refresh_from_db()
    assert (attempt.user_agent, attempt.score) == ("Browser", 4)


def test_the_maximum_at_the_end_is_that_of_the_start_whatever_was_edited_or_added_meanwhile(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_attempt(learner, assessment)
    factories.pick(attempt, assessment.questions.get(order=1), "right")
    assessment.questions.filter(order=1).update(points=8)
    factories.single_choice(assessment, points=100)
    attempt.complete()
    assert (attempt.score, attempt.max_score) == (4, 10)


def test_the_key_at_the_end_grades_what_was_saved_before(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_attempt(learner, assessment)
    question = assessment.questions.get(order=1)
    factories.pick(attempt, question, "wrong")
    question.answers.filter(text="wrong").update(is_correct=True)
    question.answers.filter(text="right").update(is_correct=False)
    attempt.complete()
    assert attempt.score == 4


def test_a_persons_grade_survives_completing(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_attempt(learner, assessment)
    answer = factories.pick(attempt, assessment.questions.get(order=1), "wrong")
    AttemptAnswer.objects.filter(pk=answer.pk).update(
        credit=Decimal("0.5"), points_earned=2, graded_by=factories.make_user(), graded_at=START
    )
    attempt.complete()
    assert attempt.score == 2


@pytest.mark.parametrize(
    ("passing_score", "right", "is_passed"),
    [(40, True, True), (41, True, None), (60, False, False), (50, False, None)],
)
def test_while_an_essay_waits_the_pass_mark_is_set_only_when_it_is_certain(
    passing_score: int, right: bool, is_passed: bool | None
) -> None:
    assessment = factories.make_assessment(passing_score=passing_score)
    choice, essay = factories.single_choice(assessment, points=4), factories.essay(assessment, points=5)
    factories.true_false(assessment, points=1)
    attempt = factories.make_attempt(factories.make_user(), assessment)
    factories.pick(attempt, choice, "right" if right else "wrong")
    factories.answer(attempt, essay, {"text": "Long thoughts."})
    attempt.complete()
    assert (attempt.max_score, attempt.is_passed) == (10, is_passed)


def test_rescoring_follows_the_grades_of_answers(assessment: Assessment, learner: User) -> None:
    attempt = factories.make_attempt(learner, assessment)
    answer = factories.answer(attempt, assessment.questions.get(order=3), {"text": "Long thoughts."})
    attempt.complete()
    assert (attempt.score, attempt.is_passed) == (0, None)
    AttemptAnswer.objects.filter(pk=answer.pk).update(
        credit=1, is_correct=True, points_earned=5, graded_at=START
    )
    factories.rescore(attempt)
    attempt.refresh_from_db()
    assert (attempt.score, attempt.is_passed) == (5, True)


def test_a_row_added_as_completed_keeps_its_score_and_gets_the_pass_mark(
    assessment: Assessment, learner: User
) -> None:
    attempt = factories.make_attempt(
        learner, assessment, is_completed=True, score=7, start_time=START, end_time=START
    )
    attempt.refresh_from_db()
    assert (attempt.score, attempt.max_score, attempt.is_passed, attempt.time_taken_seconds) == (
        7,
        10,
        True,
        0,
    )


@pytest.mark.django_db(transaction=True)
def test_completing_from_many_threads_gives_one_result() -> None:
    assessment = factories.make_assessment()
    question = factories.single_choice(assessment, points=4)
    attempt = factories.make_attempt(factories.make_user(), assessment)
    factories.pick(attempt, question, "right")
    moments, seen = count(), []

    def complete(_: int) -> None:
        mine = AssessmentAttempt.objects.get(pk=attempt.pk)
        mine.complete(end_time=attempt.start_time + timedelta(seconds=next(moments)))
        seen.append((mine.end_time, mine.time_taken_seconds, mine.score))

    assert at_once(complete) == []
    stored = AssessmentAttempt.objects.get(pk=attempt.pk)
    assert set(seen) == {(stored.end_time, stored.time_taken_seconds, 4)}
