"""Who is told of a regrade, and what is refused."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models.functions import Now

from courses import exceptions
from courses.constants import EnrollmentStatus, NotificationType, RegradePolicy
from courses.models import Answer, Assessment, Enrollment, GradeChange, Notification, StatisticsChange, User
from courses.services.regrading import apply_regrade, preview_regrade
from tests import factories
from tests.capitals import all_that_a_regrade_may_write, correct_the_key, make_capitals, take

pytestmark = pytest.mark.django_db

NEVER_LOWER, EXACT, FULL_CREDIT = RegradePolicy.NEVER_LOWER, RegradePolicy.EXACT, RegradePolicy.FULL_CREDIT


@pytest.fixture
def instructor() -> User:
    return factories.make_user()


@pytest.fixture
def assessment(instructor: User) -> Assessment:
    return make_capitals(instructor)


def test_learners_are_told_when_their_result_changed_and_the_others_are_not(
    assessment: Assessment, instructor: User
) -> None:
    changed, _ = take(assessment, "Lyon"), take(assessment, "Paris")
    correct_the_key()
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER)
    told = Notification.objects.get()
    assert (told.user, told.notification_type, told.course, told.title) == (
        changed.user,
        NotificationType.FEEDBACK,
        assessment.lesson.course,
        "Your result was corrected",
    )
    assert "“Capitals”" in told.message


def test_a_learner_with_two_changed_attempts_is_told_once(assessment: Assessment, instructor: User) -> None:
    first = take(assessment, "Lyon")
    factories.make_attempt(first.user, assessment).complete()
    changes = apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert (len(changes), Notification.objects.count()) == (2, 1)


def test_a_change_that_leaves_the_result_as_it_was_is_recorded_and_told_to_nobody(
    assessment: Assessment, instructor: User
) -> None:
    """A tenth of a point more for Rome, and as much less for Paris, of four points."""
    for text, credit in (("Rome", "0.6"), ("Paris", "0.5")):
        Answer.objects.filter(answer_text=text).update(credit=credit)
    take(assessment, "Paris", "Rome")
    for text, credit in (("Rome", "0.7"), ("Paris", "0.475")):
        Answer.objects.filter(answer_text=text).update(credit=credit)
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=EXACT)
    assert sorted(GradeChange.objects.values_list("new_credit", "new_points")) == [
        (Decimal("0.475"), Decimal("1.9")),
        (Decimal("0.7"), Decimal("0.7")),
    ]
    assert not Notification.objects.exists()


@pytest.mark.parametrize("hidden", [{"show_results": False}, {"results_from": Now() + timedelta(hours=1)}])
def test_nobody_is_told_where_results_are_hidden(
    assessment: Assessment, instructor: User, hidden: dict[str, Any]
) -> None:
    take(assessment, "Lyon")
    Assessment.objects.filter(pk=assessment.pk).update(**hidden)
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert not Notification.objects.exists()


def test_nobody_is_told_before_a_person_has_graded_the_rest(assessment: Assessment, instructor: User) -> None:
    essay = factories.essay(assessment)
    attempt = factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)
    factories.answer(attempt, essay, {"text": "Thoughts"})
    attempt.complete()
    assert apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert not Notification.objects.exists()


def test_statistics_of_the_course_and_of_changed_learners_are_marked_stale(
    assessment: Assessment, instructor: User
) -> None:
    changed, _ = take(assessment, "Lyon"), take(assessment, "Paris")
    correct_the_key()
    StatisticsChange.objects.all().delete()
    apply_regrade(grader=instructor, assessment_id=assessment.pk, policy=NEVER_LOWER)
    stale = set(StatisticsChange.objects.values_list("course", "user"))
    assert stale == {(assessment.lesson.course_id, None), (None, changed.user_id)}


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("service", [preview_regrade, apply_regrade])
def test_only_the_staff_of_the_course_grade_again(assessment: Assessment, service: Any) -> None:
    learner = take(assessment, "Lyon").user
    before = all_that_a_regrade_may_write()
    with pytest.raises(exceptions.PermissionDenied) as refused:
        service(grader=learner, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert refused.value.field == ("assessmentId",)
    course = assessment.lesson.course
    course.is_published = False
    course.save()
    Enrollment.objects.update(status=EnrollmentStatus.WITHDRAWN)
    with pytest.raises(exceptions.NotFound) as hidden:
        service(grader=learner, assessment_id=assessment.pk, policy=FULL_CREDIT)
    assert hidden.value.field == ("assessmentId",)
    assert all_that_a_regrade_may_write() == before


@pytest.mark.parametrize("service", [preview_regrade, apply_regrade])
def test_questions_of_another_assessment_and_no_questions_at_all_are_refused(
    assessment: Assessment, instructor: User, service: Any
) -> None:
    take(assessment, "Lyon")
    own, foreign = assessment.questions.get(order=1), factories.single_choice(factories.make_assessment())
    before = all_that_a_regrade_may_write()
    for questions, refusal, field in (
        ([own.pk, foreign.pk], exceptions.NotFound, ("questionIds", "1")),
        ([], exceptions.Required, ("questionIds",)),
    ):
        with pytest.raises(refusal) as refused:
            service(
                grader=instructor, assessment_id=assessment.pk, policy=FULL_CREDIT, question_ids=questions
            )
        assert refused.value.field == field
    assert all_that_a_regrade_may_write() == before
