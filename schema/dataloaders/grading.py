"""Data sources of grading tasks, and of item analysis."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from courses.models import AttemptAnswer
from courses.selectors import assessments, attempts, grading, item_analysis
from courses.selectors.attempts import LaidOutQuestion
from courses.selectors.item_analysis import ItemAnalysis
from schema.dataloaders import assessments as assessment_loaders
from schema.dataloaders.base import ByPk, Made, Viewer, filled
from schema.dataloaders.inlining import NotInlined, Parts, RawColumns, Rows, null_or
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
        question = parent.beneath(attempts.questions_as_laid_out, "pk", "question_id")
        answers = question.beneath(attempts.answers_as_laid_out, "question_id", "pk")
        of_attempt = RawColumns(attempt, ["layout"])
        of_question = RawColumns(question, attempts.LAID_OUT_QUESTION)
        of_answer = RawColumns(answers, attempts.LAID_OUT_ANSWER)

        def make(task: AttemptAnswer, raw: Any) -> LaidOutQuestion:
            attempt_values, question_values = raw
            *_, answer_values = question_values
            asked = of_question.instances.of(question_values)
            rule = asked.to_rule(map(of_answer.instances.of, answer_values))
            return grading.laid_out_task(task, of_attempt.instances.of(attempt_values), asked, rule)

        laid_out = attempt.select(f"json_build_array({of_attempt.values})")
        asked = question.select(
            f"json_build_array({of_question.values}, ({answers.arrays(of_answer.values)}))"
        )
        return Parts(f"json_build_array(({laid_out}), ({asked}))::text", make)


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
                ((answered, [text and Decimal(text) for text in texts]) for answered, texts in learners),
                [(question.pk, question.points) for question in in_order],
            )
            for item in analysis.items:
                filled(item)[assessment_loaders.question_of, None] = found[item.question_id]
            return analysis

        credits_of = item_analysis.credits_of(f"ARRAY[{rows.column('pk')}]")
        learners = f"""
            SELECT coalesce(json_agg(json_build_array(questions, credits::text[])), '[]')
            FROM ({credits_of}) AS of_learner
        """  # noqa: S608 - ours
        made = f"json_build_array(({questions.arrays(columns.values)}), ({learners}))::text"
        return Parts(null_or(f"({rows.select(made)})"), make)


grading_task_by_id = ByPk(selector=grading.grading_tasks_visible_to)
laid_out_task = LaidOutTasks(
    key=None, parent_columns=frozenset(attempts.ANSWERED), parent_attribute="answered"
)
item_analysis_of_assessment = ItemAnalyses()
