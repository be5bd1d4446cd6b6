"""Documents that clients name instead of sending them: persisted queries, and trusted documents.

Both are shared by all processes. Of persisted queries the latest used PERSISTED_QUERIES are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from courses import exceptions
from courses.models import TrustedDocument
from courses.models.documents import LONGEST_KEPT_TEXT
from courses.utils import sql
from courses.utils.json_text import is_storable

USE_IS_NOTED_EVERY = timedelta(minutes=10)

_FIND = """
WITH used AS (
    UPDATE courses_persistedquery SET used_at = now()
    WHERE digest = %(name)s AND %(is_hash)s AND used_at < now() - %(noted_every)s
)
SELECT text FROM courses_trusteddocument WHERE document_id = %(name)s AND %(trusts)s
UNION ALL
SELECT text FROM courses_persistedquery WHERE digest = %(name)s AND %(is_hash)s
LIMIT 1
"""

_KEEP = """
INSERT INTO courses_persistedquery (digest, text) VALUES (%(digest)s, %(text)s) ON CONFLICT (digest) DO NOTHING
"""

_FORGET = """
DELETE FROM courses_persistedquery WHERE id IN (
    SELECT id FROM courses_persistedquery WHERE id NOT IN (
        SELECT id FROM courses_persistedquery ORDER BY used_at DESC, id DESC LIMIT %(kept)s
    ) FOR UPDATE SKIP LOCKED
)
"""


@dataclass(frozen=True)
class DocumentToTrust:
    """Entry of a manifest, with the SHA-256 of the document in normal form."""

    document_id: str
    text: str
    digest: str


def find_document(*, name: str, is_hash: bool) -> str | None:
    """Return the text of the trusted document with this id, or of the persisted query with this hash, or None."""
    if not is_storable(name):
        return None
    found = sql.fetch(
        _FIND,
        name=name,
        is_hash=is_hash,
        trusts=settings.TRUSTED_DOCUMENTS != "off",
        noted_every=USE_IS_NOTED_EVERY,
    )
    return found[0].text if found else None


def keep_persisted_query(*, digest: str, text: str) -> None:
    """Keep a valid document under its hash, and delete the least recently used ones above the bound.

    One that is longer than LONGEST_KEPT_TEXT is executed, and not kept.
    """
    if len(text) > LONGEST_KEPT_TEXT or not is_storable(text):
        return
    if sql.execute(_KEEP, digest=digest, text=text):
        sql.execute(_FORGET, kept=settings.PERSISTED_QUERIES)


def is_trusted_document(*, digest: str) -> bool:
    """Return whether a document is trusted, by the SHA-256 of its normal form."""
    return TrustedDocument.objects.filter(digest=digest).exists()


def trusted_texts(*, most: int) -> list[str]:
    """Return the texts of trusted documents, at most so many, the first that were trusted."""
    return list(TrustedDocument.objects.order_by("pk").values_list("text", flat=True)[:most])


@transaction.atomic
def trust_documents(*, documents: Sequence[DocumentToTrust]) -> int:
    """Trust documents from now on; return the number of those that were not trusted yet.

    Idempotent. Raises Conflict for an id that stands for another document already, and then trusts none.
    """
    rows = [
        TrustedDocument(document_id=each.document_id, text=each.text, digest=each.digest)
        for each in documents
    ]
    by_id = TrustedDocument.objects.filter(document_id__in=[each.document_id for each in documents])
    known = by_id.count()
    TrustedDocument.objects.bulk_create(rows, ignore_conflicts=True)
    stored = dict(by_id.values_list("document_id", "digest"))
    for each in documents:
        if stored[each.document_id] != each.digest:
            raise exceptions.Conflict(f"The id {each.document_id} stands for another document already.")
    return len(stored) - known
