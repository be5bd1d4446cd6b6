"""Notes on lessons, private or shared with the course."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models

from courses.constants import MAX_TAG_LENGTH, MAX_TAGS
from courses.mixins import TimeStampedMixin
from courses.models.catalog import Lesson
from courses.rules.words import VISIBLE
from courses.utils.constraints import json_has_no, json_is, not_blank
from courses.utils.folding import FoldedTags, SeparatedWords
from courses.utils.model_helpers import ShapedJSONField, defaults_to
from courses.utils.statistics_inputs import StatisticsInput
from courses.validators import MinVisibleLengthValidator, validate_tags

_SHOWN = VISIBLE.encode("ascii").decode("unicode_escape")  # paths know other escapes than regular expressions
_NO_TAG = (
    f'strict $[*] ? (@.type() != "string" || !(@ like_regex "^.{{1,{MAX_TAG_LENGTH}}}$") '
    f'|| !(@ like_regex "{_SHOWN}"))'
)
"""SQL/JSON path to every element that is no text of a tag's length, or has no visible character."""

NOTE_WORDS = SearchVector(SeparatedWords("content"), config="simple")
"""Search vector of a note, as it is indexed."""

NOTE_TAGS = FoldedTags("tags")
"""Folded tags of a note, as they are indexed."""


class Note(TimeStampedMixin):
    """A note on a lesson: private to its author, or public to everyone in the course."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes", help_text="Who wrote it."
    )
    lesson = models.ForeignKey(
        Lesson, on_delete=models.CASCADE, related_name="notes", help_text="The lesson it is about."
    )
    content = models.TextField(
        validators=[MinVisibleLengthValidator(1)],
        help_text="Text of the note, at least 1 character, white space around it not counted.",
    )
    timestamp_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Position in the lesson's video, in seconds from its start. Null: none.",
    )
    is_private = models.BooleanField(
        **defaults_to(True),
        help_text="Whether only its author sees it. Otherwise everyone who takes or teaches the course does.",
    )
    tags = ShapedJSONField(
        **defaults_to(list),
        blank=True,
        validators=[validate_tags],
        help_text="Tags, at most 10, each of 1 to 50 characters. White space around them is removed; they are "
        "unique, ignoring case.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["user", "lesson"], name="note_by_user_lesson"),
            models.Index(fields=["lesson", "is_private"], name="note_by_lesson"),
            models.Index(fields=["user", "-created_date"], name="note_by_user"),
            models.Index(fields=["lesson", "-created_date"], name="note_newest_of_lesson"),
            GinIndex(NOTE_WORDS, name="note_words"),
            GinIndex(NOTE_TAGS, name="note_tags"),
        ]
        constraints = [
            models.CheckConstraint(name="note_content_not_blank", condition=not_blank("content")),
            models.CheckConstraint(name="note_tags_are_array", condition=json_is("tags", "array")),
            models.CheckConstraint(name="note_tags_are_texts", condition=json_has_no("tags", _NO_TAG)),
            models.CheckConstraint(name="note_tags_are_few", condition=json_has_no("tags", f"$[{MAX_TAGS}]")),
            StatisticsInput(name="note_in_statistics", owners=["lesson__course"], columns=["user", "lesson"]),
        ]

    def __str__(self) -> str:
        return self.content[:80]
