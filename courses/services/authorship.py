"""Common part of what the staff of a course do: find the row, authorise the author, lock it, and assign values."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.db.models.functions import Now

from courses import exceptions
from courses.models import Assessment, Lesson, Question, User
from courses.selectors import authoring

M = TypeVar("M", bound=Model)
Ordered = TypeVar("Ordered", Lesson, Question)


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


def found_for_staff(rows: QuerySet[M], pk: int, *, field: str, refusal: str | None = None) -> M:
    """Return the row among those that a person may see, if it belongs to a course of which they are staff.

    `rows` carry `viewer_is_staff`. Raises NotFound for a row that the person may not see, and PermissionDenied, which
    says `refusal`, for one of another course, naming `field`.
    """
    row: Any = rows.filter(pk=pk).first()
    if row is None:
        raise exceptions.NotFound(field=[field])
    if not row.viewer_is_staff:
        raise exceptions.PermissionDenied(refusal, field=[field])
    found: M = row
    return found


def locked_question(author: User, question_id: int) -> Question:
    """Return the question, locked together with its assessment, so that no attempt begins meanwhile."""
    questions = authoring.questions_to_author(author)
    parent = questions.filter(pk=question_id).values("assessment")
    Assessment.objects.select_for_update().filter(pk__in=parent).first()
    return locked_for_author(questions, question_id, field="questionId", completely=True)


def reorder(rows: QuerySet[Ordered], pks: Sequence[int], *, field: str, of: str) -> None:
    """Number `rows`, the children of a parent that is locked, in the order of `pks`, which name each exactly once.

    `of` says in words what they all are. Raises NotFound for another row, and Invalid for a list that is incomplete or
    has duplicates, naming `field`.
    """
    by_pk = {row.pk: row for row in rows}
    for place, pk in enumerate(pks):
        if pk not in by_pk:
            raise exceptions.NotFound(field=[field, str(place)])
    if sorted(pks) != sorted(by_pk):
        raise exceptions.Invalid(
            f"Name every {of} exactly once. Perhaps one was added meanwhile.", field=[field]
        )
    for order, pk in enumerate(pks, start=1):
        by_pk[pk].order, by_pk[pk].updated_date = order, Now()
    rows.model._default_manager.bulk_update(by_pk.values(), ["order", "updated_date"])


def assign(row: Model, values: Mapping[str, object]) -> None:
    """Assign values to the named fields of the row; nothing is written yet."""
    for name, value in values.items():
        setattr(row, name, value)
