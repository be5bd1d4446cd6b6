"""`manage.py list_declarations`: the batched reads of the API, and the SQL of each batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection, transaction

from courses.models import (
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    Course,
    Enrollment,
    Lesson,
    Question,
    User,
)
from schema.core.compiled_reads import uncompiled
from schema.core.upstream import graphql_schema
from schema.dataloaders import accommodations, attempts, grading
from schema.dataloaders.base import Declaration
from schema.dataloaders.paging import OrderTerm, PageRequest
from schema.dataloaders.registry import declarations
from schema.root import schema

PK = -1
"""Primary key of every sample row, so that one key fits whatever a declaration asks for."""

PAGE = PageRequest(size=20, order=(OrderTerm("pk"),))

_CHANGES = ("SAVEPOINT", "RELEASE")
"""Statements that only frame others."""


class Command(BaseCommand):
    help = (
        "List every relation and fact that is read in batches: where from, by which key, and with which SQL. "
        "Then those which have a query read by several statements, and the fields that are not compiled, with the "
        "reasons."
    )

    def handle(self, **options: Any) -> None:
        for _, declaration, statements in listed():
            self.stdout.write(str(declaration))
            for statement in statements:
                self.stdout.write(f"    {' '.join(statement.split())}")
        self.stdout.write("Not read within one statement, as Python decides over several rows:")
        for name, declaration in declarations().items():
            if not declaration.is_inlined:
                self.stdout.write(f"    {name}")
        self.stdout.write("Not compiled:")
        for field, reason in uncompiled(graphql_schema(schema)).items():
            self.stdout.write(f"    {field}: {reason}")


def listed() -> Iterator[tuple[str, Declaration, list[str]]]:
    """Yield each declaration with the statements of a batch of one key, read by the teacher of a sample course.

    The sample is rolled back.
    """
    with transaction.atomic():
        viewer = _sample()
        rows: dict[Declaration, Any] = {
            attempts.questions_of_attempt: attempts.attempt_by_id.load(viewer, [PK], None)[PK],
            grading.laid_out_task: grading.grading_task_by_id.load(viewer, [PK], None)[PK],
        }
        requests: dict[Declaration, Any] = {accommodations.settings_of_learner: PK}
        for name, declaration in declarations().items():
            key = rows[declaration] if declaration.key is None else PK
            with _statements() as statements:
                declaration.load(viewer, [key], requests.get(declaration, PAGE))
            yield name, declaration, statements
        transaction.set_rollback(True)


@contextmanager
def _statements() -> Iterator[list[str]]:
    """Collect the statements executed within the block, with placeholders for values."""
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: Any, *arguments: Any) -> Any:
        text = sql if isinstance(sql, str) else sql.as_string(connection.connection)
        if not text.startswith(_CHANGES):
            asked.append(text)
        return execute(sql, *arguments)

    with connection.execute_wrapper(note):
        yield asked


def _sample() -> User:
    """Create a teacher who has also taken an essay question of the own course; every row has the primary key PK."""
    viewer = User(pk=PK, username="a sample of a teacher")
    course = Course(pk=PK, slug="a-sample-of-a-course", title="A sample of a course")
    lesson = Lesson(pk=PK, course=course, title="A sample of a lesson", order=1)
    assessment = Assessment(pk=PK, lesson=lesson, title="A sample of an assessment")
    question = Question(pk=PK, assessment=assessment, question_type="essay", order=1)
    for row in (viewer, course, lesson, assessment, question, Enrollment(pk=PK, user=viewer, course=course)):
        row.save(force_insert=True)
    course.instructors.add(viewer)
    attempt = AssessmentAttempt(pk=PK, user=viewer, assessment=assessment)
    attempt.save(force_insert=True)
    answer = AttemptAnswer(pk=PK, attempt=attempt, question=question, response={"text": "Because."})
    answer.save(force_insert=True)
    attempt.complete()
    return viewer
