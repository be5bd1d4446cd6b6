"""Item analysis of assessments: the attempts that count, and each learner's points by question."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from courses.constants import NO_CREDIT
from courses.models import Assessment, Question
from courses.policies.participation import Viewer, teaches
from courses.rules import item_analysis
from courses.rules.credit import exact_points
from courses.utils.sql import fetch

_CREDITS = """
WITH first AS MATERIALIZED (
    SELECT DISTINCT ON (assessment_id, user_id) id, assessment_id
    FROM courses_assessmentattempt
    WHERE assessment_id = ANY(%(assessments)s) AND is_completed
    ORDER BY assessment_id, user_id, attempt_number
)
SELECT first.assessment_id AS assessment, answered.questions, answered.credits
FROM first
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(question_id), '{}') AS questions, coalesce(array_agg(credit), '{}') AS credits
    FROM courses_attemptanswer WHERE attempt_id = first.id
) AS answered
"""
"""One row for each learner: the responses of the first finished attempt, with the credit of each (null: it waits
for a person). Looking them up attempt by attempt costs the same however the planner guesses.
"""


@dataclass(frozen=True)
class ItemStatistics(item_analysis.ItemStatistics):
    """Figures of a question, with its id."""

    question_id: int


@dataclass(frozen=True)
class ItemAnalysis(item_analysis.ItemAnalysis):
    """Figures of an assessment, with those of its questions in the author's order."""

    items: list[ItemStatistics]


def item_analyses(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, ItemAnalysis]:
    """Return the item analysis of each assessment of a course that the viewer teaches: three statements for all.

    Only the first finished attempt of each learner counts; a learner whose first one waits for a person is
    left out until it is graded.
    """
    taught = Assessment.objects.filter(teaches(viewer, "lesson__course_id"), pk__in=assessments)
    rows: dict[int, list[list[Decimal]]] = {pk: [] for pk in taught.values_list("pk", flat=True)}
    if not rows:
        return {}
    questions: dict[int, list[tuple[int, int]]] = {pk: [] for pk in rows}
    ordered = Question.objects.filter(assessment__in=rows).order_by("order")
    for assessment, pk, points in ordered.values_list("assessment_id", "pk", "points"):
        questions[assessment].append((pk, points))
    for row in fetch(_CREDITS, assessments=list(rows)):
        if None not in row.credits:
            credits_by_question = dict(zip(row.questions, row.credits, strict=True))
            rows[row.assessment].append(_earned(credits_by_question, questions[row.assessment]))
    return {assessment: _analysis(rows[assessment], questions[assessment]) for assessment in rows}


def _earned(
    credits_by_question: Mapping[int, Decimal], questions: Sequence[tuple[int, int]]
) -> list[Decimal]:
    """Return credit x points of each question, in the author's order; one that was left out earns nothing."""
    return [exact_points(points, credits_by_question.get(pk, NO_CREDIT)) for pk, points in questions]


def _analysis(rows: Sequence[Sequence[Decimal]], questions: Sequence[tuple[int, int]]) -> ItemAnalysis:
    found = item_analysis.analyse(rows, [points for _, points in questions])
    items = [
        ItemStatistics(**_figures(item), question_id=pk)
        for item, (pk, _) in zip(found.items, questions, strict=True)
    ]
    return ItemAnalysis(**_figures(found) | {"items": items})


def _figures(statistics: item_analysis.ItemStatistics | item_analysis.ItemAnalysis) -> dict[str, Any]:
    return {field.name: getattr(statistics, field.name) for field in fields(statistics)}
