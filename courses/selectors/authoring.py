"""Preconditions of authoring: the right to edit, and use by learners."""

import json
from collections.abc import Collection
from typing import Any

from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.db.models.lookups import Exact

from courses.models import (
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    Lesson,
    LessonCompletion,
    Note,
    Question,
    Review,
)
from courses.policies import participation
from courses.policies.participation import Viewer
from courses.rules.readiness import assessment_problems
from courses.selectors import assessments, catalog

_OFFERED = "$.questions[*] ? (@.choices[*] == $ids[*] || @.prompts[*] == $ids[*] || @.matches[*] == $ids[*])"
_NAMED = "$ ? (@.choices[*] == $ids[*] || @.matches.* == $ids[*] || @.matches.keyvalue().key == $keys[*])"
"""SQL/JSON paths to all references to the answers `$ids` (`$keys`) in a layout, and in a response."""


def lessons_to_author(viewer: Viewer) -> QuerySet[Lesson]:
    """Return lessons visible to the viewer, with `viewer_is_staff`: whether the viewer may edit them."""
    is_staff = participation.teaches(viewer, "course_id")
    return catalog.lessons_visible_to(viewer).annotate(viewer_is_staff=is_staff)


def questions_to_author(viewer: Viewer) -> QuerySet[Question]:
    """Return the questions that the viewer may edit; nobody else may even see them."""
    return assessments.questions_visible_to(viewer).annotate(viewer_is_staff=Value(True))


def problems_of(viewer: Viewer, assessment_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the reasons why each assessment that the viewer may edit cannot be started; nothing for the others."""
    is_staff = participation.teaches(viewer, assessments.COURSE)
    rows = Assessment.objects.filter(is_staff, pk__in=assessment_ids)
    return {
        assessment.pk: assessment_problems(
            [question.to_rule() for question in sorted(assessment.questions.all(), key=lambda q: q.order)]
        )
        for assessment in rows.prefetch_related("questions__answers")
    }


def is_in_use(question: Question) -> bool:
    """Return whether an attempt has the question: it was answered, or is part of a layout."""
    laid_out = Q(layout__contains={"questions": [{"id": question.pk}]})
    attempts = AssessmentAttempt.objects.filter(assessment_id=question.assessment_id)
    return question.attempt_answers.exists() or attempts.filter(laid_out).exists()


def are_in_use(question: Question, answer_ids: Collection[int]) -> bool:
    """Return whether an attempt has any of these answers of the question: it was picked, or is part of a layout."""
    picked = _finds("response", _NAMED, answer_ids)
    if AttemptAnswer.objects.filter(picked, question=question).exists():
        return True
    attempts = AssessmentAttempt.objects.filter(assessment_id=question.assessment_id)
    return attempts.filter(_finds("layout", _OFFERED, answer_ids)).exists()


def lost_with_course(course: Course) -> list[str]:
    """Return the kinds of things that learners would lose with a course, in words."""
    reviews = Review.objects.filter(course=course)
    return _kept_in(Lesson.objects.filter(course=course)) + ["reviews"] * reviews.exists()


def lost_with_lesson(lesson: Lesson) -> list[str]:
    """Return the kinds of things that learners would lose with a lesson, in words."""
    return _kept_in(Lesson.objects.filter(pk=lesson.pk))


def _kept_in(lessons: QuerySet[Lesson]) -> list[str]:
    kinds: dict[str, QuerySet[Any]] = {
        "attempts": AssessmentAttempt.objects.filter(assessment__lesson__in=lessons),
        "lesson completions": LessonCompletion.objects.filter(lesson__in=lessons),
        "notes": Note.objects.filter(lesson__in=lessons),
    }
    return [kind for kind, rows in kinds.items() if rows.exists()]


def _finds(column: str, path: str, answer_ids: Collection[int]) -> Q:
    """Return a predicate: the JSON of `column` refers to one of the answers at the places of `path`."""
    variables = json.dumps({"ids": sorted(answer_ids), "keys": [str(pk) for pk in sorted(answer_ids)]})
    found = Func(
        F(column),
        Value(path),
        Value(variables),
        Value(True),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
    return Q(Exact(found, True))
