"""Assessments and their authoring side, narrowed to a viewer."""

from typing import TypeAlias, TypedDict

from django.db.models import Exists, IntegerField, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from courses.models import Answer, Assessment, AssessmentAttempt, Question, QuestionVersion, User
from courses.policies import participation
from courses.policies.participation import Viewer
from courses.utils.annotated_rows import WithAnnotations

COURSE = "lesson__course_id"

_ATTEMPTS_ASKED = """(
    SELECT count(*) FROM courses_question AS question
    JOIN courses_assessmentattempt AS attempt ON attempt.assessment_id = question.assessment_id
    WHERE question.id = courses_questionversion.question_id AND attempt.layout @> jsonb_build_object(
        'questions', jsonb_build_array(jsonb_build_object('version', courses_questionversion.id))
    )
)"""


class _Seen(TypedDict):
    viewer_is_staff: bool


SeenAssessment: TypeAlias = WithAnnotations[Assessment, _Seen]
"""An assessment with the annotations of `assessments_as_seen_by`."""


def assessments_as_seen_by(viewer: Viewer) -> QuerySet[SeenAssessment]:
    """Return all assessments with `viewer_is_staff`: whether the viewer teaches the course."""
    return Assessment.objects.annotate(viewer_is_staff=participation.teaches(viewer, COURSE))


def assessments_shown_to(viewer: Viewer) -> QuerySet[SeenAssessment]:
    """Return published assessments, and all of those that the viewer teaches."""
    return assessments_as_seen_by(viewer).filter(_is_shown_to(viewer))


def assessments_visible_to(viewer: Viewer) -> QuerySet[SeenAssessment]:
    """Return the assessments shown to the viewer of courses that the viewer may see."""
    return assessments_as_seen_by(viewer).filter(_is_shown_to(viewer) & _is_in_visible_course(viewer))


def assessments_to_take(learner: User) -> QuerySet[SeenAssessment]:
    """Return the visible assessments, and those at which an attempt of the learner is open."""
    working = AssessmentAttempt.objects.filter(user=learner, assessment=OuterRef("pk"), is_completed=False)
    return assessments_as_seen_by(learner).filter(
        (_is_shown_to(learner) | Q(Exists(working))) & _is_in_visible_course(learner)
    )


def questions_visible_to(viewer: Viewer) -> QuerySet[Question]:
    """Return questions, key included, of the courses whose staff the viewer is."""
    return Question.objects.filter(participation.teaches(viewer, "assessment__lesson__course_id"))


def answers_visible_to(viewer: Viewer) -> QuerySet[Answer]:
    """Return answers of the key, of the courses whose staff the viewer is."""
    return Answer.objects.filter(participation.teaches(viewer, "question__assessment__lesson__course_id"))


class _Counted(TypedDict):
    attempt_count: int


CountedVersion: TypeAlias = WithAnnotations[QuestionVersion, _Counted]
"""A version with the number of attempts that were asked it."""


def versions_visible_to(viewer: Viewer) -> QuerySet[CountedVersion]:
    """Return versions of questions, key included, of the courses whose staff the viewer is."""
    versions = QuestionVersion.objects.filter(
        participation.teaches(viewer, "question__assessment__lesson__course_id")
    )
    return versions.annotate(attempt_count=RawSQL(_ATTEMPTS_ASKED, (), output_field=IntegerField()))  # noqa: S611 - ours


def questions_that_count(_viewer: Viewer) -> QuerySet[Question]:
    """Return all questions: their number and the sum of their points are no secret of an assessment that is seen."""
    return Question.objects.all()


def _is_shown_to(viewer: Viewer) -> Q:
    return Q(is_published=True) | participation.teaches(viewer, COURSE)


def _is_in_visible_course(viewer: Viewer) -> Q:
    return participation.may_see_course(viewer, COURSE, is_published="lesson__course__is_published")
