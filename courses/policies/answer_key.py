"""Visibility of the answer key of attempts: right answers, accepted texts, matches, explanations. Over attempts.

This is the only gate of the key on the learner's side. It opens when all of these hold:

* the assessment shows correct answers, and `key_from` has passed;
* the learner can start no further attempt: all are used up, the assessment has closed for them, they left the course,
  or could see the key before and may not try again. An open attempt keeps the key of earlier ones shut, because they
  share questions;
* an assessment that closes has closed for everybody who takes the course, accommodations included, and nobody still
  works on it.

Whatever may shut an open gate again first stamps the attempts behind it (`courses/services/answer_keys.py`). Such a
stamp is a reason not to start.
"""

from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import LessThanOrEqual

from courses.models import Accommodation, AssessmentAttempt, Enrollment
from courses.models.accommodations import effective_closes_at, effective_max_attempts, may_retake_after_key
from courses.policies.attempt_time import has_come, is_open, is_over
from courses.policies.participation import NEVER, TAKES, Viewer, teaches
from courses.policies.results import COURSE_OF_ATTEMPT
from courses.utils.clock import StatementTimestamp
from courses.utils.subqueries import number_of

KEY_WAS_OPEN = Q(key_opened_at__isnull=False)
"""The key was open to the learner, before something changed. Over attempts."""

_ASSESSMENT = "assessment__"


def may_see_answer_key(viewer: Viewer) -> Q:
    """Return a predicate: staff of the course always, the learner once the gate is open."""
    if viewer is None:
        return NEVER
    return Q(user_id=viewer.pk) & key_is_open() | teaches(viewer, COURSE_OF_ATTEMPT)


def key_is_open() -> Q:
    """Return a predicate: the gate is open to the learner of the attempt."""
    return (
        is_over()
        & Q(assessment__show_correct_answers=True)
        & has_come("assessment__key_from")
        & _no_further_attempt_is_possible()
        & (Q(assessment__closes_at=None) | has_closed_for_everybody(_ASSESSMENT))
    )


def has_closed_for_everybody(assessment: str = "") -> Q:
    """Return a predicate: the last close for everybody who takes the course has passed, and nobody still works.

    Over rows from which the path `assessment` leads to an assessment that closes. As long as nobody takes the course,
    its own close counts.
    """
    pk, course = OuterRef(f"{assessment}pk"), OuterRef(f"{assessment}lesson__course_id")
    takes = Enrollment.objects.filter(TAKES, course=course)
    own_close = Accommodation.objects.filter(
        Q(assessment=OuterRef(OuterRef(f"{assessment}pk"))) | Q(assessment=None),
        user=OuterRef("user_id"),
        course=OuterRef("course_id"),
        closes_at__isnull=False,
    )
    is_still_open = Q((f"{assessment}closes_at__gt", StatementTimestamp())) & (
        Q(Exists(takes.exclude(Exists(own_close)))) | ~Q(Exists(takes))
    )
    of_the_assessment = own_close.filter(assessment__isnull=False)
    is_open_for_some = Accommodation.objects.filter(
        Q(assessment=pk) | Q(assessment=None) & ~Exists(of_the_assessment),
        Exists(Enrollment.objects.filter(TAKES, course=OuterRef("course_id"), user=OuterRef("user_id"))),
        course=course,
        closes_at__gt=StatementTimestamp(),
    )
    works = AssessmentAttempt.objects.filter(is_open(), assessment=pk)
    return ~(is_still_open | Q(Exists(is_open_for_some)) | Q(Exists(works)))


def _no_further_attempt_is_possible() -> Q:
    learner = OuterRef("user_id")
    same = AssessmentAttempt.objects.filter(user=learner, assessment=OuterRef("assessment_id"))
    used = number_of(same, by="assessment")
    used_up = Q(LessThanOrEqual(effective_max_attempts(learner, _ASSESSMENT), used))
    closes_at = effective_closes_at(learner, _ASSESSMENT)
    is_closed = Q(Coalesce(LessThanOrEqual(closes_at, StatementTimestamp()), Value(False)))
    left = Enrollment.objects.filter(~TAKES, user=learner, course=OuterRef(COURSE_OF_ATTEMPT))
    has_seen_it = Q(Exists(same.filter(KEY_WAS_OPEN))) & ~Q(may_retake_after_key(learner, _ASSESSMENT))
    return ~Q(Exists(same.filter(is_open()))) & (used_up | is_closed | Q(Exists(left)) | has_seen_it)
