"""`python -m tests.benchmarks.generate_load`: what it writes is what the server itself could have written."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Course, CourseStats, Enrollment, User
from courses.rules import grading
from courses.services.statistics import refresh_stale
from courses.utils.sql import fetch
from schema.core import ids
from tests import factories, taking
from tests.benchmarks.generate_load import main
from tests.benchmarks.generated_load import generate
from tests.benchmarks.generated_load.scale import Scale
from tests.operations import operation

pytestmark = pytest.mark.django_db

SMALL = Scale(courses=3, learners=7, attempts=100, seed=5, until=datetime(2026, 3, 1, tzinfo=UTC))


def _drawn() -> list[tuple[Any, ...]]:
    """What was drawn at random, without the keys that a second load counts on from."""
    attempts = AssessmentAttempt.objects.order_by("pk")
    answers = AttemptAnswer.objects.order_by("attempt_id", "question_id")
    return [
        *attempts.values_list("start_time", "end_time", "score", "max_score", "attempt_number"),
        *answers.values_list("selected_answer__order", "credit", "answered_at", "revision"),
    ]


def test_it_writes_as_many_as_it_was_asked_and_says_how_many_rows() -> None:
    rows = generate(SMALL)
    assert Course.objects.count() == 3
    assert Enrollment.objects.count() == 7 * 3
    assert AssessmentAttempt.objects.count() == 100
    assert AttemptAnswer.objects.count() == 1_000
    tables = connection.introspection.table_names()
    filled = [name for name in tables if name.startswith("courses_") and name != "courses_statisticschange"]
    assert rows == sum(fetch(f"SELECT count(*) FROM {name}")[0].count for name in filled)


def test_attempts_are_numbered_without_gaps() -> None:
    generate(SMALL)
    numbers = fetch(
        "SELECT array_agg(attempt_number ORDER BY start_time) AS found FROM courses_assessmentattempt "
        "GROUP BY user_id, assessment_id"
    )
    assert all(row.found == list(range(1, len(row.found) + 1)) for row in numbers)
    assert max(len(row.found) for row in numbers) > 1


def test_nobody_has_used_up_the_attempts_of_an_assessment() -> None:
    generate(SMALL)
    made = fetch("SELECT max(attempt_number) AS most FROM courses_assessmentattempt")[0].most
    assert set(Assessment.objects.values_list("max_attempts", flat=True)) == {made + 2}


def test_learners_only_take_assessments_of_courses_that_they_take() -> None:
    generate(Scale(courses=9, learners=7, attempts=100, seed=5, until=SMALL.until))
    attempts = AssessmentAttempt.objects.values_list("user_id", "assessment__lesson__course_id")
    assert set(attempts) <= set(Enrollment.objects.values_list("user_id", "course_id"))


def test_every_answer_has_the_grade_that_grading_gives_it() -> None:
    generate(SMALL)
    for answer in AttemptAnswer.objects.filter(attempt__is_completed=True).select_related("question"):
        stored = answer.credit, answer.is_correct, answer.points_earned
        grade = grading.grade(answer.question.to_rule(), answer.response)
        assert stored == (grade.credit, grade.is_correct, grade.points)


def test_the_score_is_the_sum_of_the_points_and_decides_whether_it_is_passed() -> None:
    generate(SMALL)
    for attempt in AssessmentAttempt.objects.filter(is_completed=True):
        stored = attempt.score, attempt.max_score, attempt.is_passed
        factories.rescore(attempt)
        assert stored == (attempt.score, attempt.get_possible_points(), attempt.is_passed)


def test_the_last_attempt_of_one_learner_in_ten_is_open_and_ungraded() -> None:
    generate(Scale(courses=2, learners=20, attempts=60, seed=1, until=SMALL.until))
    opened = AssessmentAttempt.objects.filter(is_completed=False)
    assert opened.count() == 2
    graded = AttemptAnswer.objects.filter(attempt__in=opened, credit__isnull=False)
    assert not graded.exists()


def test_everything_happened_in_its_order_before_the_day_that_was_named() -> None:
    generate(SMALL)
    late = AssessmentAttempt.objects.exclude(end_time__lt=SMALL.until).filter(is_completed=True)
    assert not late.exists()
    wrong = fetch(
        "SELECT FROM courses_attemptanswer AS answer JOIN courses_assessmentattempt AS attempt "
        "ON attempt.id = answer.attempt_id WHERE answered_at NOT BETWEEN attempt.start_time AND attempt.updated_date"
    )
    assert wrong == []


def test_the_api_shows_an_attempt_in_its_layout_with_what_was_picked(api: Callable[..., Any]) -> None:
    generate(SMALL)
    attempt = AssessmentAttempt.objects.filter(is_completed=True, assessment__randomize_questions=True)[0]
    page = taking.page(api, attempt.user, ids.encode("AssessmentAttempt", attempt.pk))
    assert page["score"] == attempt.score
    assert page["answeredCount"] == len(page["questions"]) == 10
    for question, entry in zip(page["questions"], attempt.layout["questions"], strict=True):
        answer = attempt.answers.get(question=entry["id"])
        place = entry["choices"].index(answer.selected_answer_id)
        assert question["response"]["choices"] == [question["choices"][place]["id"]]
        assert question["result"]["pointsEarned"] == answer.points_earned


def test_an_open_attempt_can_be_handed_in(api: Callable[..., Any]) -> None:
    generate(SMALL)
    attempt = AssessmentAttempt.objects.filter(is_completed=False).first()
    assert attempt is not None
    variables = {"input": {"attemptId": ids.encode("AssessmentAttempt", attempt.pk)}}
    completed = api(operation("complete_attempt"), attempt.user, **variables)["completeAttempt"]
    assert (completed["userErrors"], completed["attempt"]["state"]) == ([], "COMPLETED")


def test_the_same_seed_gives_the_same_data_and_another_one_does_not() -> None:
    generate(SMALL)
    first = _drawn()
    User.objects.all().delete()
    Course.objects.all().delete()
    generate(SMALL)
    assert _drawn() == first
    User.objects.all().delete()
    Course.objects.all().delete()
    generate(Scale(courses=3, learners=7, attempts=100, seed=6, until=SMALL.until))
    assert _drawn() != first


def test_a_second_load_comes_beside_what_is_there() -> None:
    generate(SMALL)
    generate(SMALL)
    assert AssessmentAttempt.objects.count() == 200
    assert User.objects.values("username").distinct().count() == 2 * (7 + 1)


def test_no_index_and_no_constraint_is_missing_afterwards() -> None:
    def parts() -> list[Any]:
        return fetch(
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "UNION ALL SELECT indrelid::regclass::text, indexrelid::regclass::text, pg_get_indexdef(indexrelid) "
            "FROM pg_index ORDER BY 1, 2, 3"
        )

    before = parts()
    generate(SMALL)
    assert parts() == before


def test_the_statistics_of_the_courses_are_computed_next() -> None:
    generate(SMALL)
    assert refresh_stale() == 3
    stats = CourseStats.objects.order_by("pk")[0]
    assert stats.total_students == 7
    assert sum(each["attempts"] for each in stats.assessment_stats.values()) > 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--courses=0"], "at least one course"),
        (["--learners=1", "--attempts=1001"], "more learners"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    options: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(options)
    assert sentence in capsys.readouterr().err
    assert not Course.objects.exists()
