"""Accommodations, narrowed to a viewer, and the settings that count for a learner because of them."""

from typing import TypeAlias, TypedDict

from django.db.models import Exists, OuterRef, Q, QuerySet

from courses.models import Accommodation, Assessment, Enrollment
from courses.models.accommodations import AssessmentForLearner, for_learner
from courses.policies.participation import NEVER, Viewer, teaches
from courses.selectors.assessments import COURSE
from courses.utils.annotated_rows import WithAnnotations


class _Seen(TypedDict):
    viewer_is_staff: bool


SeenAccommodation: TypeAlias = WithAnnotations[Accommodation, _Seen]
"""An accommodation with the annotations of `accommodations_visible_to`."""


def accommodations_visible_to(viewer: Viewer) -> QuerySet[SeenAccommodation]:
    """Return the viewer's own accommodations and those in courses that the viewer teaches."""
    own = Q(user_id=viewer.pk) if viewer else NEVER
    is_staff = teaches(viewer, "course_id")
    return Accommodation.objects.filter(own | is_staff).annotate(viewer_is_staff=is_staff)


def accommodations_of(viewer: Viewer) -> QuerySet[SeenAccommodation]:
    """Return the viewer's own accommodations."""
    accommodations = accommodations_visible_to(viewer)
    return accommodations.filter(user=viewer) if viewer else accommodations.none()


def accommodations_to_whole_courses(viewer: Viewer) -> QuerySet[SeenAccommodation]:
    """Return those that count for every assessment of a course that the viewer teaches."""
    return accommodations_visible_to(viewer).filter(teaches(viewer, "course_id"), assessment=None)


def accommodations_to_assessments(viewer: Viewer) -> QuerySet[SeenAccommodation]:
    """Return those that count for one assessment of a course that the viewer teaches."""
    return accommodations_visible_to(viewer).filter(teaches(viewer, "course_id"), assessment__isnull=False)


def assessments_for(viewer: Viewer, learner_id: int) -> QuerySet[AssessmentForLearner]:
    """Return assessments whose staff the viewer is, annotated with the settings that count for a learner who takes or
    took the course.
    """
    learners = Enrollment.objects.filter(course=OuterRef(COURSE), user=learner_id)
    return for_learner(Assessment.objects.filter(teaches(viewer, COURSE), Exists(learners)), learner_id)
