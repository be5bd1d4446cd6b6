"""`manage.py trust_documents MANIFEST`: trust the documents of a client, which COURSES_TRUSTED_DOCUMENTS is about."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from courses.exceptions import Refusal
from courses.management.data_directory import add_data_directory_argument
from courses.services.documents import DocumentToTrust, trust_documents
from courses.utils.json_text import InvalidJson, decode_json, is_storable
from schema.documents.manifests import InvalidManifest, documents_of
from schema.documents.reading import Document
from schema.network.named_documents import digest_of
from schema.root import schema


class Command(BaseCommand):
    help = (
        "Trust the documents in the manifest that the build of a client has written: of graphql-codegen's persisted "
        "documents, of the Relay compiler, or of Apollo's generate-persisted-query-manifest. What is trusted stays so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("manifest", type=Path, help="the file, which is JSON")
        add_data_directory_argument(parser)

    def handle(self, *, manifest: Path, **_: Any) -> str:
        try:
            documents = documents_of(decode_json(manifest.read_bytes(), str(manifest)))
            new = trust_documents(documents=[_to_trust(*entry) for entry in documents.items()])
        except OSError as error:
            raise CommandError(f"{manifest} cannot be read: {error.strerror}.") from error
        except (InvalidJson, InvalidManifest) as error:
            raise CommandError(f"{error} Nothing was trusted.") from error
        except Refusal as refusal:
            raise CommandError(f"{refusal.message} Nothing was trusted.") from refusal
        return f"{len(documents)} documents: {new} are trusted now, {len(documents) - new} were before."


def _to_trust(document_id: str, text: str) -> DocumentToTrust:
    """Read a document of a manifest. Raises InvalidManifest for one that does not fit the schema or the limits."""
    if not (is_storable(document_id) and is_storable(text)):
        raise InvalidManifest(f"The document {document_id!r:.80} has characters that no text has.")
    document = Document(schema, text)
    prepared, _ = document.read()
    if prepared.errors:
        raise InvalidManifest(f"The document {document_id} is not valid: {prepared.errors[0].message}")
    return DocumentToTrust(document_id, text, digest_of(document))
