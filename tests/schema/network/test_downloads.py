"""Files of exports: downloaded by whoever started them, and not found by anybody else."""

import gzip
from datetime import timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from config.asgi import Server
from config.background import Background
from courses.constants import ExportKind
from courses.models import Export, User
from courses.services.exports import path_of
from schema.core import ids
from schema.network.downloads import download
from tests import factories
from tests.exporting import exported, lines_in
from tests.schema.network.test_authentication import bearer, session_of, with_session

_numbers = count()
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_directory(settings: Any, tmp_path: Any) -> None:
    settings.EXPORTS_DIR = tmp_path


def ask(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(app=download)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, path, headers=headers)

    return async_to_sync(send)()


def address_of(export: Export) -> str:
    return f"/exports/{ids.encode('Export', export.pk)}"


def by_token(user: User, *scopes: str) -> dict[str, str]:
    """The header of a new token."""
    secret = f"cat_{next(_numbers):032}"
    factories.make_access_token(user, secret, scopes=list(scopes or ("courses:read",)))
    return bearer(secret)


@pytest.fixture
def owner() -> User:
    return factories.make_learner(factories.make_course())


def test_the_owner_downloads_it_by_token_and_by_session(owner: User) -> None:
    export = exported(owner, ExportKind.ENROLLMENTS)

    for headers in (by_token(owner), with_session(session_of(owner))):
        answered = ask(address_of(export), headers)

        assert answered.status_code == 200
        assert answered.headers["content-type"] == "application/gzip"
        assert answered.headers["cache-control"] == "no-store"
        assert "content-encoding" not in answered.headers
        assert answered.content == path_of(export).read_bytes()
        assert len(gzip.decompress(answered.content).splitlines()) == len(lines_in(export)) == 1


def test_heads_and_parts(owner: User) -> None:
    export, headers = exported(owner, ExportKind.ENROLLMENTS), by_token(owner)
    content = path_of(export).read_bytes()

    head = ask(address_of(export), headers, "HEAD")
    part = ask(address_of(export), headers | {"Range": "bytes=5-9"})

    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(content)))
    assert (part.status_code, part.content) == (206, content[5:10])
    refused = ask(address_of(export), headers, "POST")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")


def test_nobody_is_asked_to_sign_in(owner: User) -> None:
    export = exported(owner, ExportKind.ENROLLMENTS)

    for headers in ({}, {"Authorization": "Bearer cat_0123456789abcdefgh"}):
        answered = ask(address_of(export), headers)

        assert answered.status_code == 401
        assert "www-authenticate" in answered.headers
        assert answered.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


def test_whatever_is_not_there_for_them_is_one_answer(owner: User) -> None:
    export, headers = exported(owner, ExportKind.ENROLLMENTS), by_token(owner)
    found = ask(f"/exports/{ids.encode('Export', 999_999)}", headers)
    assert found.status_code == 404

    def is_not_found(asked: Export, by: dict[str, str]) -> None:
        answered = ask(address_of(asked), by)
        assert (answered.status_code, answered.json()) == (404, found.json())

    is_not_found(export, by_token(factories.make_user()))
    is_not_found(export, by_token(factories.make_staff()))
    of_partner = exported(owner, ExportKind.REVIEWS)
    Export.objects.filter(pk=of_partner.pk).update(principal=f"partner:shop:{owner.pk}")
    is_not_found(of_partner, headers)
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    is_not_found(export, headers)
    gone = exported(owner, ExportKind.ENROLLMENTS)
    path_of(gone).unlink()
    is_not_found(gone, headers)
    assert ask("/exports/..%2F..%2Fsecret_key", headers).status_code == 404


def test_a_token_needs_the_scope_of_what_is_in_it(owner: User) -> None:
    export = exported(owner, ExportKind.ATTEMPTS)

    answered = ask(address_of(export), by_token(owner, "courses:read"))

    assert answered.status_code == 403
    assert answered.json()["errors"][0]["extensions"]["code"] == "TOKEN_SCOPE_MISSING"
    assert "attempts:read" in answered.json()["errors"][0]["message"]


def test_the_server_leads_its_address_there(owner: User) -> None:
    async def elsewhere(*_: Any) -> None:
        raise AssertionError("neither the API nor Django is asked")

    server: Any = Server(elsewhere, elsewhere, Background(()))  # type: ignore[arg-type]
    export, headers = exported(owner, ExportKind.ENROLLMENTS), by_token(owner)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=server), base_url="http://testserver"
        ) as client:
            return await client.get(address_of(export), headers=headers)

    assert async_to_sync(send)().status_code == 200
