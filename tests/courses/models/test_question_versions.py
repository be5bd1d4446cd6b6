"""Versions of questions: made by the first start after an edit, once for a content, and immutable."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from courses.models import Answer, Assessment, AssessmentAttempt, Question, QuestionVersion, question_versions
from courses.models.question_versions import current_versions, versions_by_id
from courses.rules.versions import Version, content_to_json, digest_of
from courses.services.attempts import complete_attempt, start_attempt
from courses.utils.kept import Kept
from tests import factories
from tests.concurrency import at_once
from tests.taking import RIGHT, six_types

pytestmark = pytest.mark.django_db


def _start(assessment: Assessment) -> AssessmentAttempt:
    learner = factories.make_learner(assessment.lesson.course)
    return start_attempt(learner=learner, assessment_id=assessment.pk).attempt


def _numbers(question: Question) -> list[int]:
    return list(question.versions.order_by("number").values_list("number", flat=True))


def _named(attempt: AssessmentAttempt, question: Question) -> QuestionVersion:
    [entry] = [entry for entry in attempt.layout["questions"] if entry["id"] == question.pk]
    return QuestionVersion.objects.get(pk=entry["version"])


def test_a_start_makes_the_versions_that_its_layout_names() -> None:
    assessment = six_types()
    assert not QuestionVersion.objects.exists()
    attempt = _start(assessment)
    for question in assessment.questions.all():
        version = _named(attempt, question)
        stored = content_to_json(question.to_content())
        assert (version.question, version.number, version.content) == (question, 1, stored)
        assert version.digest == digest_of(stored)
    assert QuestionVersion.objects.count() == len(RIGHT)
    assert attempt.layout["receipt"] == 2


def test_an_edit_makes_no_version_and_the_first_start_after_it_makes_one() -> None:
    assessment = factories.make_assessment()
    edited, other = factories.single_choice(assessment), factories.single_choice(assessment)
    before = _start(assessment)
    Question.objects.filter(pk=edited.pk).update(question_text="Edited?")
    assert (_numbers(edited), _numbers(other)) == ([1], [1])
    after = _start(assessment)
    _start(assessment)
    assert (_numbers(edited), _numbers(other)) == ([1, 2], [1])
    assert _named(before, edited).number == 1
    assert _named(after, edited).content["text"] == "Edited?"
    assert _named(after, other) == _named(before, other)


def test_content_that_returns_is_the_old_version_again() -> None:
    assessment = factories.make_assessment()
    question = factories.single_choice(assessment, points=4)
    first = _named(_start(assessment), question)
    Question.objects.filter(pk=question.pk).update(points=5)
    assert _named(_start(assessment), question).number == 2
    Question.objects.filter(pk=question.pk).update(points=4)
    assert _named(_start(assessment), question) == first
    assert _numbers(question) == [1, 2]


def test_another_place_among_the_questions_is_no_other_version() -> None:
    question = factories.single_choice(factories.make_assessment())
    _start(question.assessment)
    Question.objects.filter(pk=question.pk).update(order=7)
    _start(question.assessment)
    assert _numbers(question) == [1]


@pytest.mark.parametrize("questions", [1, 12])
def test_finding_versions_is_one_statement_where_nothing_was_edited(questions: int) -> None:
    assessment = factories.make_assessment()
    for _ in range(questions):
        factories.single_choice(assessment)
    current_versions(assessment.get_questions())
    asked = list(assessment.get_questions())
    with CaptureQueriesContext(connection) as statements:
        found = current_versions(asked)
    assert len(statements) == 1
    assert {version.number for version in found.values()} == {1}


def _reads_of(version: Version) -> int:
    assert version.id is not None
    with CaptureQueriesContext(connection) as statements:
        assert versions_by_id({version.id}) == {version.id: version}
    return len(statements)


def test_versions_that_are_in_memory_are_not_read_again(django_capture_on_commit_callbacks: Any) -> None:
    question = factories.single_choice(factories.make_assessment())
    with django_capture_on_commit_callbacks(execute=True):
        version = current_versions([question])[question.pk]
    assert _reads_of(version) == 0


def test_a_version_is_remembered_once_it_is_committed_as_its_id_may_be_given_again() -> None:
    question = factories.single_choice(factories.make_assessment())
    assert _reads_of(current_versions([question])[question.pk]) == 1


def test_a_version_that_another_one_has_the_id_of_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    question, other = (factories.single_choice(factories.make_assessment()) for _ in range(2))
    stale, version = (current_versions([each])[each.pk] for each in (other, question))
    remembered = Kept[int, Version](number=8)
    assert version.id is not None
    remembered.put(version.id, replace(stale, id=version.id))
    monkeypatch.setattr(question_versions, "_remembered", remembered)
    assert current_versions([question]) == {question.pk: version}


def _searches_for_versions(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as statements:
        work()
    return sum("unnest(" in each["sql"] and "questionversion" in each["sql"] for each in statements)


def test_where_versions_are_the_latest_a_start_and_its_end_read_them_with_the_questions() -> None:
    question = factories.single_choice(factories.make_assessment(), question_text="Which?")
    first = _start(question.assessment)
    second = factories.make_learner(question.assessment.lesson.course)
    started: list[AssessmentAttempt] = []

    def take() -> None:
        started.append(start_attempt(learner=second, assessment_id=question.assessment_id).attempt)
        complete_attempt(learner=second, attempt_id=started[0].pk)

    assert _searches_for_versions(take) == 0
    assert _named(started[0], question) == _named(first, question)


def test_a_version_that_comes_back_is_searched_for() -> None:
    question = factories.single_choice(factories.make_assessment(), question_text="Which?")
    first = _start(question.assessment)
    edited = Question.objects.filter(pk=question.pk)
    edited.update(question_text="Which one?")
    _start(question.assessment)
    edited.update(question_text="Which?")
    last: list[AssessmentAttempt] = []
    searches = _searches_for_versions(lambda: last.append(_start(question.assessment)))
    assert (searches, _numbers(question)) == (1, [1, 2])
    assert _named(last[0], question) == _named(first, question)


def test_a_version_never_changes() -> None:
    _start(factories.single_choice(factories.make_assessment()).assessment)
    with pytest.raises(IntegrityError, match="question_version_immutable"), transaction.atomic():
        QuestionVersion.objects.update(shown={})


def _refused_at_the_end(work: Any) -> str:
    def work_and_check() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            work()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError) as refused:
        work_and_check()
    return str(refused.value)


def test_a_version_that_an_attempt_was_asked_is_not_deleted() -> None:
    _start(factories.single_choice(factories.make_assessment()).assessment)
    assert "courses_questionversion" in _refused_at_the_end(QuestionVersion.objects.all().delete)


def test_a_version_that_an_answer_was_graded_by_is_not_deleted() -> None:
    question = factories.single_choice(factories.make_assessment(), right="Paris", wrong=("Lyon",))
    attempt = _start(question.assessment)
    factories.pick(attempt, question, "Paris")
    Answer.objects.filter(answer_text="Lyon").update(is_correct=True)
    attempt.complete()
    second = QuestionVersion.objects.filter(number=2)
    assert attempt.answers.get().graded_version == second.get()
    assert _named(attempt, question).number == 1
    assert "courses_questionversion" in _refused_at_the_end(second.delete)


def test_a_question_that_an_attempt_was_asked_is_not_deleted() -> None:
    question = factories.single_choice(factories.make_assessment())
    _start(question.assessment)
    assert "courses_question" in _refused_at_the_end(Question.objects.all().delete)
    Question.objects.get(pk=question.pk)


def test_what_no_attempt_names_can_be_deleted() -> None:
    question = factories.single_choice(factories.make_assessment())
    attempt = _start(question.assessment)
    Question.objects.filter(pk=question.pk).update(question_text="Edited?")
    kept = question.versions.get()
    current_versions([Question.objects.get(pk=question.pk)])
    QuestionVersion.objects.filter(number=2).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert question.versions.get() == kept == _named(attempt, question)


@pytest.mark.parametrize("whole", ["assessment", "course"])
def test_a_whole_assessment_or_course_goes_with_its_attempts(whole: str) -> None:
    question = factories.single_choice(factories.make_assessment())
    attempt = _start(question.assessment)
    factories.pick(attempt, question, "right")
    assessment = Assessment.objects.get()
    (assessment if whole == "assessment" else assessment.lesson.course).delete()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert not QuestionVersion.objects.exists()
    assert not AssessmentAttempt.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("starts", [2, 16])
def test_starts_at_once_after_one_edit_make_one_version(starts: int) -> None:
    assessment = factories.make_assessment()
    questions = [factories.single_choice(assessment) for _ in range(3)]
    _start(assessment)
    Question.objects.update(points=7)
    learners = [factories.make_learner(assessment.lesson.course) for _ in range(starts)]
    attempts: list[AssessmentAttempt] = []

    def start(number: int) -> None:
        attempts.append(start_attempt(learner=learners[number], assessment_id=assessment.pk).attempt)

    assert at_once(start, writers=starts) == []
    assert [_numbers(question) for question in questions] == [[1, 2]] * 3
    assert len(attempts) == starts
    for question in questions:
        assert {_named(attempt, question).number for attempt in attempts} == {2}
