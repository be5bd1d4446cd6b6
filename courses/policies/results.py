"""Visibility of results: score, percentage, pass mark, grades and feedback. Over attempts."""

from django.db.models import Q

from courses.policies.attempt_time import has_come
from courses.policies.participation import NEVER, Viewer, teaches

COURSE_OF_ATTEMPT = "assessment__lesson__course_id"


def may_see_attempt(viewer: Viewer) -> Q:
    """Return a predicate: the viewer is the learner of the attempt, or staff of its course."""
    if viewer is None:
        return NEVER
    return Q(user_id=viewer.pk) | teaches(viewer, COURSE_OF_ATTEMPT)


def may_see_results(viewer: Viewer) -> Q:
    """Return a predicate: staff of the course always, the learner once it is over and the assessment shows results,
    which it may do from a later moment on.
    """
    if viewer is None:
        return NEVER
    own = Q(user_id=viewer.pk, is_completed=True, assessment__show_results=True)
    return own & has_come("assessment__results_from") | teaches(viewer, COURSE_OF_ATTEMPT)
