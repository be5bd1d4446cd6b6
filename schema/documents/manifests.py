"""Manifests of the documents of a client, as its build writes them: of graphql-codegen, Relay, and Apollo."""

from typing import Any

LONGEST_ID = 200

_APOLLO = "apollo-persisted-query-manifest"


class InvalidManifest(ValueError):  # noqa: N818 - it is the operator's file, and no error of ours
    """A file that is none of the manifests; the text says what is wrong."""


def documents_of(manifest: Any) -> dict[str, str]:
    """Return the texts of the documents by their ids. Raises InvalidManifest.

    Those of graphql-codegen and Relay are `{id: text}`, Apollo's is `{"format": ..., "operations": [{id, body}]}`.
    """
    if isinstance(manifest, dict) and manifest.get("format") == _APOLLO:
        entries = _entries_of_apollo(manifest)
    elif isinstance(manifest, dict):
        entries = list(manifest.items())
    else:
        raise InvalidManifest("A manifest is a JSON object.")
    documents: dict[str, str] = {}
    for document_id, text in entries:
        if not (
            isinstance(document_id, str) and 0 < len(document_id) <= LONGEST_ID and isinstance(text, str)
        ):
            raise InvalidManifest(
                f"A document has an id of 1 to {LONGEST_ID} characters and a text: look at {document_id!r:.80}."
            )
        if documents.setdefault(document_id, text) != text:
            raise InvalidManifest(f"Two documents have the id {document_id!r:.80}.")
    if not documents:
        raise InvalidManifest("The manifest holds no documents.")
    return documents


def _entries_of_apollo(manifest: dict[str, Any]) -> list[tuple[Any, Any]]:
    if manifest.get("version") != 1 or not isinstance(manifest.get("operations"), list):
        raise InvalidManifest("A manifest of Apollo has the version 1, and a list of `operations`.")
    operations = [each if isinstance(each, dict) else {} for each in manifest["operations"]]
    return [(each.get("id"), each.get("body")) for each in operations]
