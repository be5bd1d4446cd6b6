"""Output types of notes."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from courses import models
from courses.constants import Scope
from schema.core.fields import column, declared
from schema.core.ids import Node, node
from schema.dataloaders import catalog as catalog_loaders
from schema.dataloaders import notes as loaders
from schema.dataloaders import people as people_loaders
from schema.people.types import User

if TYPE_CHECKING:
    from schema.catalog.types import Lesson


@node(models.Note, by_pk=loaders.note_by_id, scope=Scope.NOTES_READ)
class Note(Node):
    content: str
    timestamp_seconds: int | None
    is_private: bool
    tags: list[str]
    created_at: datetime = column("created_date")
    updated_at: datetime = column("updated_date")
    lesson: Annotated["Lesson", strawberry.lazy("schema.catalog.types")] = declared(
        catalog_loaders.lesson_of, "Lesson that the note is about."
    )
    author: User = declared(people_loaders.user_of, "Person who wrote the note.")
