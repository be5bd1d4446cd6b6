"""Common part of every edit: find the row, authorise its author, lock it, and assign values."""

from collections.abc import Mapping
from typing import TypeVar

from django.db.models import Model, QuerySet

from courses import exceptions
from courses.models import Assessment, Question, User
from courses.selectors import authoring

M = TypeVar("M", bound=Model)


def locked_for_author(rows: QuerySet[M], pk: int, *, field: str, completely: bool = False) -> M:
    """Return the row among those that the author may see, locked until the end of the transaction.

    `rows` carry `viewer_is_staff`. The lock excludes other authors; `completely` also keeps away new rows
    that refer to it, so that nobody starts an attempt meanwhile. Raises NotFound for a row that the author
    may not see and PermissionDenied for one of a course that the author does not teach, naming `field`.
    """
    editable = rows.select_for_update(no_key=not completely, of=("self",))
    row = editable.filter(pk=pk, viewer_is_staff=True).first()
    if row is not None:
        return row
    if rows.filter(pk=pk).exists():
        raise exceptions.PermissionDenied("Only the instructors of the course can edit it.", field=[field])
    raise exceptions.NotFound(field=[field])


def locked_question(author: User, question_id: int) -> Question:
    """Return the question, locked together with its assessment, so that no attempt begins meanwhile."""
    questions = authoring.questions_to_author(author)
    parent = questions.filter(pk=question_id).values("assessment")
    Assessment.objects.select_for_update().filter(pk__in=parent).first()
    return locked_for_author(questions, question_id, field="questionId", completely=True)


def assign(row: Model, values: Mapping[str, object]) -> None:
    """Assign values to the named fields of the row; nothing is written yet."""
    for name, value in values.items():
        setattr(row, name, value)
