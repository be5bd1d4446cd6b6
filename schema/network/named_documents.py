"""Documents that a request names: persisted queries as Apollo's clients have them, and trusted documents by their ids.

A process keeps the texts that it has seen for KEPT_SECONDS, so that naming them costs no look-up.
"""

import hashlib
import time
from collections.abc import Awaitable, Callable

from django.conf import settings

from courses.policies.participation import is_platform_staff
from courses.services.documents import find_document, is_trusted_document, keep_persisted_query
from courses.utils.kept import Kept
from schema.context import Identity
from schema.core.error_codes import ErrorCode
from schema.documents.cost import LEAST_COST
from schema.documents.reading import Document
from schema.execution.database_threads import database
from schema.network.refusals import Refused
from schema.network.request_body import Reference, RequestData
from schema.network.sign_in import refusing

KEPT_SECONDS = 600.0
"""Time after which a document is looked up again, which notes that it is used, and whether it is still there."""

_TEXTS = Kept[Reference, tuple[str, float]](number=1_024, weight=4_000_000)
"""Texts by what names them, with the moment until which they are kept. Their weight is their length."""

_TRUSTED = Kept[str, float](number=4_096)
"""Normal forms that are trusted, by their SHA-256, with the moment until which that is known."""


def known_text(data: RequestData) -> str | None:
    """Return the document of a request where no look-up is needed; None for one to find, or to register."""
    if data.reference is None:
        return data.query
    found = _TEXTS.get(data.reference)
    return found[0] if found and time.monotonic() < found[1] else None


async def find_text(data: RequestData, pay: Callable[[int], Awaitable[object]]) -> str:
    """Return the document of a request: as it was sent, as it is kept here, or looked up, which is paid for first."""
    if data.query is None:
        data.query = known_text(data)
    if data.query is None:
        await pay(LEAST_COST)
        data.query = await _stored_text(data)
    return data.query


async def _stored_text(data: RequestData) -> str:
    """Look up the document that a request names. Refuses one that nobody has registered, or trusted."""
    reference = data.reference
    assert reference is not None
    with refusing():
        text = await database(find_document, name=reference.name, is_hash=reference.is_hash)
    if text is not None:
        _remember(reference, text)
        return text
    if reference.is_hash:
        raise Refused(ErrorCode.PERSISTED_QUERY_NOT_FOUND)
    raise Refused(ErrorCode.NOT_FOUND, "No trusted document has this `documentId`.")


async def register(data: RequestData) -> None:
    """Keep the valid document of a request that names it by its hash, once its reading is paid for."""
    reference = data.reference
    if reference is None or data.query is None or known_text(data) is not None:
        return
    with refusing():
        await database(keep_persisted_query, digest=reference.name, text=data.query)
    _remember(reference, data.query)


def must_be_trusted(document: Document, authorization: str | None) -> bool:
    """Tell if a document has yet to be found trusted before it may be read for a request without a token."""
    if settings.TRUSTED_DOCUMENTS != "only" or authorization is not None:
        return False
    known_until = _TRUSTED.get(digest_of(document))
    return known_until is None or time.monotonic() >= known_until


async def refuse_untrusted(document: Document, identity: Identity) -> None:
    """Refuse a document that is not trusted, unless it is staff of the platform who ask."""
    if is_platform_staff(identity.user):
        return
    digest = digest_of(document)
    with refusing():
        is_trusted = await database(is_trusted_document, digest=digest)
    if not is_trusted:
        raise Refused(ErrorCode.DOCUMENT_NOT_TRUSTED)
    _TRUSTED.put(digest, time.monotonic() + KEPT_SECONDS)


def digest_of(document: Document) -> str:
    """Return the SHA-256 of a document's normal form: spelled otherwise, it is the same document."""
    return hashlib.sha256(document.normal_form.encode(errors="surrogatepass")).hexdigest()


def forget_names() -> None:
    """Clear the caches, as a new process begins, for tests."""
    _TEXTS.clear()
    _TRUSTED.clear()


def _remember(reference: Reference, text: str) -> None:
    _TEXTS.put(reference, (text, time.monotonic() + KEPT_SECONDS), weight=len(text))
