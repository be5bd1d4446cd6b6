"""Exports by the API: started with a scope, listed for their owner, and with an address while they are ready."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from courses.constants import ExportKind
from courses.models import Export
from schema.core import ids
from tests import factories
from tests.operations import operation

pytestmark = pytest.mark.django_db
Api = Callable[..., Any]

START = """mutation($input: StartExportInput!) { startExport(input: $input) {
  export { id kind status course { id } changedSince objectCount url expiresAt eventsCursor }
  userErrors { code field } } }"""
EXPORTS = "{ viewer { exports { kind status objectCount url eventsCursor } } }"


def start(api: Api, viewer: Any, scopes: frozenset[str] | None = None, **given: Any) -> Any:
    return api(START, viewer=viewer, scopes=scopes, input=given)["startExport"]


def test_the_operation_of_clients_starts_one(api: Api) -> None:
    started = api(operation("start_export"), factories.make_user(), input={"kind": "REVIEWS"})["startExport"]
    assert started["userErrors"] == []
    assert (started["export"]["kind"], started["export"]["status"]) == ("REVIEWS", "RUNNING")


def test_what_is_started_runs_without_an_address(api: Api) -> None:
    owner, course = factories.make_user(), factories.make_course(is_published=True)
    course_id, since = ids.encode("Course", course.pk), "2030-01-01T00:00:00+00:00"

    started = start(api, owner, kind="ATTEMPTS", courseId=course_id, changedSince=since)

    export = Export.objects.get()
    assert started == {
        "export": {
            "id": ids.encode("Export", export.pk),
            "kind": "ATTEMPTS",
            "status": "RUNNING",
            "course": {"id": course_id},
            "changedSince": since,
            "objectCount": None,
            "url": None,
            "expiresAt": None,
            "eventsCursor": None,
        },
        "userErrors": [],
    }
    assert (export.user, export.principal) == (owner, f"user:{owner.pk}")


def test_a_third_at_once_is_refused(api: Api) -> None:
    owner = factories.make_user()
    for _ in range(2):
        start(api, owner, kind="REVIEWS")

    refused = start(api, owner, kind="REVIEWS")

    assert refused == {"export": None, "userErrors": [{"code": "TOO_MANY_EXPORTS", "field": None}]}
    assert Export.objects.count() == 2


NEEDED = {
    "ATTEMPTS": "attempts:read",
    "RESPONSES": "attempts:read",
    "GRADES": "attempts:read",
    "ACTIVITY": "statistics:read",
    "ENROLLMENTS": "courses:read",
    "REVIEWS": "courses:read",
}


@pytest.mark.parametrize("kind", ExportKind.names)
def test_a_token_needs_the_scope_of_what_is_exported(api: Api, kind: str) -> None:
    owner = factories.make_user()
    too_few = frozenset({"courses:read", "attempts:read", "statistics:read"}) - {NEEDED[kind]}

    refused = start(api, owner, too_few, kind=kind)

    assert [error["code"] for error in refused["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert not Export.objects.exists()
    assert start(api, owner, frozenset({"courses:read", NEEDED[kind]}), kind=kind)["userErrors"] == []


def test_a_course_that_the_viewer_may_not_see_is_not_found(api: Api) -> None:
    draft = factories.make_course(is_published=False)

    refused = start(api, factories.make_user(), kind="REVIEWS", courseId=ids.encode("Course", draft.pk))

    assert refused["userErrors"] == [{"code": "NOT_FOUND", "field": ["courseId"]}]
    assert not Export.objects.exists()


def test_the_owner_alone_sees_them_and_an_expired_one_has_no_address(api: Api) -> None:
    owner, now = factories.make_user(), timezone.now()
    for status, expires_at in (("ready", now + timedelta(hours=1)), ("ready", now - timedelta(seconds=1))):
        Export.objects.create(
            user=owner,
            principal=f"user:{owner.pk}",
            kind="grades",
            status=status,
            object_count=7,
            expires_at=expires_at,
            events_cursor="abc",
            origin="https://courses.example",
        )
    expired, ready = Export.objects.order_by("-pk")

    address = f"https://courses.example/exports/{ids.encode('Export', ready.pk)}"
    assert api(EXPORTS, viewer=owner)["viewer"]["exports"] == [
        {"kind": "GRADES", "status": "EXPIRED", "objectCount": 7, "url": None, "eventsCursor": "abc"},
        {"kind": "GRADES", "status": "READY", "objectCount": 7, "url": address, "eventsCursor": "abc"},
    ]
    assert api(EXPORTS, viewer=factories.make_staff())["viewer"]["exports"] == []
    assert expired.pk > ready.pk
