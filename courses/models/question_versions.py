"""Versions of questions: what attempts were asked, and what they were graded by."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import models, transaction
from django.db.models import Q

from courses.models.assessments import Question
from courses.rules.canonical_json import canonical_json
from courses.rules.layout import still_offers
from courses.rules.values import LayoutEntry
from courses.rules.versions import Content, Version, content_of_json, content_to_json, digest_of, shown_of
from courses.utils.constraints import json_is
from courses.utils.kept import Kept
from courses.utils.kept_versions import Immutable, KeptWhileNamed
from courses.utils.model_helpers import StampField
from courses.utils.sql import execute, fetch

VERSIONS_REMEMBERED = 4096
"""Number of versions that a process keeps in memory, some 5 kB each."""


class Stored(NamedTuple):
    """A version that is stored, without its content."""

    id: int
    question_id: int
    number: int
    digest: str


_FIND = """
SELECT version.id, version.question_id, version.number
FROM unnest(%(questions)s::bigint[], %(digests)s::text[]) AS asked (question, digest)
JOIN courses_questionversion AS version ON version.question_id = asked.question AND version.digest = asked.digest
"""

_MAKE = """
INSERT INTO courses_questionversion (question_id, number, content, shown, digest)
SELECT question, 1 + coalesce((
        SELECT max(number) FROM courses_questionversion WHERE question_id = question
    ), 0), content, shown, digest
FROM unnest(%(questions)s::bigint[], %(contents)s::text[]::jsonb[], %(shown)s::text[]::jsonb[], %(digests)s::text[])
    AS made (question, content, shown, digest)
ORDER BY question
ON CONFLICT DO NOTHING
"""


class QuestionVersion(models.Model):
    """A question as it stood when an attempt started or was graded. Never changes."""

    question = models.ForeignKey(
        Question,
        on_delete=models.CASCADE,
        db_index=False,  # the unique constraints have it first
        related_name="versions",
        help_text="The question.",
    )
    number = models.PositiveIntegerField(help_text="Number among the versions of the question, from 1.")
    content = models.JSONField(
        help_text="Everything of the question and its answers, key included, each answer with its id."
    )
    shown = models.JSONField(help_text="What a learner may see before the key opens. Holds no key.")
    digest = models.CharField(
        max_length=64,
        help_text="SHA-256 of the canonical content, in hexadecimal. For staff: it covers the key.",
    )
    created_date = StampField(auto_now_add=True, help_text="When it was first asked or graded by.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "number"], name="unique_question_version_number"),
            models.UniqueConstraint(fields=["question", "digest"], name="unique_question_version_content"),
            models.CheckConstraint(name="question_version_number_positive", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="question_version_content_is_object", condition=json_is("content", "object")
            ),
            models.CheckConstraint(
                name="question_version_shown_is_object", condition=json_is("shown", "object")
            ),
            models.CheckConstraint(
                name="question_version_digest_is_sha256", condition=Q(digest__regex="^[0-9a-f]{64}$")
            ),
            Immutable(name="question_version_immutable"),
            KeptWhileNamed(name="question_version_kept_while_named"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number} of {self.question}"


_remembered = Kept[int, Version](number=VERSIONS_REMEMBERED)


def remembered_versions(ids: Collection[int]) -> Mapping[int, Version]:
    """Return those of the versions that are in memory, by id. They never change, so none is out of date."""
    return _remembered.known(ids)


def versions_by_id(ids: Collection[int]) -> Mapping[int, Version]:
    """Return versions by id: one statement for those that are not in memory.

    They are remembered at once: attempts name them that are committed, and with these the versions are.
    """
    found = _remembered.known(ids)
    missing = [pk for pk in ids if pk not in found]
    if missing:
        rows = QuestionVersion.objects.filter(pk__in=missing)
        for pk, question, number, content in rows.values_list("pk", "question_id", "number", "content"):
            found[pk] = Version(pk, question, number, content_of_json(content))
            _remembered.put(pk, found[pk])
    return found


def current_versions(questions: Collection[Question], *, make: bool = True) -> dict[int, Version]:
    """Return the version that each question is now, by the question's id; those that are missing are made, or have no
    id where nothing is to be written.

    One statement where nothing was edited. Of two transactions that make the same version one waits for the other,
    and both return one row: questions with their answers are to be read under a lock that keeps authors away.
    """
    return versions_of({question.pk: question.to_content() for question in questions}, make=make)


def versions_of(
    contents: Mapping[int, Content], *, make: bool = True, latest: Iterable[Stored] = ()
) -> dict[int, Version]:
    """Return the versions with these contents of questions, like `current_versions`.

    The `latest` of the questions, where they are known, need no statement: nothing was edited since most of them.
    """
    stored = {pk: content_to_json(content) for pk, content in contents.items()}
    digests = {pk: digest_of(content) for pk, content in stored.items()}
    found = _versions([row for row in latest if digests.get(row.question_id) == row.digest], stored)
    if sought := {pk: digest for pk, digest in digests.items() if pk not in found}:
        found |= _found(sought, stored)
    if not make:
        return {pk: found.get(pk) or Version(None, pk, 0, content) for pk, content in contents.items()}
    while missing := sorted(digests.keys() - found.keys()):
        execute(
            _MAKE,
            questions=missing,
            contents=[canonical_json(stored[pk]).decode() for pk in missing],
            shown=[canonical_json(shown_of(contents[pk])).decode() for pk in missing],
            digests=[digests[pk] for pk in missing],
        )
        found |= _found({pk: digests[pk] for pk in missing}, stored)
    return found


def versions_to_grade_by(
    contents: Mapping[int, Content], entries: Mapping[int, LayoutEntry], *, latest: Iterable[Stored] = ()
) -> dict[int, Version]:
    """Return the version that grades the response to each question, by its id: that of today's `contents`, where it has
    all parts of what was laid out in `entries`, else the one that was asked.
    """
    versions = versions_of(contents, latest=latest)
    asked = versions_by_id(
        {
            asked
            for pk, entry in entries.items()
            if pk in versions and (asked := entry.get("version")) not in (None, versions[pk].id)
        }
    )
    for pk, entry in entries.items():
        version = asked.get(entry.get("version", 0))
        if pk in versions and version and not still_offers(versions[pk].question, version.question, entry):
            versions[pk] = version
    return versions


def _found(digests: Mapping[int, str], stored: Mapping[int, Any]) -> dict[int, Version]:
    """Return the stored versions with these digests of `stored` content, by the questions' ids."""
    rows: list[Any] = fetch(_FIND, questions=list(digests), digests=list(digests.values())) if digests else []
    return _versions(rows, stored)


def _versions(rows: Sequence[Any], stored: Mapping[int, Any]) -> dict[int, Version]:
    """Return versions of which rows tell where they are, by the questions' ids.

    A version is remembered once the transaction is committed, which may have made it: the id of one that was rolled
    back may be given again. What is remembered counts only with this content, as a database that was restored gives
    ids again, too.
    """
    remembered = _remembered.known([row.id for row in rows])
    found = {}
    for row in rows:
        version = remembered.get(row.id)
        if version is None or content_to_json(version.content) != stored[row.question_id]:
            content = content_of_json(stored[row.question_id])
            version = Version(row.id, row.question_id, row.number, content)
            transaction.on_commit(partial(_remembered.put, row.id, version))
        found[row.question_id] = version
    return found
