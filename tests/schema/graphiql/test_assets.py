"""The files of the page over HTTP: typed, kept for ever, and no others."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from schema.graphiql.assets import address_of, own_files, version
from schema.graphiql.installation import third_party_files

pytestmark = pytest.mark.usefixtures("installed")

GRAPHIQL = "graphiql@4.1.2/graphiql.min.js"


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("start.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("favicon.svg", "image/svg+xml"),
        ("examples/index.json", "application/json"),
        ("examples/browse_the_catalogue.graphql", "text/plain; charset=utf-8"),
        (GRAPHIQL, "text/javascript; charset=utf-8"),
        ("graphiql@4.1.2/graphiql.min.css", "text/css; charset=utf-8"),
    ],
)
def test_an_asset_says_what_it_is(name: str, media_type: str) -> None:
    response = Client().get(address_of(name))

    assert response.status_code == 200
    assert response["Content-Type"] == media_type
    assert response["X-Content-Type-Options"] == "nosniff"


def test_an_asset_is_the_file_of_that_name() -> None:
    assert Client().get(address_of("start.js")).content == own_files()["start.js"].read_bytes()
    assert Client().get(address_of(GRAPHIQL)).content == third_party_files()[GRAPHIQL].read_bytes()


def test_an_asset_may_be_kept_for_ever_because_its_address_changes_with_its_content() -> None:
    response = Client().get(address_of("start.js"))

    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    assert version() in address_of("start.js")


def test_an_asset_is_not_sent_again_to_who_has_it() -> None:
    etag = Client().get(address_of("start.js"))["ETag"]

    response = Client().get(address_of("start.js"), headers={"If-None-Match": etag})

    assert response.status_code == 304
    assert response.content == b""


def test_an_asset_is_compressed_for_who_can_read_that() -> None:
    response = Client().get(address_of(GRAPHIQL), headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) < len(GRAPHIQL) * 100


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../page.py",
        "..%2fpage.py",
        "%2e%2e/%2e%2e/%2e%2e/manage.py",
        "examples/../../page.py",
        "/etc/passwd",
        "..\\page.py",
        "start.js/",
        "START.JS",
        "package.json",
        "index.html",
        "secret_key",
        "graphiql@4.1.2/../../secret_key",
        "react@18.3.1/package.json",
    ],
)
def test_no_address_reaches_another_file(name: str) -> None:
    (django_settings.GRAPHIQL_DIR / "secret_key").write_text("secret")

    assert Client().get(address_of(name)).status_code == 404


def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert Client().get(address_of("start.js%00.css")).status_code == 400


def test_another_version_is_not_here() -> None:
    stale = address_of("start.js").replace(version(), "0" * 16)

    assert Client().get(stale).status_code == 404


def test_assets_are_only_read() -> None:
    assert Client().post(address_of("start.js")).status_code == 405


def test_an_asset_that_is_not_installed_is_not_found() -> None:
    third_party_files()[GRAPHIQL].unlink()

    assert Client().get(address_of(GRAPHIQL)).status_code == 404
