"""Courses of the demonstration, as their authors would have written them."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from courses.models import Answer, Assessment, Course, Lesson, Question, Resource, User

DIRECTORY = Path(__file__).with_name("courses")
EXACT_NUMBERS = ("price", "tolerance", "credit")


def load_courses(*, instructor: User) -> dict[str, Course]:
    """Create the courses of every file, taught by `instructor`, and return them by slug."""
    return {path.stem: _load_course(_read(path), instructor) for path in sorted(DIRECTORY.glob("*.json"))}


def _read(path: Path) -> dict[str, Any]:
    """Read a course file. Numbers that must stay exact are written as strings."""

    def exact(values: dict[str, Any]) -> dict[str, Any]:
        return {name: Decimal(value) if name in EXACT_NUMBERS else value for name, value in values.items()}

    course: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), object_hook=exact)
    return course


def _load_course(fields: dict[str, Any], instructor: User) -> Course:
    lessons = fields.pop("lessons")
    course = Course.objects.create(**fields)
    course.instructors.add(instructor)
    for lesson in lessons:
        _load_lesson(course, lesson)
    return course


def _load_lesson(course: Course, fields: dict[str, Any]) -> None:
    resources, assessment = fields.pop("resources", []), fields.pop("assessment", None)
    lesson = Lesson.objects.create(course=course, **fields)
    Resource.objects.bulk_create(Resource(lesson=lesson, **resource) for resource in resources)
    if assessment:
        questions = assessment.pop("questions")
        _load_questions(Assessment.objects.create(lesson=lesson, **assessment), questions)


def _load_questions(assessment: Assessment, questions: list[dict[str, Any]]) -> None:
    for fields in questions:
        answers = fields.pop("answers", [])
        question = Question.objects.create(assessment=assessment, **fields)
        Answer.objects.bulk_create(Answer(question=question, **answer) for answer in answers)
