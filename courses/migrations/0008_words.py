"""Words are compared in one way, by functions of the database, and what shows nothing is no text.

A stored note without anything that shows gets a stand-in. Tags that show nothing, and those that are the same
as one before, are removed, and so are titles and names that show nothing where they may be left out.
"""

import django.contrib.auth.validators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

from courses.utils import folding
from courses.utils.batched_operations import batched
from courses.utils.constraints import json_has_no
from courses.utils.folding import FoldedTags, SeparatedWords
from courses.validators import MinVisibleLengthValidator, validate_not_blank

EMPTY = (
    r"\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\ufff9-\ufffb\U0001d159"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
VISIBLE = f"[^{EMPTY}]"
VISIBLE_IN_A_PATH = VISIBLE.encode("ascii").decode("unicode_escape")

CHECK_AT_ONCE = "SET CONSTRAINTS ALL IMMEDIATE"  # no table is altered while a check of its rows is put off
STAND_IN = f"UPDATE courses_note SET content = '(empty)' WHERE content !~ '{VISIBLE}'"
NOTHING_INSTEAD = [
    f"UPDATE courses_{model} SET {column} = '' WHERE {column} <> '' AND {column} !~ '{VISIBLE}'"
    for model, column in (("review", "title"), ("user", "display_name"))
]
KEEP_TAGS = f"""
WITH kept AS (
    SELECT note.id, (
        SELECT coalesce(jsonb_agg(tag ORDER BY place), '[]') FROM (
            SELECT DISTINCT ON (courses_folded(tag)) tag, place
            FROM jsonb_array_elements_text(note.tags) WITH ORDINALITY AS given (tag, place)
            WHERE tag ~ '{VISIBLE}' ORDER BY courses_folded(tag), place
        ) AS first_of_each
    ) AS tags
    FROM courses_note AS note WHERE note.tags <> '[]'
)
UPDATE courses_note AS note SET tags = kept.tags FROM kept WHERE note.id = kept.id AND note.tags <> kept.tags
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0007_bounds")]

    operations = batched([
        migrations.RunSQL(folding.create(), folding.DROP),
        migrations.RunSQL(";\n".join([CHECK_AT_ONCE, STAND_IN, *NOTHING_INSTEAD, KEEP_TAGS]), migrations.RunSQL.noop),
        migrations.RemoveIndex("course", "course_words"),
        migrations.RemoveIndex("note", "note_words"),
        migrations.AddIndex(
            "course",
            GinIndex(
                SearchVector(SeparatedWords("title"), SeparatedWords("description"), config="simple"),
                name="course_words",
            ),
        ),
        migrations.AddIndex(
            "note", GinIndex(SearchVector(SeparatedWords("content"), config="simple"), name="note_words")
        ),
        migrations.AddIndex("note", GinIndex(FoldedTags("tags"), name="note_tags")),
        migrations.RemoveConstraint("note", "note_content_not_empty"),
        migrations.RemoveConstraint("note", "note_tags_are_texts"),
        migrations.AddConstraint(
            "note",
            models.CheckConstraint(
                name="note_tags_are_texts",
                condition=json_has_no(
                    "tags",
                    'strict $[*] ? (@.type() != "string" || !(@ like_regex "^.{1,50}$") '
                    f'|| !(@ like_regex "{VISIBLE_IN_A_PATH}"))',
                ),
            ),
        ),
        migrations.AddConstraint(
            "note",
            models.CheckConstraint(
                name="note_content_not_blank", condition=models.Q(("content__regex", VISIBLE))
            ),
        ),
        migrations.AlterField(
            "accesstoken",
            "name",
            models.CharField(
                help_text="What it is for, in the person's own words.",
                max_length=100,
                validators=[validate_not_blank],
            ),
        ),
        migrations.AlterField(
            "answer",
            "blank_key",
            models.CharField(
                blank=True,
                help_text="In a fill-in question the key of the blank that this text fills.",
                max_length=50,
                validators=[validate_not_blank],
            ),
        ),
        migrations.AlterField(
            "assessment",
            "title",
            models.CharField(
                help_text="The title, 2 to 255 characters.",
                max_length=255,
                validators=[MinVisibleLengthValidator(2)],
            ),
        ),
        *(
            migrations.AlterField(
                model,
                "title",
                models.CharField(
                    help_text="The title, at most 255 characters.",
                    max_length=255,
                    validators=[validate_not_blank],
                ),
            )
            for model in ("course", "lesson", "notification", "resource")
        ),
        migrations.AlterField(
            "note",
            "content",
            models.TextField(
                help_text="The text, at least 1 character.", validators=[MinVisibleLengthValidator(1)]
            ),
        ),
        migrations.AlterField(
            "notification",
            "message",
            models.TextField(help_text="What is told.", validators=[validate_not_blank]),
        ),
        migrations.AlterField(
            "question",
            "question_text",
            models.TextField(help_text="What is asked.", validators=[validate_not_blank]),
        ),
        migrations.AlterField(
            "review",
            "content",
            models.TextField(
                help_text="The text, at least 10 characters.", validators=[MinVisibleLengthValidator(10)]
            ),
        ),
        migrations.AlterField(
            "review",
            "title",
            models.CharField(
                blank=True,
                help_text="The title, at most 255 characters.",
                max_length=255,
                validators=[validate_not_blank],
            ),
        ),
        migrations.AlterField(
            "user",
            "display_name",
            models.CharField(
                blank=True,
                help_text="The name that other people see. Empty: the user name is shown.",
                max_length=150,
                validators=[validate_not_blank],
            ),
        ),
        migrations.AlterField(
            "user",
            "username",
            models.CharField(
                error_messages={"unique": "A user with that username already exists."},
                help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                max_length=150,
                unique=True,
                validators=[
                    django.contrib.auth.validators.UnicodeUsernameValidator(),
                    validate_not_blank,
                ],
                verbose_name="username",
            ),
        ),
    ])
