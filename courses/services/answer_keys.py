"""Stamps of attempts whose answer key was open: whoever could see it makes no further attempt by accident.

Services stamp in the transaction in which they change what may shut an open gate again, before they do.
"""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, Q, QuerySet

from courses.models import Accommodation, Assessment, AssessmentAttempt
from courses.policies.answer_key import KEY_WAS_OPEN, has_closed_for_everybody, key_is_open
from courses.utils.clock import StatementTimestamp


def stamp_open_keys(attempts: QuerySet[AssessmentAttempt]) -> None:
    """Stamp those of the attempts whose key is open to their learners now, for good.

    Open attempts among them stay locked until the transaction ends: none is completed, and so opens the gate, in
    between.
    """
    running = attempts.filter(is_completed=False).order_by("pk")
    list(running.select_for_update(no_key=True, of=("self",)).values_list("pk"))
    to_stamp = attempts.filter(key_is_open()).exclude(KEY_WAS_OPEN)
    to_stamp.update(key_opened_at=StatementTimestamp(), updated_date=StatementTimestamp())


def stamp_before_enrolling(*, course_id: int, learner_ids: Collection[int]) -> None:
    """Stamp what these people could see while they were away, and what others see of assessments that are then open
    again, because they are open for these people.
    """
    _stamp_own(learner_ids, course_id)
    later = Accommodation.objects.filter(
        Q(assessment=OuterRef("pk")) | Q(assessment=None),
        user__in=learner_ids,
        course=course_id,
        closes_at__gt=StatementTimestamp(),
    )
    reopened = Q(closes_at__gt=StatementTimestamp()) | Q(Exists(later))
    _stamp_others(Assessment.objects.filter(reopened, lesson__course=course_id))


def stamp_before_accommodating(
    *, course_id: int, assessment_id: int | None, learner_ids: Collection[int], moves_close: bool
) -> None:
    """Stamp what these people can see before their accommodations change, in one assessment or in the whole course; and
    what others can see, where a close is moved.
    """
    _stamp_own(learner_ids, course_id, assessment_id)
    if moves_close:
        assessments = Assessment.objects.filter(lesson__course=course_id)
        _stamp_others(assessments if assessment_id is None else assessments.filter(pk=assessment_id))


def _stamp_own(learner_ids: Collection[int], course_id: int, assessment_id: int | None = None) -> None:
    attempts = AssessmentAttempt.objects.filter(user__in=learner_ids, assessment__lesson__course=course_id)
    stamp_open_keys(attempts if assessment_id is None else attempts.filter(assessment=assessment_id))


def _stamp_others(assessments: QuerySet[Assessment]) -> None:
    """Stamp everybody's attempts at those of the assessments that close, and have for everybody."""
    closed = assessments.filter(has_closed_for_everybody(), closes_at__isnull=False)
    if found := list(closed.values_list("pk", flat=True)):
        stamp_open_keys(AssessmentAttempt.objects.filter(assessment__in=found))
