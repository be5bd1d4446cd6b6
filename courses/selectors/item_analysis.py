"""Item analysis of assessments: the attempts that count, and each learner's points by question."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from operator import add
from typing import Any, TypeAlias

from django.db.models import QuerySet

from courses.constants import NO_CREDIT
from courses.models import Assessment, Question
from courses.policies.participation import Viewer, teaches
from courses.rules import item_analysis
from courses.rules.credit import exact_points
from courses.utils.sql import fetch

Learner: TypeAlias = tuple[Sequence[int], Sequence[Decimal | None], Sequence[int], Sequence[int]]
"""Questions answered in a learner's first finished attempt, the credit of each, questions asked, and their points."""


def credits_of(assessments: str) -> str:
    """Return the query of the responses in each learner's first finished attempt, at assessments that are SQL.

    One row for each learner, with the credit of each response (null: it waits for a person), and what the attempt was
    asked, with the points of then. Looking them up attempt by attempt costs the same however the planner guesses.
    """
    return f"""
        WITH first AS MATERIALIZED (
            SELECT DISTINCT ON (assessment_id, user_id) id, assessment_id, layout
            FROM courses_assessmentattempt
            WHERE assessment_id = ANY({assessments}) AND is_completed
            ORDER BY assessment_id, user_id, attempt_number
        )
        SELECT first.assessment_id AS assessment, answered.questions, answered.credits, laid_out.asked, laid_out.points
        FROM first
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(question_id), '{{}}') AS questions,
                coalesce(array_agg(credit), '{{}}') AS credits
            FROM courses_attemptanswer WHERE attempt_id = first.id
        ) AS answered
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg((entry ->> 'id')::bigint), '{{}}') AS asked,
                coalesce(array_agg((entry ->> 'points')::integer), '{{}}') AS points
            FROM jsonb_array_elements(first.layout -> 'questions') AS entry
        ) AS laid_out
    """  # noqa: S608 - made of constants


_CREDITS = credits_of("%(assessments)s")


@dataclass(frozen=True)
class ItemStatistics(item_analysis.ItemStatistics):
    """Figures of a question, with its id."""

    question_id: int


@dataclass(frozen=True)
class ItemAnalysis(item_analysis.ItemAnalysis):
    """Figures of an assessment, with those of its questions in the author's order."""

    items: list[ItemStatistics]


def assessments_to_analyse(viewer: Viewer) -> QuerySet[Assessment]:
    """Return the assessments of courses that the viewer teaches."""
    return Assessment.objects.filter(teaches(viewer, "lesson__course_id"))


def item_analyses(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, ItemAnalysis]:
    """Return the item analysis of each assessment of a course that the viewer teaches: three statements for all.

    Only the first finished attempt of each learner counts; a learner whose first one waits for a person is
    left out until it is graded.
    """
    taught = assessments_to_analyse(viewer).filter(pk__in=assessments)
    learners: dict[int, list[Learner]] = {pk: [] for pk in taught.values_list("pk", flat=True)}
    if not learners:
        return {}
    questions: dict[int, list[tuple[int, int]]] = {pk: [] for pk in learners}
    ordered = Question.objects.filter(assessment__in=learners).order_by("order")
    for assessment, pk, points in ordered.values_list("assessment_id", "pk", "points"):
        questions[assessment].append((pk, points))
    for row in fetch(_CREDITS, assessments=list(learners)):
        learners[row.assessment].append((row.questions, row.credits, row.asked, row.points))
    return {pk: analysis_of(learners[pk], questions[pk]) for pk in learners}


def analysis_of(learners: Iterable[Learner], questions: Sequence[tuple[int, int]]) -> ItemAnalysis:
    """Return the item analysis of an assessment, and its questions with their points, in the author's order.

    The points are those of when each attempt was laid out. A question that was left out earns nothing; of one that was
    not even asked nothing was possible.
    """
    rows, possible = [], [0] * len(questions)
    for answered, earned, asked, points in learners:
        if None in earned:
            continue
        shares: dict[int, Any] = dict(zip(answered, earned, strict=True))
        of_then = dict(zip(asked, points, strict=True))
        maxima = [of_then.get(pk, now if pk in shares else 0) for pk, now in questions]
        rows.append(
            [
                exact_points(maximum, shares.get(pk, NO_CREDIT))
                for (pk, _), maximum in zip(questions, maxima, strict=True)
            ]
        )
        possible = list(map(add, possible, maxima))
    found = item_analysis.analyse(rows, possible)
    items = [
        ItemStatistics(**_figures(item), question_id=pk)
        for item, (pk, _) in zip(found.items, questions, strict=True)
    ]
    return ItemAnalysis(**_figures(found) | {"items": items})


def _figures(statistics: item_analysis.ItemStatistics | item_analysis.ItemAnalysis) -> dict[str, Any]:
    return {field.name: getattr(statistics, field.name) for field in fields(statistics)}
