"""Pages of other origins: what they may ask and read, by the setting, over each way there is to ask."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from django.utils import timezone
from starlette.types import ASGIApp
from strawberry import Schema

from config.asgi import Server
from config.background import Background
from config.cross_origin import CrossOrigin
from courses.constants import ExportKind, ExportStatus
from courses.models import Export, User
from courses.services.exports import path_of
from schema.application import GraphQLApplication
from schema.core import ids
from schema.execution.admission import Admission
from schema.execution.django_threads import DjangoThreads
from schema.root import schema as full_schema
from tests.config.conftest import PASSWORD
from tests.factories import make_course, make_user
from tests.schema.network.small_schema import schema
from tests.schema.network.test_authentication import bearer, make_token, session_of, with_session
from tests.schema.network.test_named_documents import CATALOGUE, trust
from tests.schema.network.test_websocket import Socket

LISTED, OTHER_LISTED, FOREIGN = "https://app.example", "http://localhost:5173", "https://evil.example"
ORIGINS = {"listed": LISTED, "foreign": FOREIGN, "null": "null", "none": None}

EXPOSED = "ETag, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID, Idempotency-Replayed, X-Read-After"
VARY = "Accept, Accept-Encoding, Authorization, Cookie, Origin"
VARY_OF_A_PREFLIGHT = (
    "Origin, Access-Control-Request-Method, Access-Control-Request-Headers, "
    "Access-Control-Request-Private-Network"
)
GRANTED = {
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": EXPOSED,
    "access-control-allow-origin": LISTED,
}
GRANTED_TO_ALL = {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED}
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,graphql-preflight",
}
PREFLIGHT_OF_ALL = {
    "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "access-control-max-age": "600",
    "access-control-allow-headers": PREFLIGHT["Access-Control-Request-Headers"],
    "vary": VARY_OF_A_PREFLIGHT,
}

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]


def set_origins(settings: Any, *origins: str) -> None:
    """Set what config/settings.py makes of COURSES_CORS_ORIGINS."""
    settings.CORS_ORIGINS = list(origins)
    settings.SESSION_ORIGINS = [origin for origin in origins if origin != "*"]
    settings.CSRF_TRUSTED_ORIGINS = [*settings.CSRF_TRUSTED_ORIGINS, *settings.SESSION_ORIGINS]
    if settings.SESSION_ORIGINS:
        place = settings.MIDDLEWARE.index("django.middleware.csrf.CsrfViewMiddleware")
        ours = "config.cross_origin.ListedOriginMiddleware"
        settings.MIDDLEWARE = [*settings.MIDDLEWARE[:place], ours, *settings.MIDDLEWARE[place:]]


def whole_server(settings: Any, *origins: str, schema: Schema = schema) -> ASGIApp:
    """The server as config/asgi.py makes it, over the small schema if not over another."""
    set_origins(settings, *origins)
    django = DjangoThreads(ASGIHandler(), threads=1, waiting=10)
    return CrossOrigin(Server(GraphQLApplication(schema), django, Background(())), settings.CORS_ORIGINS)


@pytest.fixture
def server(settings: Any) -> ASGIApp:
    return whole_server(settings, LISTED, OTHER_LISTED)


@pytest.fixture
def open_server(settings: Any) -> ASGIApp:
    return whole_server(settings, "*")


def send(
    server: ASGIApp, method: str, path: str = "/graphql/", *, origin: str | None = None, **what: Any
) -> httpx.Response:
    """Send one request, in httpx's words, from a page of `origin`."""
    headers = what.pop("headers", {}) | ({} if origin is None else {"Origin": origin})

    async def request() -> httpx.Response:
        transport = httpx.ASGITransport(app=server, client=("203.0.113.9", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, path, headers=headers, **what)

    return async_to_sync(request)()


def ask(
    server: ASGIApp, query: str, *, origin: str | None, accept: str = "application/json", **headers: str
) -> httpx.Response:
    return send(server, "POST", origin=origin, json={"query": query}, headers={"Accept": accept} | headers)


def granted(response: httpx.Response) -> dict[str, str]:
    """Headers of a response that tell browsers about other origins; one that is there twice shows both values."""
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


# ---------------------------------------------------------------- who is told what


def expected(origin: str) -> dict[str, str]:
    return GRANTED if origin == "listed" else {}


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_preflight_is_answered_for_a_listed_origin_only(server: ASGIApp, origin: str) -> None:
    response = send(server, "OPTIONS", origin=ORIGINS[origin], headers=PREFLIGHT)

    if origin == "listed":
        assert response.status_code == 200
        assert dict(response.headers.items()) == PREFLIGHT_OF_ALL | {
            "access-control-allow-credentials": "true",
            "access-control-allow-origin": LISTED,
            "content-length": "2",
            "content-type": "text/plain; charset=utf-8",
        }
    else:
        assert response.status_code == (405 if origin == "none" else 400)
        assert granted(response) == {}
        assert response.headers["vary"].endswith("Origin")


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_post_with_a_token_is_answered_and_a_listed_origin_reads_it(server: ASGIApp, origin: str) -> None:
    make_token()

    response = ask(server, "{ viewerName }", origin=ORIGINS[origin], **bearer())

    assert response.json()["data"] == {"viewerName": "ada"}
    assert granted(response) == expected(origin)
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize("header", [{}, {"GraphQL-Preflight": "1"}], ids=["cookie alone", "preflight header"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_a_post_with_a_cookie_is_taken_from_a_listed_origin(
    server: ASGIApp, origin: str, header: dict[str, str]
) -> None:
    session = session_of(make_user())

    response = ask(server, "mutation { change }", origin=ORIGINS[origin], **with_session(session, **header))

    is_meant = origin == "listed" or (origin == "none" and header)
    assert response.status_code == (200 if is_meant else 403)
    assert granted(response) == expected(origin)
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_get_is_answered_and_a_listed_origin_reads_it(server: ASGIApp, origin: str) -> None:
    session = session_of(make_user(username="grace"))

    response = send(
        server,
        "GET",
        origin=ORIGINS[origin],
        params={"query": "{ viewerName }"},
        headers=with_session(session) | {"Accept": "application/json"},
    )

    assert response.json()["data"] == {"viewerName": "grace"}
    assert granted(response) == expected(origin)
    assert response.headers["vary"] == VARY


@pytest.mark.parametrize("origin", ORIGINS)
def test_an_event_stream_is_sent_and_a_listed_origin_reads_it(server: ASGIApp, origin: str) -> None:
    response = ask(
        server, "subscription { countTo(last: 2) }", origin=ORIGINS[origin], accept="text/event-stream"
    )

    assert response.headers["content-type"].startswith("text/event-stream")
    assert '{"countTo":2}' in response.text
    assert granted(response) == expected(origin)
    assert response.headers["vary"] == "Origin"


def name_over_websocket(server: ASGIApp, *, payload: Any = None, **headers: str) -> Any:
    """Whom a WebSocket with these headers is taken for, or the code with which it is refused."""

    async def talk() -> Any:
        socket = Socket(server, **headers)  # type: ignore[arg-type]
        first = await socket.event()
        if first["type"] == "websocket.close":
            return first["code"]
        await socket.send({"type": "connection_init", **({"payload": payload} if payload else {})})
        assert (await socket.message())["type"] == "connection_ack"
        answer = await socket.ask("{ viewerName }")
        await socket.leave()
        return answer["payload"]["data"]["viewerName"]

    return async_to_sync(talk)()


@pytest.mark.parametrize(
    ("origin", "by_cookie", "by_token"),
    [("listed", "grace", "ada"), ("foreign", 1008, 1008), ("null", 1008, 1008), ("none", None, "ada")],
)
def test_a_websocket_opens_from_a_listed_origin(
    server: ASGIApp, origin: str, by_cookie: Any, by_token: Any
) -> None:
    make_token()
    named = ORIGINS[origin]
    headers = {} if named is None else {"origin": named}
    cookie = with_session(session_of(make_user(username="grace")))["Cookie"]

    assert name_over_websocket(server, cookie=cookie, **headers) == by_cookie
    assert name_over_websocket(server, payload=bearer(), **headers) == by_token


def test_our_own_origin_is_trusted_as_before(server: ASGIApp) -> None:
    session = session_of(make_user(username="grace"))
    ours = "http://testserver"

    meant = ask(server, "{ viewerName }", origin=ours, **with_session(session, **{"GraphQL-Preflight": "1"}))
    forged = ask(server, "{ viewerName }", origin=ours, **with_session(session))

    assert meant.json()["data"] == {"viewerName": "grace"}
    assert granted(meant) == {}
    assert forged.status_code == 403
    assert name_over_websocket(server, cookie=with_session(session)["Cookie"], origin=ours) == "grace"


@pytest.mark.parametrize("origin", [LISTED, OTHER_LISTED])
def test_each_listed_origin_is_named_by_itself(server: ASGIApp, origin: str) -> None:
    assert ask(server, "{ hello }", origin=origin).headers["access-control-allow-origin"] == origin


NEARLY = {
    "upper case": "https://APP.example",
    "another scheme": "http://app.example",
    "another port": "https://app.example:8443",
    "a subdomain": "https://www.app.example",
    "a suffix": "https://app.example.evil.example",
    "a prefix": "https://evilapp.example",
    "a path": "https://app.example/",
    "two in one": f"{LISTED}, {FOREIGN}",
    "a space": "https://app.example https://evil.example",
    "an impossible bracket": "https://[app.example",
    "no text": "",
    "an asterisk": "*",
    "no ASCII": "https://äpp.example",
}


@pytest.mark.parametrize("origin", NEARLY.values(), ids=NEARLY)
def test_what_is_nearly_a_listed_origin_is_a_foreign_one(server: ASGIApp, origin: str) -> None:
    session = with_session(session_of(make_user()), **{"GraphQL-Preflight": "1"})
    raw = origin.encode("latin-1")

    preflight = send(server, "OPTIONS", headers=PREFLIGHT | {"Origin": raw})
    post = ask(server, "mutation { change }", origin=raw, **session)  # type: ignore[arg-type]

    assert (preflight.status_code, granted(preflight)) == (400, {})
    assert (post.status_code, granted(post)) == (403, {})
    assert name_over_websocket(server, origin=origin) == 1008


@pytest.mark.parametrize("origins", [(LISTED, LISTED), (LISTED, FOREIGN), (FOREIGN, LISTED)])
def test_an_origin_that_is_there_twice_is_a_foreign_one(server: ASGIApp, origins: tuple[str, str]) -> None:
    twice = [("Origin", origin) for origin in origins]
    session = with_session(session_of(make_user()), **{"GraphQL-Preflight": "1"})

    async def sent(method: str, headers: dict[str, str], **what: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=server)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.request(method, "/graphql/", headers=[*headers.items(), *twice], **what)

    preflight = async_to_sync(sent)("OPTIONS", PREFLIGHT)
    post = async_to_sync(sent)("POST", session, json={"query": "mutation { change }"})

    assert (preflight.status_code, granted(preflight)) == (400, {})
    assert (post.status_code, granted(post)) == (403, {})


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
def test_a_preflight_may_ask_for_every_method_and_any_header(server: ASGIApp, method: str) -> None:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "x-of-tomorrow"}

    response = send(server, "OPTIONS", "/_allauth/browser/v1/auth/session", origin=LISTED, headers=asked)

    assert response.status_code == 200
    assert response.headers["access-control-allow-headers"] == "x-of-tomorrow"


def test_a_preflight_for_a_method_that_there_is_not_is_refused(server: ASGIApp) -> None:
    response = send(
        server, "OPTIONS", origin=LISTED, headers=PREFLIGHT | {"Access-Control-Request-Method": "BREW"}
    )

    assert (response.status_code, response.text) == (400, "Disallowed CORS method")


def test_options_that_is_no_preflight_is_refused_as_before(server: ASGIApp) -> None:
    response = send(server, "OPTIONS", origin=LISTED)

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    assert granted(response) == GRANTED


# ---------------------------------------------------------------- an asterisk: bearer tokens and nothing else


@pytest.mark.parametrize("origin", [FOREIGN, "null"])
def test_an_asterisk_lets_every_page_ask_with_a_token_and_none_with_a_cookie(
    open_server: ASGIApp, origin: str
) -> None:
    make_token()
    session = session_of(make_user(username="grace"))

    preflight = send(open_server, "OPTIONS", origin=origin, headers=PREFLIGHT)
    by_token = ask(open_server, "{ viewerName }", origin=origin, **bearer())
    by_cookie = ask(
        open_server,
        "mutation { change }",
        origin=origin,
        **with_session(session, **{"GraphQL-Preflight": "1"}),
    )

    assert (preflight.status_code, granted(preflight) | {"vary": preflight.headers["vary"]}) == (
        200,
        PREFLIGHT_OF_ALL | {"access-control-allow-origin": "*"},
    )
    assert (by_token.json()["data"], granted(by_token)) == ({"viewerName": "ada"}, GRANTED_TO_ALL)
    assert by_cookie.status_code == 403
    assert by_cookie.json()["errors"] == [
        {
            "message": "Pages of this origin may not use a session here.",
            "extensions": {"code": "FORBIDDEN"},
        }
    ]
    cookie = with_session(session)["Cookie"]
    assert name_over_websocket(open_server, cookie=cookie, origin=origin) is None
    assert name_over_websocket(open_server, cookie=cookie, origin=origin, payload=bearer()) == "ada"


def test_an_asterisk_leaves_a_program_and_our_own_page_as_they_are(open_server: ASGIApp) -> None:
    cookie = with_session(session_of(make_user(username="grace")))["Cookie"]

    response = ask(open_server, "{ hello }", origin=None)

    assert (granted(response), response.headers["vary"]) == ({}, VARY)
    assert name_over_websocket(open_server, cookie=cookie, origin="http://testserver") == "grace"


# ---------------------------------------------------------------- refusals


REFUSED: dict[int, dict[str, Any]] = {
    400: {"json": {"query": "{ hello"}},
    401: {"json": {"query": "{ hello }"}, "headers": {"Authorization": "Bearer cat_wrong"}},
    405: {},
    406: {"json": {"query": "{ hello }"}, "headers": {"Accept": "image/png"}},
    413: {"json": {"query": "{ hello }" + " " * 256 * 1024}},
    415: {"content": b"{ hello }", "headers": {"Content-Type": "text/plain"}},
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_page_can_read_why_it_is_refused(server: ASGIApp, status: int) -> None:
    what = dict(REFUSED[status])
    what["headers"] = {"Accept": "application/graphql-response+json"} | what.get("headers", {})

    response = send(server, "DELETE" if status == 405 else "POST", origin=LISTED, **what)

    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"]
    assert (granted(response), response.headers["vary"]) == (GRANTED, VARY)


def test_a_page_can_read_that_it_has_asked_too_much_and_when_to_ask_again(
    server: ASGIApp, settings: Any
) -> None:
    settings.RATE_LIMIT = True
    settings.RATE_LIMIT_POINTS, settings.RATE_LIMIT_RESTORED_PER_SECOND = 10, 1

    responses = [ask(server, "mutation { change }", origin=LISTED) for _ in range(2)]

    assert [response.status_code for response in responses] == [200, 429]
    for response in responses:
        assert (granted(response), response.headers["vary"]) == (GRANTED, VARY)
    readable = {name.strip().lower() for name in EXPOSED.split(",")}
    sent = {name for name in responses[1].headers if name in readable}
    assert sent == {"ratelimit", "ratelimit-policy", "retry-after", "x-request-id"}


@pytest.mark.parametrize("accept", ["application/graphql-response+json", "text/event-stream"])
def test_a_page_can_read_that_the_server_is_too_slow_or_busy(settings: Any, accept: str) -> None:
    set_origins(settings, LISTED)
    application = GraphQLApplication(schema)
    django = DjangoThreads(ASGIHandler(), threads=1, waiting=0)
    server = CrossOrigin(Server(application, django, Background(())), settings.CORS_ORIGINS)
    application.admission = Admission(executing=0, waiting=0)
    django._admission = Admission(executing=0, waiting=0)

    api = ask(server, "{ hello }", origin=LISTED, accept=accept)
    page = send(server, "GET", "/schema.graphql", origin=LISTED)

    assert (api.status_code, granted(api)) == (503, GRANTED)
    assert (page.status_code, granted(page)) == (503, GRANTED)


# ---------------------------------------------------------------- what shared caches keep


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(("origins", "grant"), [((LISTED,), GRANTED), (("*",), GRANTED_TO_ALL)])
def test_what_a_cache_keeps_is_kept_for_each_origin_by_itself(
    settings: Any, origins: tuple[str], grant: dict[str, str], origin: str
) -> None:
    server = whole_server(settings, *origins, schema=full_schema)
    for number in range(8):  # longer than the shortest answer that is compressed
        make_course(title=f"{number}" + " Tea" * 50)
    trust("catalogue", CATALOGUE)
    by_name: dict[str, Any] = {"params": {"documentId": "catalogue"}, "origin": ORIGINS[origin]}
    gzip = {"Accept": "application/json", "Accept-Encoding": "gzip"}

    whole = send(server, "GET", headers=gzip, **by_name)
    same = send(server, "GET", headers=gzip | {"If-None-Match": whole.headers["etag"]}, **by_name)

    assert (whole.status_code, whole.headers["content-encoding"]) == (200, "gzip")
    assert (same.status_code, same.content) == (304, b"")
    is_granted = origin == "listed" or (origins == ("*",) and origin != "none")
    for response in (whole, same):
        assert response.headers["cache-control"] == "public, max-age=60"
        assert response.headers["vary"] == VARY
        assert granted(response) == (grant if is_granted else {})


# ---------------------------------------------------------------- Django's pages


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("path", "status"),
    [("/schema.graphql", 200), ("/livez", 200), ("/nothing-here", 404)],
)
def test_a_listed_origin_reads_djangos_pages(server: ASGIApp, origin: str, path: str, status: int) -> None:
    response = send(server, "GET", path, origin=ORIGINS[origin])

    assert (response.status_code, granted(response)) == (status, expected(origin))
    assert "Origin" in response.headers["vary"].split(", ")


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ],
)
def test_what_the_identity_provider_shows_every_page_has_one_grant(server: ASGIApp, path: str) -> None:
    listed = send(server, "GET", path, origin=LISTED)
    foreign = send(server, "GET", path, origin=FOREIGN)

    assert granted(listed) == GRANTED
    assert granted(foreign) == {"access-control-allow-origin": "*"}


# ---------------------------------------------------------------- files of exports


@pytest.mark.parametrize("origin", ORIGINS)
def test_a_listed_origin_downloads_exports(
    server: ASGIApp, settings: Any, tmp_path: Path, origin: str
) -> None:
    settings.EXPORTS_DIR = tmp_path
    make_token(scopes=["courses:read"])
    owner = User.objects.get()
    export = Export.objects.create(
        user=owner,
        principal=f"user:{owner.pk}",
        kind=ExportKind.ENROLLMENTS,
        status=ExportStatus.READY,
        object_count=0,
        expires_at=timezone.now() + timedelta(hours=1),
    )
    path_of(export).write_bytes(b"a file")
    path = f"/exports/{ids.encode('Export', export.pk)}"
    asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}

    preflight = send(server, "OPTIONS", path, origin=ORIGINS[origin], headers=asked)
    found = send(server, "GET", path, origin=ORIGINS[origin], headers=bearer())
    refused = send(server, "GET", path, origin=ORIGINS[origin])

    assert preflight.status_code == {"listed": 200, "none": 405}.get(origin, 400)
    assert preflight.headers.get("access-control-allow-headers") == (
        "authorization" if origin == "listed" else None
    )
    assert (found.status_code, found.content, refused.status_code) == (200, b"a file", 401)
    for response in (found, refused):
        assert granted(response) == expected(origin)
        assert "Origin" in response.headers["vary"].split(", ")


def sign_in(client: Client, method: str = "POST", path: str = "auth/login", **headers: str) -> int:
    body = {"username": "ada", "password": PASSWORD} if method == "POST" else {}
    return client.generic(
        method,
        f"/_allauth/browser/v1/{path}",
        json.dumps(body),
        content_type="application/json",
        headers=headers,
    ).status_code


@pytest.mark.parametrize("origin", ["null", FOREIGN, f"{LISTED}, {LISTED}", "*"])
@pytest.mark.parametrize("origins", [(LISTED,), ("*",)])
def test_no_other_origin_signs_anybody_in_or_out(settings: Any, origins: tuple[str], origin: str) -> None:
    set_origins(settings, *origins)
    make_user(username="ada", password=PASSWORD)
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, Origin=origin) == 403
    assert "sessionid" not in client.cookies
    client.login(username="ada", password=PASSWORD)
    assert sign_in(client, "DELETE", "auth/session", Origin=origin) == 403


def test_a_listed_origin_signs_in_and_out_without_the_token_of_a_cookie_that_it_cannot_read(
    settings: Any,
) -> None:
    set_origins(settings, LISTED)
    make_user(username="ada", password=PASSWORD)
    client = Client(enforce_csrf_checks=True)

    assert sign_in(client, Origin=LISTED) == 200
    assert "sessionid" in client.cookies
    assert sign_in(client, "DELETE", "auth/session", Origin=LISTED) == 401, "which says: signed out"
    assert sign_in(client) == 403, "a request without an Origin needs the token as before"
