"""Mutations of one's own notes: create, update, delete."""

import strawberry

from courses import models
from courses.services import notes as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, like, required_like
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import notes as loaders
from schema.notes.types import Note


@strawberry.input(description="A note to write on a lesson.")
class CreateNoteInput:
    lesson_id: strawberry.ID = strawberry.field(
        description="Global id of a lesson of a course that the viewer takes or teaches."
    )
    content: str = required_like(models.Note, "content")
    timestamp_seconds: int | None = like(models.Note, "timestamp_seconds", default=None)
    is_private: bool = like(models.Note, "is_private", default=True)
    tags: list[str] = like(models.Note, "tags", default_factory=list)


@strawberry.type(description="The new note, as it was stored.")
class CreateNotePayload(Payload):
    note_id: strawberry.Private[int | None] = None
    note: Note | None = declared(loaders.note_of_payload, "Note as it is stored now.")


@strawberry.input(description=f"Changes to a note of the viewer. {LEFT_OUT_STAYS}")
class UpdateNoteInput:
    note_id: strawberry.ID = strawberry.field(description="Global id of a note by the viewer.")
    content: str | None = like(models.Note, "content")
    timestamp_seconds: int | None = like(models.Note, "timestamp_seconds")
    is_private: bool | None = like(models.Note, "is_private")
    tags: list[str] | None = like(models.Note, "tags")


@strawberry.type(description="The changed note, as it is stored now.")
class UpdateNotePayload(Payload):
    note_id: strawberry.Private[int | None] = None
    note: Note | None = declared(loaders.note_of_payload, "Note as it is stored now.", scope=Scope.NOTES_READ)


@strawberry.input(description="The note to delete.")
class DeleteNoteInput:
    note_id: strawberry.ID = strawberry.field(
        description="Global id of a note by the viewer, or for the platform's staff of any public note."
    )


@strawberry.type(description="The note that was deleted.")
class DeleteNotePayload(Payload):
    deleted_note_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the deleted note."
    )


@strawberry.type
class NoteMutation:
    @mutation(
        scope=Scope.NOTES_WRITE,
        description="Write a note on a lesson, private or for everyone in the course.",
    )
    def create_note(info: Info, input: CreateNoteInput) -> CreateNotePayload:
        note = services.create_note(
            author=info.context.person,
            lesson_id=ids.required_pk(input.lesson_id, "Lesson", "lessonId"),
            content=input.content,
            timestamp_seconds=input.timestamp_seconds,
            is_private=input.is_private,
            tags=input.tags,
        )
        return CreateNotePayload(note_id=note.pk)

    @mutation(scope=Scope.NOTES_WRITE, description="Change a note of the viewer.")
    def update_note(info: Info, input: UpdateNoteInput) -> UpdateNotePayload:
        note_id = ids.required_pk(input.note_id, "Note", "noteId")
        given = changes(input, apart_from=("note_id",), nullable=("timestamp_seconds",))
        note = services.update_note(author=info.context.person, note_id=note_id, **given)
        return UpdateNotePayload(note_id=note.pk)

    @mutation(
        scope=Scope.NOTES_WRITE,
        description="Delete a note of the viewer. The platform's staff can delete any public note.",
    )
    def delete_note(info: Info, input: DeleteNoteInput) -> DeleteNotePayload:
        note_id = ids.required_pk(input.note_id, "Note", "noteId")
        services.delete_note(actor=info.context.person, note_id=note_id)
        return DeleteNotePayload(deleted_note_id=ids.encode("Note", note_id))
