"""What is read in batches of statistics. What was never computed is computed by the first read."""

from collections.abc import Mapping, Sequence

from courses.selectors import statistics as selectors
from courses.selectors.statistics import CourseFigures, LearnerFigures
from courses.services.statistics import compute_missing
from schema.dataloaders.base import Fact, Viewer


def _course_statistics(viewer: Viewer, courses: Sequence[int]) -> Mapping[int, CourseFigures]:
    taught = selectors.courses_with_statistics(viewer, courses)
    compute_missing(course_ids=taught)
    return selectors.course_statistics(taught)


def _learner_statistics(viewer: Viewer, people: Sequence[int]) -> Mapping[int, LearnerFigures]:
    compute_missing(user_ids=[viewer.pk] if viewer else [])
    return selectors.learner_statistics(viewer, people)


statistics_of_course = Fact(read=_course_statistics)
statistics_of_viewer = Fact(read=_learner_statistics)
