"""Notes on lessons: creation, changes and deletion."""

from collections.abc import Iterable
from typing import TypedDict, Unpack

from django.db import transaction

from courses import exceptions
from courses.models import Note, User
from courses.policies.participation import is_platform_staff
from courses.rules.tags import normalised_tags
from courses.rules.words import trimmed
from courses.selectors.catalog import lessons_as_seen_by, lessons_visible_to
from courses.selectors.notes import notes_visible_to
from courses.services.authorship import assign


class NoteChanges(TypedDict, total=False):
    """Changes of a note. A missing key keeps its value."""

    content: str
    timestamp_seconds: int | None
    is_private: bool
    tags: Iterable[str]


@transaction.atomic
def create_note(
    *,
    author: User,
    lesson_id: int,
    content: str,
    timestamp_seconds: int | None = None,
    is_private: bool = True,
    tags: Iterable[str] = (),
) -> Note:
    """Create a note on a lesson of a course that the author takes or teaches.

    Raises NotFound, NotEnrolled, Invalid, TooManyTags, or a ValidationError that names the fields.
    """
    lesson = lessons_visible_to(author).filter(pk=lesson_id).first()
    if lesson is None:
        raise exceptions.NotFound(field=["lessonId"])
    if not lesson.viewer_may_read:
        raise exceptions.NotEnrolled(field=["lessonId"])
    note = Note(
        user=author,
        lesson=lesson,
        content=trimmed(content),
        timestamp_seconds=timestamp_seconds,
        is_private=is_private,
        tags=normalised_tags(tags),
    )
    note.full_clean()
    note.save()
    return note


@transaction.atomic
def update_note(*, author: User, note_id: int, **changes: Unpack[NoteChanges]) -> Note:
    """Change the parts of a note that are given.

    People who have left the course keep their notes, but no longer write to the others: a note that is public after
    the change needs taking part. Raises NotFound, PermissionDenied for notes of others, NotEnrolled, Invalid,
    TooManyTags, or a ValidationError that names the fields.
    """
    note = _locked_note(author, note_id)
    if note.user_id != author.pk:
        raise exceptions.PermissionDenied("Only its owner can change a note.", ["noteId"])
    assign(note, {name: value for name, value in changes.items() if name not in ("content", "tags")})
    if "content" in changes:
        note.content = trimmed(changes["content"])
    if "tags" in changes:
        note.tags = normalised_tags(changes["tags"])
    if not note.is_private and not _takes_part(author, note.lesson_id):
        raise exceptions.NotEnrolled(
            "You have left this course, so you can only keep this note for yourself.", ["isPrivate"]
        )
    note.full_clean()
    note.save()
    return note


@transaction.atomic
def delete_note(*, actor: User, note_id: int) -> None:
    """Delete a note: one's own, or as staff of the platform anybody's public one.

    Raises NotFound, or PermissionDenied.
    """
    note = _locked_note(actor, note_id)
    if note.user_id != actor.pk and not is_platform_staff(actor):
        raise exceptions.PermissionDenied("Only its owner can delete a note.", ["noteId"])
    note.delete()


def _locked_note(viewer: User, note_id: int) -> Note:
    visible = notes_visible_to(viewer).filter(pk=note_id)
    note = visible.select_for_update(no_key=True, of=("self",)).first()
    if note is None:
        raise exceptions.NotFound(field=["noteId"])
    return note


def _takes_part(author: User, lesson_id: int) -> bool:
    lesson = lessons_as_seen_by(author).get(pk=lesson_id)
    return lesson.viewer_may_read
