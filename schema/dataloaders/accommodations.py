"""Data sources of accommodations, and of the settings that count for a learner."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from courses.selectors import accommodations
from schema.dataloaders.base import ByPk, Declaration, InOrder, PageOf, Viewer
from schema.dataloaders.inlining import Rows, Show, Written
from schema.dataloaders.plans import UNKNOWN, Plan
from schema.dataloaders.statements import Selector, rows_of


@dataclass(frozen=True, eq=False, kw_only=True)
class SettingsOfLearner(Declaration):
    """Assessments with the settings that count for the learner who is asked for; an id of 0 is nobody's."""

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        rows = rows_of(self._selector(request), "pk", viewer, keys, InOrder(), then.columns, keep=False)
        return {row.pk: row for row in rows}

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        return parent.beneath(self._selector(request), "pk", self.key).one(show)

    def _selector(self, learner_id: Any) -> Selector:
        return partial(accommodations.assessments_for, learner_id=learner_id or 0)


accommodation_by_id = ByPk(selector=accommodations.accommodations_visible_to)
accommodation_of = ByPk(selector=accommodations.accommodations_visible_to, key="accommodation_id")
accommodations_of_viewer = PageOf(selector=accommodations.accommodations_of, by="user_id")
accommodations_of_course = PageOf(selector=accommodations.accommodations_to_whole_courses, by="course_id")
accommodations_of_assessment = PageOf(
    selector=accommodations.accommodations_to_assessments, by="assessment_id"
)
settings_of_learner = SettingsOfLearner()
