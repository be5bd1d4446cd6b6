"""Data sources of grading tasks, and of item analysis."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from courses.models import AttemptAnswer
from courses.selectors import assessments, attempts, grading, item_analysis
from courses.selectors.attempts import LaidOutQuestion
from courses.selectors.item_analysis import ItemAnalysis
from courses.utils.json_sql import null_or
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders import attempts as attempt_loaders
from schema.dataloaders.base import ByPk, ChildrenOf, Made, Viewer, filled
from schema.dataloaders.inlining import NotInlined, Parts, RawColumns, Rows
from schema.dataloaders.plans import UNKNOWN, Plan


@dataclass(frozen=True, eq=False, kw_only=True)
class LaidOutTasks(Made):
    """Question of each grading task as its attempt laid it out, for whoever sees the task."""

    def load(
        self, viewer: Viewer, keys: Sequence[AttemptAnswer], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        return grading.laid_out_tasks(viewer, keys)

    def parts(self, parent: Rows, then: Plan) -> Parts:
        attempt = parent.beneath(grading.attempts_laid_out, "pk", "attempt_id")
        columns = RawColumns(attempt, ["layout"])

        def make(task: AttemptAnswer, raw: Any) -> LaidOutQuestion:
            asked = columns.instances.of(raw)
            versions = attempt_loaders.in_memory(attempts.versions_in([asked], [task]))
            found = grading.task_in_layout(task, asked, versions)
            if found is None:
                raise LookupError("a version is not named, so the ordinary way has to look")
            return found

        return Parts(f"({attempt.select(columns.sql)})", make)


@dataclass(frozen=True, eq=False, kw_only=True)
class ItemAnalyses(Made):
    """Item analysis of an assessment, for its staff, with the question of each item.

    Figures of many learners are long computed, which is nothing for the event loop.
    """

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        return item_analysis.item_analyses(viewer, keys)

    def parts(self, parent: Rows, then: Plan) -> Parts:
        parent.inlining.takes_long = True
        rows = parent.beneath(item_analysis.assessments_to_analyse, "pk", self.key)
        questions = rows.beneath(assessments.questions_visible_to, "assessment_id", "pk")
        shown = then.beneath("items").of(assessment_loaders.question_of)
        if shown.columns is None or shown.loads:
            raise NotInlined("what belongs to the questions of an item analysis")
        columns = RawColumns(questions, ["points", "order", *sorted(shown.columns)])

        def make(_assessment: Any, raw: Any) -> ItemAnalysis | None:
            if raw is None:
                return None
            asked, learners = raw
            found = {question.pk: question for question in map(columns.instances.of, asked)}
            in_order = sorted(found.values(), key=lambda question: question.order)
            analysis = item_analysis.analysis_of(
                (
                    (answered, [text and Decimal(text) for text in texts], of_attempt, points)
                    for answered, texts, of_attempt, points in learners
                ),
                [(question.pk, question.points) for question in in_order],
            )
            for item in analysis.items:
                filled(item)[assessment_loaders.question_of, None] = found[item.question_id]
            return analysis

        credits_of = item_analysis.credits_of(f"ARRAY[{rows.column('pk')}]")
        learners = f"""
            SELECT coalesce(json_agg(json_build_array(questions, credits::text[], asked, points)), '[]')
            FROM ({credits_of}) AS of_learner
        """  # noqa: S608 - ours
        made = f"json_build_array(({questions.arrays(columns.values)}), ({learners}))::text"
        return Parts(null_or(f"({rows.select(made)})"), make)


grading_task_by_id = ByPk(selector=grading.grading_tasks_visible_to)
laid_out_task = LaidOutTasks(
    key=None, parent_columns=frozenset(attempts.ANSWERED), parent_attribute="answered"
)
grade_changes_of_attempt = ChildrenOf(
    selector=grading.grade_changes_visible_to, by="attempt_answer__attempt_id", order=("created_date", "pk")
)
item_analysis_of_assessment = ItemAnalyses()
