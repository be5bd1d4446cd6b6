"""Positions that clients send: which are believed, and what an answer tells of one."""

from typing import Any

import pytest
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.core.error_codes import ErrorCode
from schema.network.read_after import read_after, tell_position
from schema.network.refusals import Refused


@pytest.fixture(autouse=True)
def _with_replicas(settings: Any) -> None:
    settings.REPLICAS = ["replica1"]


def request(*headers: tuple[str, str], type: str = "http") -> HTTPConnection:
    given = [(name.lower().encode(), value.encode()) for name, value in headers]
    return HTTPConnection({"type": type, "method": "POST", "headers": given})


@pytest.mark.parametrize(
    ("headers", "position"),
    [
        ([], "0-0/0"),
        ([("X-Read-After", "1-0/20")], "1-0/20"),
        ([("X-Read-After", "1-0/20"), ("X-Read-After", "1-0/30")], "1-0/30"),
        ([("Cookie", 'read_after="1-0/40"')], "1-0/40"),
        ([("X-Read-After", "1-0/20"), ("Cookie", "a=b; read_after=1-0/40")], "1-0/40"),
        ([("X-Read-After", "1-0/50"), ("Cookie", "read_after=1-0/40")], "1-0/50"),
        ([("X-Read-After", "1-0/50"), ("Cookie", "read_after=of another kind")], "1-0/50"),
    ],
)
def test_the_latest_position_counts(headers: list[tuple[str, str]], position: str) -> None:
    assert str(read_after(request(*headers))) == position


@pytest.mark.parametrize("text", ["", "1-0/20, 1-0/30", "0/20", "yesterday"])
def test_a_header_that_is_not_ours_is_refused_and_says_what_to_do(text: str) -> None:
    with pytest.raises(Refused, match="as it came with the answer to a mutation, or not at all") as refused:
        read_after(request(("X-Read-After", text)))

    assert refused.value.code is ErrorCode.BAD_USER_INPUT


def test_nothing_is_asked_of_a_websocket_nor_without_replicas(settings: Any) -> None:
    wrong = ("X-Read-After", "wrong")

    assert read_after(request(wrong, type="websocket")) == ANYWHERE
    settings.REPLICAS = []
    assert read_after(request(wrong)) == ANYWHERE


def test_an_answer_tells_the_position_in_a_header_and_to_browsers_in_a_cookie(settings: Any) -> None:
    settings.REPLICA_LAG_SECONDS = 45.0
    settings.SESSION_COOKIE_SECURE = True
    settings.SESSION_COOKIE_SAMESITE = "None"
    told = []
    for headers in ([("Authorization", "Bearer x")], []):
        response = Response()
        tell_position(response, request(*headers), WalPosition(1, 0x3000148))
        told.append(response.headers)

    assert [headers["x-read-after"] for headers in told] == ["1-0/3000148"] * 2
    assert "set-cookie" not in told[0]
    assert told[1]["set-cookie"] == (
        'read_after="1-0/3000148"; HttpOnly; Max-Age=90; Path=/; SameSite=none; Secure'
    )


def test_nothing_is_told_where_nothing_was_written() -> None:
    response = Response()

    tell_position(response, Request({"type": "http", "headers": []}), None)

    assert response.headers.keys() == ["content-length"]
