"""Preconditions of starting an attempt: read beforehand as advice, and under the lock as the decision."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Count

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, Enrollment, User
from courses.policies.answer_key import was_left_behind
from courses.policies.attempt_time import is_open, is_over
from courses.policies.participation import TAKES
from courses.rules.attempt_limits import may_start
from courses.rules.readiness import question_problems

_FIELD = ["assessmentId"]


@dataclass(frozen=True)
class _Taken:
    """Number of a learner's attempts at an assessment, of the open ones among them, and of those left behind
    by leaving the course.
    """

    used: int = 0
    open: int = 0
    left_behind: int = 0


def start_refusals(learner: User, assessments: Sequence[int]) -> Mapping[int, exceptions.Refusal | None]:
    """Return the reason why the learner may not start each assessment now; None where starting leads to an attempt."""
    return {assessment.pk: refusal for assessment, refusal in starts(learner, assessments)}


def starts(learner: User, assessments: Sequence[int]) -> list[tuple[Assessment, exceptions.Refusal | None]]:
    """Return the assessments, each with its questions and answers, beside their `start_refusals`."""
    found = Assessment.objects.filter(pk__in=assessments).select_related("lesson__course")
    enrollments = Enrollment.objects.filter(TAKES, user=learner, course__lessons__assessment__in=assessments)
    enrolled = set(enrollments.values_list("course", flat=True))
    taken = _attempts_taken(learner, assessments)
    return [
        (
            assessment,
            _refusal(assessment, assessment.lesson.course_id in enrolled, taken.get(assessment.pk, _Taken())),
        )
        for assessment in found.prefetch_related("questions__answers")
    ]


def _attempts_taken(learner: User, assessments: Sequence[int]) -> dict[int, _Taken]:
    made = AssessmentAttempt.objects.filter(user=learner, assessment__in=assessments).order_by()
    counts = made.values_list("assessment").annotate(
        used=Count("pk"),
        open=Count("pk", filter=is_open()),
        left_behind=Count("pk", filter=is_over() & was_left_behind()),
    )
    return {assessment: _Taken(*of_each) for assessment, *of_each in counts}


def _refusal(assessment: Assessment, is_enrolled: bool, taken: _Taken) -> exceptions.Refusal | None:
    if not is_enrolled:
        return exceptions.NotEnrolled(field=_FIELD)
    if taken.open:
        return None
    if not assessment.lesson.course.is_published:
        return exceptions.AssessmentNotReady("The course is not published now, so nobody can start.", _FIELD)
    if not may_start(max_attempts=assessment.max_attempts, used=taken.used, has_open=False):
        return exceptions.AttemptLimitReached(field=_FIELD)
    if assessment.show_correct_answers and taken.left_behind:
        return exceptions.AttemptLimitReached(
            "You left this course after an attempt, and could read the right answers then. Your results are under "
            "your attempts.",
            _FIELD,
        )
    return _not_ready(assessment)


def _not_ready(assessment: Assessment) -> exceptions.Refusal | None:
    """Name the first question that is not complete, but not its defect: that can quote an accepted text."""
    questions = sorted(assessment.questions.all(), key=lambda question: question.order)
    incomplete = (
        f"Question {position} is not complete yet."
        for position, question in enumerate(questions, start=1)
        if question_problems(question.to_rule())
    )
    problem = next(incomplete, None) if questions else "It has no questions yet."
    if problem is None:
        return None
    return exceptions.AssessmentNotReady(
        f"This assessment cannot be started yet. {problem} Please tell an instructor of the course.",
        _FIELD,
    )
