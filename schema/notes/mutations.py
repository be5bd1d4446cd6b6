"""What can be done with notes: write, change and delete one's own."""

import strawberry

from courses.services import notes as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import changes
from schema.core.permissions import Scope
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import notes as loaders
from schema.notes.types import Note

TAGS = "At most 10 texts of 1 to 50 characters. White space around them goes; case alone makes no other tag."


@strawberry.input(description="A note on a lesson of a course that the viewer takes or teaches.")
class CreateNoteInput:
    lesson_id: strawberry.ID = strawberry.field(description="The lesson.")
    content: str = strawberry.field(description="At least 1 character, white space around it not counted.")
    timestamp_seconds: int | None = strawberry.field(
        default=None, description="The place in the lesson's film, in seconds from its start."
    )
    is_private: bool = strawberry.field(
        default=True, description="False to let everyone enrolled in the course read it."
    )
    tags: list[str] = strawberry.field(default_factory=list, description=TAGS)


@strawberry.type(description="The new note.")
class CreateNotePayload(Payload):
    note_id: strawberry.Private[int | None] = None
    note: Note | None = declared(loaders.note_of_payload, "The note as it was stored.")


@strawberry.input(description="What to change of one's own note. What is left out stays as it is.")
class UpdateNoteInput:
    note_id: strawberry.ID = strawberry.field(description="A note by the viewer.")
    content: str | None = strawberry.field(
        default=strawberry.UNSET, description="At least 1 character, white space around it not counted."
    )
    timestamp_seconds: int | None = strawberry.field(
        default=strawberry.UNSET,
        description="The place in the lesson's film, in seconds from its start. Null takes it away.",
    )
    is_private: bool | None = strawberry.field(
        default=strawberry.UNSET, description="False to let everyone enrolled in the course read it."
    )
    tags: list[str] | None = strawberry.field(default=strawberry.UNSET, description=TAGS)


@strawberry.type(description="The changed note.")
class UpdateNotePayload(Payload):
    note_id: strawberry.Private[int | None] = None
    note: Note | None = declared(loaders.note_of_payload, "The note as it was stored.")


@strawberry.input(description="Which note to delete.")
class DeleteNoteInput:
    note_id: strawberry.ID = strawberry.field(description="A note by the viewer.")


@strawberry.type(description="What was deleted.")
class DeleteNotePayload(Payload):
    deleted_note_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the note had."
    )


@strawberry.type
class NoteMutation:
    @mutation(scope=Scope.NOTES_WRITE, description="Write a note on a lesson, for oneself or for the course.")
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

    @mutation(scope=Scope.NOTES_WRITE, description="Change one's own note.")
    def update_note(info: Info, input: UpdateNoteInput) -> UpdateNotePayload:
        note_id = ids.required_pk(input.note_id, "Note", "noteId")
        given = changes(input, apart_from=("note_id",), nullable=("timestamp_seconds",))
        note = services.update_note(author=info.context.person, note_id=note_id, **given)
        return UpdateNotePayload(note_id=note.pk)

    @mutation(
        scope=Scope.NOTES_WRITE,
        description="Delete one's own note. Staff of the platform can delete anybody's public one.",
    )
    def delete_note(info: Info, input: DeleteNoteInput) -> DeleteNotePayload:
        note_id = ids.required_pk(input.note_id, "Note", "noteId")
        services.delete_note(actor=info.context.person, note_id=note_id)
        return DeleteNotePayload(deleted_note_id=ids.encode("Note", note_id))
