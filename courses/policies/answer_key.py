"""Visibility of the answer key of attempts: right answers, accepted texts, matches, explanations. Over attempts.

This is the only gate of the key on the learner's side. It opens when the assessment shows correct answers
and the learner can start no further attempt: all attempts used up and none of them open, or the course left.
An open attempt keeps the key of earlier ones shut, because they share questions.

A learner who leaves a course may read the key from then on, so coming back brings no further attempt of an
assessment that was tried before: `was_left_behind` is also a reason not to start.
"""

from django.db.models import Exists, OuterRef, Q

from courses.models import AssessmentAttempt, Enrollment
from courses.policies.attempt_time import is_open
from courses.policies.participation import NEVER, TAKES, Viewer, teaches
from courses.policies.results import COURSE_OF_ATTEMPT
from courses.utils.subqueries import number_of


def may_see_answer_key(viewer: Viewer) -> Q:
    """Return a predicate: staff of the course always, the learner once the gate is open."""
    if viewer is None:
        return NEVER
    own = Q(user_id=viewer.pk, is_completed=True, assessment__show_correct_answers=True)
    return own & _no_further_attempt_is_possible() | teaches(viewer, COURSE_OF_ATTEMPT)


def was_left_behind() -> Q:
    """Return a predicate: the learner left the course since beginning the attempt, and may have come back."""
    left = ~TAKES | Q(withdrawn_date__gt=OuterRef("start_time"))
    enrollment = Enrollment.objects.filter(user=OuterRef("user_id"), course=OuterRef(COURSE_OF_ATTEMPT))
    return Q(Exists(enrollment.filter(left)))


def _no_further_attempt_is_possible() -> Q:
    same = AssessmentAttempt.objects.filter(user=OuterRef("user_id"), assessment=OuterRef("assessment_id"))
    used_up = Q(assessment__max_attempts__lte=number_of(same, by="assessment"))
    return ~Q(Exists(same.filter(is_open()))) & (used_up | was_left_behind())
