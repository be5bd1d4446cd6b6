"""The samples for nginx and Caddy in front of the server: what gets through, and what ends at the door."""

import json
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.config.raw_client import status_of
from tests.faults.cluster import Cluster
from tests.operations import operation
from tests.schema.core.subscriptions.test_two_processes import database_url
from tests.schema.execution.conftest import wait_until
from tests.serve_command import ServeCommand, directory
from tests.shipping.proxies import CADDY, NGINX, PROXIES, Proxy
from tests.subscribing import Connections, event_stream

__all__ = ["directory"]

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied

NAMES = [
    pytest.param(
        name,
        marks=pytest.mark.skipif(
            program is None, reason=f"2026-11-28: {name} is not everywhere (Debian: {package})"
        ),
    )
    for name, program, package in (("nginx", NGINX, "nginx-light"), ("caddy", CADDY, "caddy"))
]
EACH = pytest.mark.parametrize("proxy", NAMES, indirect=True, scope="module")
AT_THE_DOOR = pytest.mark.parametrize("door", NAMES, indirect=True)
LIMIT = 262_144
METRICS_TOKEN = "metrics-token"
MAY_SCRAPE = {"Authorization": f"Bearer {METRICS_TOKEN}"}
ELSEWHERE = "127.0.0.2"
"""A client's address that is not the proxy's."""

PEOPLE = """
import json, django
django.setup()
from courses.constants import Scope
from courses.services.access_tokens import create_access_token
from schema.core import ids
from tests import factories
instructor = factories.make_user()
course = factories.make_course(instructors=(instructor,))
people = {"instructor": instructor, "learner": factories.make_learner(course)}
tokens = {
    name: create_access_token(owner=person, name="proxies", scopes=Scope.values).secret
    for name, person in people.items()
}
print(json.dumps(tokens | {"course": ids.encode("Course", course.pk)}))
"""


@pytest.fixture(scope="module")
def server(
    cluster: Cluster, django_db_setup: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServeCommand]:
    cluster.copy_tables(database_url())
    server = ServeCommand(
        tmp_path_factory.mktemp("server"),
        workers=1,
        DATABASE_URL=cluster.url,
        COURSES_HTTPS="on",
        COURSES_ALLOWED_HOSTS="localhost,127.0.0.1",
        COURSES_TRUSTED_ORIGINS="https://localhost",
        COURSES_TRUSTED_PROXIES="127.0.0.1",
        COURSES_METRICS_TOKEN=METRICS_TOKEN,
    )
    yield server
    server.process.terminate()
    server.process.wait(timeout=60)


@pytest.fixture(scope="module")
def people(server: ServeCommand) -> dict[str, str]:
    found: dict[str, str] = json.loads(server.run("-c", PEOPLE))
    return found


@pytest.fixture(scope="module")
def proxy(
    request: pytest.FixtureRequest, server: ServeCommand, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    upstream = server.address.removeprefix("http://")
    with PROXIES[request.param](tmp_path_factory.mktemp("proxy"), upstream, lambda sample: sample) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def trusted(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy's certificate is what clients trust."""
    if "proxy" in request.fixturenames:
        monkeypatch.setenv("SSL_CERT_FILE", str(request.getfixturevalue("proxy").certificate))


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    transport = httpx.HTTPTransport(
        verify=ssl.create_default_context(cafile=str(proxy.certificate)), local_address=ELSEWHERE
    )
    with httpx.Client(base_url=proxy.address, transport=transport, timeout=30) as client:
        yield client


# ---------------------------------------------------------------- what gets through


@EACH
@pytest.mark.usefixtures("people")
def test_the_server_knows_by_whom_and_how_it_is_asked(client: httpx.Client, cluster: Cluster) -> None:
    claims = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "X-Request-ID": "mine"}

    page = client.get("/accounts/login/", headers=claims | {"Accept": "text/html"})
    answer = client.post("/graphql/", json={"query": "{ courses { totalCount } }"}, headers=claims)

    assert page.status_code == 200
    assert "; Secure" in page.headers["Set-Cookie"]
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert answer.json()["data"] == {"courses": {"totalCount": 1}}
    assert answer.headers["X-Request-ID"] != "mine"
    assert cluster.rows("SELECT owner FROM courses_costbucket WHERE owner LIKE %s", "address:%") == [
        (f"address:{ELSEWHERE}",)
    ]


@EACH
def test_plain_http_is_sent_on(proxy: Proxy) -> None:
    answer = httpx.get(f"http://127.0.0.1:{proxy.http}/accounts/login/?next=/", headers={"Host": "localhost"})

    assert answer.is_redirect
    assert re.fullmatch(r"https://localhost(:\d+)?/accounts/login/\?next=/", answer.headers["Location"])


@EACH
def test_an_answer_is_compressed_once(client: httpx.Client) -> None:
    answer = client.post("/graphql/", json={"query": "{ __schema { types { name } } }"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["data"]["__schema"]["types"]) > 50


@EACH
def test_events_arrive_over_websocket(proxy: Proxy, client: httpx.Client, people: dict[str, str]) -> None:
    with Connections() as connections:
        connection = connections.open(proxy.address, people["learner"])
        connection.subscribe(operation("notification_received"))
        with announcing(client, people):
            event = connection.event()

    assert event["notificationReceived"]["title"] == "Through the proxy"


@EACH
def test_an_event_of_a_stream_arrives_while_it_goes_on_and_it_ends_with_its_client(
    proxy: Proxy, client: httpx.Client, people: dict[str, str], server: ServeCommand
) -> None:
    subscription = operation("notification_received")
    with event_stream(proxy.address, people["learner"], subscription) as events, announcing(client, people):
        kind, result = next(events)
        wait_until(lambda: subscriptions(server) == 1)

    assert (kind, result["data"]["notificationReceived"]["title"]) == ("next", "Through the proxy")
    wait_until(lambda: subscriptions(server) == 0)


def subscriptions(server: ServeCommand) -> float:
    page = httpx.get(f"{server.address}/metrics", headers=MAY_SCRAPE).text
    return sum(
        float(value) for value in re.findall(r"^courses_subscriptions(?:{.*})? (\S+)$", page, re.MULTILINE)
    )


@contextmanager
def announcing(client: httpx.Client, people: dict[str, str]) -> Iterator[None]:
    """Announce something to the learners of the course again and again: a subscription may not stand yet."""
    over = threading.Event()
    given = {"courseId": people["course"], "title": "Through the proxy", "message": "Hello."}
    body: dict[str, Any] = {"query": operation("announce"), "variables": {"input": given}}

    def announce() -> None:
        while not over.wait(0.3):
            answer = client.post(
                "/graphql/", json=body, headers={"Authorization": f"Bearer {people['instructor']}"}
            )
            assert answer.json()["data"]["announce"]["userErrors"] == [], answer.text

    thread = threading.Thread(target=announce)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@EACH
def test_a_mutation_is_repeated_by_the_key_in_its_head(client: httpx.Client, people: dict[str, str]) -> None:
    given = {"courseId": people["course"], "title": "Once", "message": "Hello."}
    body = {"query": operation("announce"), "variables": {"input": given}}
    headers = {
        "Authorization": f"Bearer {people['instructor']}",
        "Idempotency-Key": f"key of {client.base_url}",
    }

    first, again = [client.post("/graphql/", json=body, headers=headers) for _ in range(2)]

    assert first.json()["data"] == again.json()["data"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"


@EACH
def test_metrics_stay_inside(client: httpx.Client, server: ServeCommand) -> None:
    assert httpx.get(f"{server.address}/metrics", headers=MAY_SCRAPE).status_code == 200
    assert client.get("/metrics", headers=MAY_SCRAPE).status_code == 404


# ---------------------------------------------------------------- what ends at the door


@pytest.fixture(scope="module")
def listener() -> Iterator[socket.socket]:
    """A server that hears of every connection, and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def door(request: pytest.FixtureRequest, listener: socket.socket, tmp_path: Path) -> Iterator[Proxy]:
    """A proxy in front of the listener, less patient than the sample."""
    host, port = listener.getsockname()
    with PROXIES[request.param](
        tmp_path, f"{host}:{port}", lambda sample: sample.replace(" 10s", " 1s")
    ) as proxy:
        yield proxy


def unanswered(listener: socket.socket) -> bool:
    """Whether nobody has come to the listener."""
    try:
        listener.accept()[0].close()
    except BlockingIOError:
        return True
    return False


@contextmanager
def connected(door: Proxy) -> Iterator[ssl.SSLSocket]:
    context = ssl.create_default_context(cafile=str(door.certificate))
    plain = socket.create_connection(("127.0.0.1", door.https), timeout=30)
    with context.wrap_socket(plain, server_hostname="localhost") as client:
        yield client


def all_until_closed(client: ssl.SSLSocket) -> bytes:
    """Bytes that come until the proxy has closed the connection, while a byte is sent now and then."""
    received = b""
    client.settimeout(0.05)
    for _ in range(200):
        try:
            client.sendall(b"x")
            piece = client.recv(65_536)
        except TimeoutError:
            continue
        except OSError:
            return received
        if not piece:
            return received
        received += piece
    raise AssertionError(f"The connection is still open; this has come: {received!r}")


@AT_THE_DOOR
def test_a_head_that_comes_slowly_never_reaches_the_server(door: Proxy, listener: socket.socket) -> None:
    with connected(door) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Half")
        answer = all_until_closed(client)

    assert not answer or status_of(answer) in (400, 408)
    assert unanswered(listener)


@AT_THE_DOOR
def test_a_body_that_is_too_large_never_reaches_the_server(door: Proxy, listener: socket.socket) -> None:
    with connected(door) as client:
        head = "POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client.sendall(f"{head}Content-Length: {LIMIT + 1}\r\n\r\n".encode())
        answer = client.recv(65_536)

    assert status_of(answer) == 413
    assert unanswered(listener)


@pytest.mark.parametrize("door", NAMES[:1], indirect=True)
def test_a_body_that_comes_slowly_never_reaches_the_server(door: Proxy, listener: socket.socket) -> None:
    """Of nginx only: Caddy passes a body on as it comes, and the server stops it."""
    with connected(door) as client:
        client.sendall(b"POST /graphql/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\n{")
        answer = client.recv(65_536)

    assert not answer or status_of(answer) == 408
    assert unanswered(listener)


@pytest.mark.parametrize("door", NAMES[1:], indirect=True)
def test_a_request_waits_for_a_server_that_is_started_anew(door: Proxy, listener: socket.socket) -> None:
    """Of Caddy only: nginx says 502 at once."""
    where = listener.getsockname()
    listener.close()
    with connected(door) as client:
        client.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.recv(65_536)
        with socket.create_server(where) as server:
            session, _ = server.accept()
            with session:
                session.recv(65_536)
                session.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
                client.settimeout(30)
                assert status_of(client.recv(65_536)) == 204


@EACH
def test_a_body_of_the_limit_gets_through_and_of_unknown_length_no_more(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LIMIT // 1024 + 1):
            yield b" " * 1024

    headers = {"Content-Type": "application/json"}
    statuses = [
        client.post("/graphql/", content=content, headers=headers).status_code
        for content in (b" " * LIMIT, pieces())
    ]

    assert statuses[0] == 400  # no JSON, says the server
    assert statuses[1] in (413, 502)
