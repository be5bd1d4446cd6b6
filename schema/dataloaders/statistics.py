"""Data sources of statistics. Missing statistics are computed by the first read."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from courses.selectors import statistics as selectors
from courses.selectors.assessments import assessments_as_seen_by
from courses.services.statistics import compute_missing
from schema.dataloaders.base import ByPk, ChildrenOf, OneOf, Viewer
from schema.dataloaders.inlining import Rows, Show, Written, never_null
from schema.dataloaders.plans import UNKNOWN, Plan


@dataclass(frozen=True, eq=False, kw_only=True)
class Statistics(OneOf):
    """Precomputed statistics; `compute(viewer, keys)` computes those of `keys` that are missing."""

    compute: Callable[[Viewer, Sequence[Any]], None]

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        found = super().load(viewer, keys, request, then)
        if len(found) < len(keys):
            self.compute(viewer, keys)
            found = super().load(viewer, keys, request, then)
        return found


@dataclass(frozen=True, eq=False, kw_only=True)
class StatisticsOfCourse(Statistics):
    """Statistics of a course, for its staff; its parent is a course with `viewer_is_staff`."""

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        written = super().inline(parent, request, show)
        text = f"CASE WHEN {parent.column('viewer_is_staff')} THEN {never_null(written.sql)} END"
        return replace(written, sql=text)


def _compute_of_courses(viewer: Viewer, courses: Sequence[int]) -> None:
    compute_missing(course_ids=selectors.courses_with_statistics(viewer, courses))


def _compute_of_viewer(viewer: Viewer, people: Sequence[int]) -> None:
    if viewer is not None and viewer.pk in people:
        compute_missing(user_ids=[viewer.pk])


statistics_of_course = StatisticsOfCourse(
    selector=selectors.course_statistics_visible_to, by="course_id", compute=_compute_of_courses
)
assessments_in_statistics = ChildrenOf(
    key="course_id",
    selector=selectors.assessments_with_figures,
    by="lesson__course_id",
    order=("lesson__order",),
)
assessment_of_figures = ByPk(selector=assessments_as_seen_by)
statistics_of_viewer = Statistics(
    selector=selectors.learner_statistics_of, by="user_id", compute=_compute_of_viewer
)
