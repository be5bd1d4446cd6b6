"""Data sources of statistics. Missing statistics are computed by the first read."""

from collections.abc import Mapping, Sequence

from courses.models import CourseStats
from courses.selectors import statistics as selectors
from courses.selectors.statistics import CourseFigures, LearnerFigures
from courses.services.statistics import compute_missing
from schema.dataloaders.base import Fact, InOrder, Viewer
from schema.dataloaders.statements import rows_of


def _course_statistics(viewer: Viewer, courses: Sequence[int]) -> Mapping[int, CourseFigures]:
    found = _computed(viewer, courses)
    if len(found) < len(courses):
        compute_missing(course_ids=selectors.courses_with_statistics(viewer, courses))
        found = _computed(viewer, courses)
    assessments: dict[int, list[int]] = {course: [] for course in found}
    in_order = InOrder(("lesson__order",))
    for row in rows_of(selectors.assessments_that_count, "lesson__course_id", viewer, list(found), in_order):
        assessments[row.parent_key].append(row.pk)
    return {course: selectors.course_figures(row, assessments[course]) for course, row in found.items()}


def _computed(viewer: Viewer, courses: Sequence[int]) -> dict[int, CourseStats]:
    rows = rows_of(selectors.course_statistics_visible_to, "course_id", viewer, courses, InOrder())
    return {row.course_id: row for row in rows}


def _learner_statistics(viewer: Viewer, people: Sequence[int]) -> Mapping[int, LearnerFigures]:
    compute_missing(user_ids=[viewer.pk] if viewer else [])
    return selectors.learner_statistics(viewer, people)


statistics_of_course = Fact(read=_course_statistics)
statistics_of_viewer = Fact(read=_learner_statistics)
