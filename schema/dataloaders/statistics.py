"""Data sources of statistics. Missing statistics are computed by the first read."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from courses.selectors import statistics as selectors
from courses.selectors.assessments import assessments_as_seen_by
from courses.selectors.statistics import LearnerFigures
from courses.services.statistics import compute_missing
from schema.dataloaders.base import ByPk, ChildrenOf, Fact, OneOf, Viewer
from schema.dataloaders.inlining import Rows, Show, Written, never_null
from schema.dataloaders.plans import UNKNOWN, Plan


@dataclass(frozen=True, eq=False, kw_only=True)
class StatisticsOfCourse(OneOf):
    """Statistics of a course, for its staff; its parent is a course with `viewer_is_staff`."""

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        found = super().load(viewer, keys, request, then)
        if len(found) < len(keys):
            compute_missing(course_ids=selectors.courses_with_statistics(viewer, keys))
            found = super().load(viewer, keys, request, then)
        return found

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        written = super().inline(parent, request, show)
        text = f"CASE WHEN {parent.column('viewer_is_staff')} THEN {never_null(written.sql)} END"
        return replace(written, sql=text)


def _learner_statistics(viewer: Viewer, people: Sequence[int]) -> Mapping[int, LearnerFigures]:
    compute_missing(user_ids=[viewer.pk] if viewer else [])
    return selectors.learner_statistics(viewer, people)


statistics_of_course = StatisticsOfCourse(selector=selectors.course_statistics_visible_to, by="course_id")
assessments_in_statistics = ChildrenOf(
    key="course_id",
    selector=selectors.assessments_with_figures,
    by="lesson__course_id",
    order=("lesson__order",),
)
assessment_of_figures = ByPk(selector=assessments_as_seen_by)
statistics_of_viewer = Fact(read=_learner_statistics)
