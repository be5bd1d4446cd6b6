"""`manage.py trust_documents` takes the manifests of three builds, once and again, or says what is wrong."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from courses.models import TrustedDocument

TIME = "query Time { serverTime }"

pytestmark = pytest.mark.django_db


def manifest_of(build: str) -> Path:
    return Path(__file__).with_name(f"manifest_of_{build}.json")


def trusted(manifest: Path) -> str:
    said = StringIO()
    call_command("trust_documents", str(manifest), stdout=said)
    return said.getvalue().strip()


@pytest.mark.parametrize(
    ("name", "length"), [("graphql-codegen", 40), ("relay", 32), ("apollo", 64)], ids=lambda value: str(value)
)
def test_the_manifests_of_three_builds_are_trusted_once(name: str, length: int) -> None:
    assert trusted(manifest_of(name)) == "2 documents: 2 are trusted now, 0 were before."
    assert trusted(manifest_of(name)) == "2 documents: 0 are trusted now, 2 were before."

    rows = dict(TrustedDocument.objects.values_list("text", "document_id"))
    assert len(rows) == 2
    assert len(rows[TIME]) == length


def test_one_document_may_have_several_ids() -> None:
    for name in ("graphql-codegen", "relay", "apollo"):
        trusted(manifest_of(name))

    assert TrustedDocument.objects.filter(text=TIME).count() == 3
    assert TrustedDocument.objects.filter(text=TIME).values("digest").distinct().count() == 1


APOLLO = {"format": "apollo-persisted-query-manifest", "version": 1}
WRONG: dict[str, tuple[Any, str]] = {
    "no object": ([], "A manifest is a JSON object."),
    "nothing": ({}, "The manifest holds no documents."),
    "no text": ({"1": 5}, "A document has an id of 1 to 200 characters and a text: look at '1'."),
    "a long id": ({"x" * 201: TIME}, "A document has an id of 1 to 200 characters and a text"),
    "no operations": (APOLLO, "A manifest of Apollo has the version 1, and a list of `operations`."),
    "no id": (APOLLO | {"operations": [{"body": TIME}]}, "look at None."),
    "an id twice": (
        APOLLO | {"operations": [{"id": "1", "body": TIME}, {"id": "1", "body": "{ serverTime }"}]},
        "Two documents have the id '1'.",
    ),
    "another schema": ({"1": TIME, "2": "{ nothing }"}, "The document 2 is not valid: Cannot query field"),
    "an unstorable id": ({"\x00": TIME}, "has characters that no text has."),
}


@pytest.mark.parametrize(("manifest", "message"), WRONG.values(), ids=WRONG)
def test_a_manifest_that_is_wrong_is_told_and_nothing_is_trusted(
    manifest: Any, message: str, tmp_path: Path
) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps(manifest))

    with pytest.raises(CommandError) as refused:
        trusted(path)

    assert message in str(refused.value)
    assert str(refused.value).endswith("Nothing was trusted.")
    assert TrustedDocument.objects.count() == 0


def test_a_file_that_is_missing_or_no_json_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        trusted(tmp_path / "missing.json")
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(CommandError, match="is not valid JSON"):
        trusted(tmp_path / "manifest.json")
