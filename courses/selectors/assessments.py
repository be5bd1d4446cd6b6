"""Assessments, and their authoring side, as a viewer may see them."""

from collections.abc import Sequence
from typing import TypeAlias, TypedDict

from django.db.models import Count, QuerySet, Sum

from courses.models import Answer, Assessment, Question
from courses.policies import participation
from courses.policies.participation import Viewer
from courses.utils.annotated_rows import WithAnnotations

COURSE = "lesson__course_id"


class _Seen(TypedDict):
    viewer_is_staff: bool


SeenAssessment: TypeAlias = WithAnnotations[Assessment, _Seen]
"""An assessment as `assessments_as_seen_by` annotates it."""


def assessments_as_seen_by(viewer: Viewer) -> QuerySet[SeenAssessment]:
    return Assessment.objects.annotate(viewer_is_staff=participation.teaches(viewer, COURSE))


def assessments_visible_to(viewer: Viewer) -> QuerySet[SeenAssessment]:
    return assessments_as_seen_by(viewer).filter(
        participation.may_see_course(viewer, COURSE, is_published="lesson__course__is_published")
    )


def questions_visible_to(viewer: Viewer) -> QuerySet[Question]:
    """The authoring side, key included: for the staff of the course only."""
    return Question.objects.filter(participation.teaches(viewer, "assessment__lesson__course_id"))


def answers_visible_to(viewer: Viewer) -> QuerySet[Answer]:
    """The answer key: for the staff of the course only."""
    return Answer.objects.filter(participation.teaches(viewer, "question__assessment__lesson__course_id"))


def question_totals(_viewer: Viewer, assessments: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many questions each assessment has, and how many points they give together."""
    questions = Question.objects.filter(assessment__in=assessments).order_by().values("assessment")
    totals = questions.annotate(count=Count("pk"), points_possible=Sum("points"))
    return {row["assessment"]: (row["count"], row["points_possible"]) for row in totals}
