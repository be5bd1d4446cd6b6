"""Persisted queries are bounded, and trusted documents are trusted all or none."""

import pytest

from courses import exceptions
from courses.models import PersistedQuery, TrustedDocument
from courses.services.documents import (
    DocumentToTrust,
    find_document,
    keep_persisted_query,
    trust_documents,
)

pytestmark = pytest.mark.django_db


def digest(number: int) -> str:
    return f"{number:064x}"


def test_the_least_recently_used_go(settings):
    settings.PERSISTED_QUERIES = 2
    for number in (1, 2):
        keep_persisted_query(digest=digest(number), text=f"{{ a{number} }}")
    PersistedQuery.objects.update(used_at="2026-01-02T00:00Z")
    PersistedQuery.objects.filter(digest=digest(1)).update(used_at="2026-01-01T00:00Z")
    assert find_document(name=digest(1), is_hash=True) == "{ a1 }"

    keep_persisted_query(digest=digest(3), text="{ a3 }")

    assert set(PersistedQuery.objects.values_list("digest", flat=True)) == {digest(1), digest(3)}


def test_a_long_or_unstorable_text_is_not_kept():
    keep_persisted_query(digest=digest(1), text="x" * 32_769)
    keep_persisted_query(digest=digest(2), text="\x00")
    assert PersistedQuery.objects.count() == 0

    keep_persisted_query(digest=digest(3), text="x" * 32_768)
    assert PersistedQuery.objects.count() == 1


def test_keeping_again_changes_nothing():
    for _ in range(2):
        keep_persisted_query(digest=digest(1), text="{ a }")

    assert PersistedQuery.objects.get().text == "{ a }"


def test_an_id_of_another_document_is_refused_and_none_is_trusted():
    trust_documents(documents=[DocumentToTrust("1", "{ a }", digest(1))])

    with pytest.raises(exceptions.Conflict, match="The id 1 stands for another document already"):
        trust_documents(
            documents=[DocumentToTrust("2", "{ b }", digest(2)), DocumentToTrust("1", "{ c }", digest(3))]
        )

    assert list(TrustedDocument.objects.values_list("document_id", "text")) == [("1", "{ a }")]
