"""Saving answers and marks: what is written, what changes nothing, and what is refused whole."""

import re
from contextlib import closing
from typing import Any

import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, AttemptAnswer, Question, User
from courses.services.attempt_responses import GivenResponse
from courses.services.attempts import complete_attempt, flag_question, start_attempt, submit_answers
from courses.services.changes import attempt_topic, watch_of
from courses.utils.clock import database_now
from tests import factories
from tests.statements import strings_sent
from tests.taking import given, let_time_run_out, six_types

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> Assessment:
    return six_types(max_attempts=3, time_limit=30)


@pytest.fixture
def learner(assessment: Assessment) -> User:
    return factories.make_learner(assessment.lesson.course)


@pytest.fixture
def attempt(assessment: Assessment, learner: User) -> AssessmentAttempt:
    return start_attempt(learner=learner, assessment_id=assessment.pk).attempt


def _question(attempt: AssessmentAttempt, text: str) -> Question:
    return attempt.assessment.questions.get(question_text=text)


def _submit(attempt: AssessmentAttempt, text: str, *texts: str, base: int | None = None) -> AssessmentAttempt:
    """Answer one question with choices or a text."""
    answer = given(attempt, _question(attempt, text), *texts)
    return submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[answer], base_revision=base)


def _rows(attempt: AssessmentAttempt) -> list[Any]:
    return list(AttemptAnswer.objects.filter(attempt=attempt).order_by("pk").values())


# ---------------------------------------------------------------- saving


def test_an_answer_is_saved_with_the_ids_of_its_choices_and_is_not_graded(attempt: AssessmentAttempt) -> None:
    before = database_now()
    _submit(attempt, "Single?", "Paris")
    answer = attempt.answers.get()
    picked = _question(attempt, "Single?").answers.get(answer_text="Paris")
    assert answer.response == {"choices": [picked.pk]}
    assert (answer.selected_answer, answer.text_answer, answer.revision) == (picked, "", 1)
    assert before <= answer.answered_at <= database_now()
    assert (answer.credit, answer.is_correct, answer.points_earned) == (None, None, 0)


def test_a_text_also_stands_in_the_column_for_texts(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Short?", "Meiosis ")
    answer = attempt.answers.get()
    assert (answer.response, answer.text_answer, answer.selected_answer) == (
        {"text": "Meiosis "},
        "Meiosis ",
        None,
    )


def test_answering_again_replaces_the_answer_and_makes_a_new_revision(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "Paris")
    first = attempt.answers.get()
    _submit(attempt, "Single?", "London")
    answer = attempt.answers.get()
    assert answer.selected_answer is not None
    assert (answer.selected_answer.answer_text, answer.revision) == ("London", 2)
    assert (answer.pk, answer.answered_at > first.answered_at) == (first.pk, True)
    attempt.refresh_from_db()
    assert attempt.revision == 2


def test_a_text_is_replaced_in_the_column_for_texts_as_well(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Short?", "Meiosis")
    _submit(attempt, "Short?", "Mitosis")
    answer = attempt.answers.get()
    assert (answer.response, answer.text_answer) == ({"text": "Mitosis"}, "Mitosis")


def test_the_same_response_again_is_a_success_that_changes_nothing(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Several?", "two", "six")
    before = _rows(attempt)
    assert _submit(attempt, "Several?", "six", "two").revision == 1
    assert _rows(attempt) == before


@pytest.mark.django_db(transaction=True)
def test_a_change_moves_the_dates_of_the_attempt_and_of_the_answer(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Short?", "Mitosis")
    before = AssessmentAttempt.objects.get().updated_date, AttemptAnswer.objects.get().updated_date
    _submit(attempt, "Short?", "Meiosis")
    assert AssessmentAttempt.objects.get().updated_date > before[0]
    assert AttemptAnswer.objects.get().updated_date > before[1]


@pytest.mark.django_db(transaction=True)
def test_whoever_watches_is_told_of_a_change_and_not_of_the_same_response_again(
    attempt: AssessmentAttempt,
) -> None:
    _submit(attempt, "Short?", "Mitosis")
    with closing(psycopg2.connect(**connection.get_connection_params())) as watching:
        watching.autocommit = True
        with watching.cursor() as cursor:
            cursor.execute("LISTEN courses_changes")
            cursor.execute("SELECT pg_advisory_lock_shared(%s, %s)", watch_of(attempt_topic(attempt.pk)))
            _submit(attempt, "Short?", "Mitosis")
            _submit(attempt, "Short?", "Meiosis")
            cursor.execute("SELECT 1")
        assert [(told.channel, told.payload) for told in watching.notifies] == [
            ("courses_changes", f"attempt:{attempt.pk}")
        ]


def test_all_answers_of_a_call_share_one_revision(attempt: AssessmentAttempt) -> None:
    answers = [
        given(attempt, _question(attempt, "Single?"), "Paris"),
        given(attempt, _question(attempt, "Short?"), "mitosis"),
    ]
    submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=answers)
    assert list(attempt.answers.values_list("revision", flat=True)) == [1, 1]


def test_null_clears_an_answer_and_keeps_the_mark(attempt: AssessmentAttempt) -> None:
    question = _question(attempt, "Single?")
    _submit(attempt, "Single?", "Paris")
    flag_question(learner=attempt.user, attempt_id=attempt.pk, question_id=question.pk, is_flagged=True)
    submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[GivenResponse(question.pk, None)])
    answer = attempt.answers.get()
    assert (answer.response, answer.selected_answer, answer.is_flagged, answer.revision) == (
        None,
        None,
        True,
        2,
    )


def test_clearing_what_was_never_answered_changes_nothing(attempt: AssessmentAttempt) -> None:
    question = _question(attempt, "Single?")
    saved = submit_answers(
        learner=attempt.user, attempt_id=attempt.pk, responses=[GivenResponse(question.pk, None)]
    )
    assert (saved.revision, _rows(attempt)) == (0, [])


@pytest.mark.parametrize(
    "texts", [{"Single?": "Paris"}, {"Single?": "Paris", "True?": "True", "Short?": "Mitosis"}]
)
def test_a_save_is_one_statement_that_locks_and_one_that_writes(
    attempt: AssessmentAttempt, texts: dict[str, str]
) -> None:
    answers = [given(attempt, _question(attempt, question), text) for question, text in texts.items()]
    with CaptureQueriesContext(connection) as run:
        submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=answers)
    locks, writes = (each["sql"] for each in run if "SAVEPOINT" not in each["sql"])
    assert locks.count("FOR NO KEY UPDATE") == 1
    assert writes.count("UPDATE courses_assessmentattempt") == writes.count("pg_notify") == 1
    assert attempt.answers.filter(revision=1).count() == len(texts)


@pytest.mark.django_db(transaction=True)
def test_a_save_takes_two_round_trips_and_one_that_changes_nothing_does_not_write(
    attempt: AssessmentAttempt,
) -> None:
    _submit(attempt, "Single?", "London")
    answer = given(attempt, _question(attempt, "Single?"), "Paris")
    with strings_sent() as sent:
        for _ in range(2):
            submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[answer])
    begin = ["BEGIN", *["SET"] * 3, *["EXECUTE"] * 2]
    assert sent == [begin, ["EXECUTE", "COMMIT"], begin, ["COMMIT"]]


@pytest.mark.django_db(transaction=True)
def test_an_attempt_begins_and_ends_in_two_round_trips_each(assessment: Assessment, learner: User) -> None:
    _again(assessment, learner)  # in a session that has prepared the statements
    with strings_sent() as begun:
        attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    with strings_sent() as resumed:
        assert start_attempt(learner=learner, assessment_id=assessment.pk).attempt == attempt
    answer = given(attempt, _question(attempt, "Short?"), "Mitosis")
    with strings_sent() as ended:
        complete_attempt(learner=learner, attempt_id=attempt.pk, responses=[answer])
    begin = ["BEGIN", *["SET"] * 3, *["EXECUTE"] * 2]
    assert begun == [[*begin, "EXECUTE"], [*["EXECUTE"] * 3, "COMMIT"]]
    assert resumed == [[*begin, "EXECUTE"], ["COMMIT"]]
    assert ended == [begin, [*["EXECUTE"] * 6, "COMMIT"]]


def _again(assessment: Assessment, learner: User) -> None:
    attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
    complete_attempt(learner=learner, attempt_id=attempt.pk)


def test_saving_does_the_same_work_whether_right_or_wrong(assessment: Assessment) -> None:
    work = []
    for text in ("Paris", "London"):
        learner = factories.make_learner(assessment.lesson.course)
        attempt = start_attempt(learner=learner, assessment_id=assessment.pk).attempt
        answer = given(attempt, _question(attempt, "Single?"), text)
        with CaptureQueriesContext(connection) as statements:
            submit_answers(learner=learner, attempt_id=attempt.pk, responses=[answer])
        work.append([re.sub(r"'[^']*'|[0-9]+", "", each["sql"]) for each in statements])
    assert work[0] == work[1]


# ---------------------------------------------------------------- two tabs


def test_an_older_revision_is_refused_and_nothing_written(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "Paris", base=0)
    before = _rows(attempt)
    with pytest.raises(exceptions.StaleRevision) as raised:
        _submit(attempt, "Single?", "London", base=0)
    assert raised.value.field == ("baseRevision",)
    assert _rows(attempt) == before


def test_an_older_revision_is_fine_when_every_answer_is_unchanged(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "Paris", base=0)
    assert _submit(attempt, "Single?", "Paris", base=0).revision == 1


def test_the_newest_revision_may_change_everything(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "Paris", base=0)
    assert _submit(attempt, "Single?", "London", base=1).revision == 2


def test_without_a_revision_the_last_one_wins(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "Paris")
    assert _submit(attempt, "Single?", "London").revision == 2


# ---------------------------------------------------------------- marks


def test_a_mark_is_no_answer_and_no_revision(attempt: AssessmentAttempt) -> None:
    question = _question(attempt, "Essay?")
    marked = flag_question(
        learner=attempt.user, attempt_id=attempt.pk, question_id=question.pk, is_flagged=True
    )
    answer = attempt.answers.get()
    assert (answer.is_flagged, answer.response, answer.credit, marked.revision) == (True, None, None, 0)


def test_a_mark_is_taken_away_and_the_answer_stays(attempt: AssessmentAttempt) -> None:
    question = _question(attempt, "Essay?")
    _submit(attempt, "Essay?", "Thoughts.")
    for is_flagged in (True, False):
        flag_question(
            learner=attempt.user, attempt_id=attempt.pk, question_id=question.pk, is_flagged=is_flagged
        )
        answer = attempt.answers.get()
        assert (answer.is_flagged, answer.response) == (is_flagged, {"text": "Thoughts."})


def test_a_question_of_another_assessment_cannot_be_marked(attempt: AssessmentAttempt) -> None:
    foreign = factories.essay(factories.make_assessment())
    with pytest.raises(exceptions.NotFound) as raised:
        flag_question(learner=attempt.user, attempt_id=attempt.pk, question_id=foreign.pk, is_flagged=True)
    assert raised.value.field == ("questionId",)
    assert _rows(attempt) == []


# ---------------------------------------------------------------- refusals


@pytest.fixture(params=["submit", "flag"])
def write(request: pytest.FixtureRequest) -> Any:
    """A write to an attempt: saving an answer, or marking a question."""

    def submit(learner: User, attempt: AssessmentAttempt) -> None:
        answer = given(attempt, _question(attempt, "Single?"), "London")
        submit_answers(learner=learner, attempt_id=attempt.pk, responses=[answer])

    def flag(learner: User, attempt: AssessmentAttempt) -> None:
        question = _question(attempt, "Single?")
        flag_question(learner=learner, attempt_id=attempt.pk, question_id=question.pk, is_flagged=True)

    return {"submit": submit, "flag": flag}[request.param]


def test_an_attempt_of_somebody_else_is_not_found_not_even_by_staff(
    attempt: AssessmentAttempt, write: Any
) -> None:
    for stranger in (factories.make_learner(attempt.assessment.lesson.course), factories.make_staff()):
        with pytest.raises(exceptions.NotFound) as raised:
            write(stranger, attempt)
        assert raised.value.field == ("attemptId",)
    assert _rows(attempt) == []


def test_an_attempt_that_a_person_ended_refuses_with_attempt_closed(
    attempt: AssessmentAttempt, write: Any
) -> None:
    _submit(attempt, "Single?", "Paris")
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    before = _rows(attempt)
    with pytest.raises(exceptions.AttemptClosed) as raised:
        write(attempt.user, attempt)
    assert raised.value.field == ("attemptId",)
    assert _rows(attempt) == before


def test_late_writes_are_refused_with_time_expired_and_nothing_saved_before_is_lost(
    attempt: AssessmentAttempt, write: Any
) -> None:
    _submit(attempt, "Single?", "Paris")
    let_time_run_out(attempt)
    for _ in range(2):
        with pytest.raises(exceptions.TimeExpired) as raised:
            write(attempt.user, attempt)
        assert raised.value.field == ("attemptId",)
    attempt.refresh_from_db()
    answer = attempt.answers.get()
    assert (attempt.is_completed, attempt.ended_by, attempt.score) == (True, "timer", 2)
    assert answer.selected_answer is not None
    assert (answer.selected_answer.answer_text, answer.is_flagged) == ("Paris", False)


def test_one_answer_that_does_not_fit_leaves_all_of_the_call_unwritten(attempt: AssessmentAttempt) -> None:
    answers = [
        given(attempt, _question(attempt, "Single?"), "Paris"),
        GivenResponse(_question(attempt, "Several?").pk, {"choices": [9]}, ("answers", "1")),
    ]
    with pytest.raises(exceptions.ResponseMismatch) as raised:
        submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=answers)
    assert raised.value.field == ("answers", "1", "response", "choices")
    attempt.refresh_from_db()
    assert (attempt.revision, _rows(attempt)) == (0, [])


def test_a_question_is_answered_once_in_a_call(attempt: AssessmentAttempt) -> None:
    answer = given(attempt, _question(attempt, "Single?"), "Paris")
    with pytest.raises(exceptions.ResponseMismatch, match="each question once"):
        submit_answers(learner=attempt.user, attempt_id=attempt.pk, responses=[answer, answer])
    assert _rows(attempt) == []


# ---------------------------------------------------------------- the last line of defence


@pytest.mark.parametrize(
    "change", [{"response": {"choices": []}}, {"text_answer": "late"}, {"revision": 9}, {"is_flagged": True}]
)
def test_the_database_itself_keeps_answers_as_they_were_at_the_end(
    attempt: AssessmentAttempt, change: dict[str, Any]
) -> None:
    _submit(attempt, "Single?", "Paris")
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    with pytest.raises(IntegrityError, match="cannot change any more"), transaction.atomic():
        attempt.answers.update(**change)


def test_the_database_lets_grades_change_after_the_end(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "London")
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    attempt.answers.update(
        credit=1, is_correct=True, points_earned=2, feedback="Fine.", graded_at=database_now()
    )
    assert attempt.answers.get().feedback == "Fine."


def test_the_database_lets_a_finished_attempt_and_its_answers_be_deleted(attempt: AssessmentAttempt) -> None:
    _submit(attempt, "Single?", "London")
    complete_attempt(learner=attempt.user, attempt_id=attempt.pk)
    attempt.user.delete()
    assert AttemptAnswer.objects.count() == 0
