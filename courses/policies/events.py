"""Visibility of events. Over events."""

from django.db.models import Q

from courses.constants import EVENTS_FOR_LEARNERS
from courses.policies.participation import NEVER, Viewer, takes, teaches


def may_see_event(viewer: Viewer) -> Q:
    """Return a predicate: the viewer is staff of its course, or the learner whose it is, or takes the course and it is
    told to all who do.
    """
    if viewer is None:
        return NEVER
    told = Q(type__in=EVENTS_FOR_LEARNERS) & takes(viewer, "course_id")
    return Q(learner_id=viewer.pk) | told | teaches(viewer, "course_id")
