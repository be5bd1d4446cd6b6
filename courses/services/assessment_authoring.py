"""Authoring of assessments: their settings, together with their questions on creation."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction

from courses import exceptions
from courses.models import Assessment, AssessmentAttempt, User
from courses.selectors import assessments, authoring
from courses.services import events
from courses.services.answer_keys import stamp_open_keys
from courses.services.authorship import assign, locked_for_author
from courses.services.problems import Problems
from courses.services.question_authoring import new_questions, store_questions
from courses.services.question_drafts import QuestionDraft


class AssessmentSettings(TypedDict, total=False):
    """Settings of an assessment. A missing key keeps its value, or has the model's default."""

    title: str
    description: str
    passing_score: int
    max_attempts: int
    time_limit_minutes: int
    randomize_questions: bool
    show_results: bool
    show_correct_answers: bool
    opens_at: datetime | None
    closes_at: datetime | None
    results_from: datetime | None
    key_from: datetime | None
    is_published: bool


MOVES_THE_KEY = {"max_attempts", "show_correct_answers", "closes_at", "key_from"}
"""Settings that open or shut the answer key."""


@transaction.atomic
def create_assessment(
    *,
    author: User,
    lesson_id: int,
    questions: Sequence[QuestionDraft] = (),
    **settings: Unpack[AssessmentSettings],
) -> Assessment:
    """Create the assessment of a lesson with all its questions, or nothing at all.

    It may be incomplete: then nobody can start it until its author has mended it. Raises NotFound,
    PermissionDenied, Conflict for a lesson that has an assessment, and ValidationError, which names
    every defect that can never be mended by its path inside the input.
    """
    lesson = locked_for_author(authoring.lessons_to_author(author), lesson_id, field="lessonId")
    if Assessment.objects.filter(lesson=lesson).exists():
        raise exceptions.Conflict("This lesson has an assessment. Please edit that one.", field=["lessonId"])
    assessment = Assessment(lesson=lesson, **settings)
    problems = Problems()
    problems.check(assessment, apart_from=("lesson",))
    paths = [("questions", str(place)) for place in range(len(questions))]
    written = new_questions(assessment, questions, problems, paths)
    problems.refuse_any()
    assessment.save()
    store_questions(written)
    events.record_assessment_changed(assessment.pk)
    return assessment


@transaction.atomic
def update_assessment(
    *, author: User, assessment_id: int, **changes: Unpack[AssessmentSettings]
) -> Assessment:
    """Change the settings that are given. Attempts keep the deadline and pass mark that they began with, and whoever
    can see the key of one now starts no further one.

    Raises NotFound, PermissionDenied and ValidationError.
    """
    assessment = _locked_assessment(author, assessment_id)
    assign(assessment, changes)
    problems = Problems()
    problems.check(assessment, apart_from=("lesson",))
    problems.refuse_any()
    if MOVES_THE_KEY & set(changes):
        stamp_open_keys(AssessmentAttempt.objects.filter(assessment=assessment))
    assessment.save()
    events.record_assessment_changed(assessment.pk)
    return assessment


@transaction.atomic
def delete_assessment(*, author: User, assessment_id: int) -> None:
    """Delete an assessment that nobody has begun to take, with its questions.

    Raises NotFound, PermissionDenied and QuestionInUse.
    """
    assessment = _locked_assessment(author, assessment_id, completely=True)
    if assessment.attempts.exists():
        raise exceptions.QuestionInUse(
            "Learners have taken this assessment, so it cannot be removed.", field=["assessmentId"]
        )
    events.record_assessment_changed(assessment.pk)
    assessment.delete()


def _locked_assessment(author: User, assessment_id: int, *, completely: bool = False) -> Assessment:
    rows = assessments.assessments_visible_to(author)
    return locked_for_author(rows, assessment_id, field="assessmentId", completely=completely)
