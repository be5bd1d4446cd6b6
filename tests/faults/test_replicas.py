"""Reads by replicas: whoever has written reads it again, whichever worker and server answers, and whatever replicas do.

One primary, a replica that follows it, and one whose replay is paused for ever soon after it was made.
"""

import json
import math
import random
import secrets
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.config.test_monitoring import by_label, gained
from tests.demo_server import free_port
from tests.faults.cluster import Cluster
from tests.faults.replicas import (
    CATALOGUE,
    CREATE,
    FIRST,
    NOTES,
    SECOND,
    Answer,
    Readers,
    diverge,
    reading_from,
)
from tests.faults.server import Server
from tests.faults.world import made_by
from tests.schema.execution.conftest import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied

FOLLOWER, PAUSED = FIRST, SECOND
LEARNERS = 4
STEPS = 60
"""What each learner does in the property test: writes and reads, in any order."""

PEOPLE = f"""
import json, django
django.setup()
from django.test import Client
from courses.constants import Scope
from courses.services.access_tokens import create_access_token
from schema.core import ids
from tests import factories
lesson = factories.make_lesson()
learners = []
for _ in range({LEARNERS}):
    learner = factories.make_learner(lesson.course)
    client = Client()
    client.force_login(learner)
    learners.append({{
        "token": create_access_token(owner=learner, name="replicas", scopes=Scope.values).secret,
        "session": client.cookies["sessionid"].value,
    }})
print(json.dumps({{"lesson": ids.encode("Lesson", lesson.pk), "slug": lesson.course.slug, "learners": learners}}))
"""

ATTEMPTS = "query Attempts { viewer { attempts(first: 5) { totalCount } } }"
NOTE = "query Note($id: ID!) { node(id: $id) { ... on Note { content } } }"
UPDATE = "mutation Update($input: UpdateNoteInput!) { updateNote(input: $input) { note { id } userErrors { code } } }"
DELETE = "mutation Delete($input: DeleteNoteInput!) { deleteNote(input: $input) { userErrors { code } } }"


@dataclass
class Deployment(Readers):
    """A server of two workers with a primary and two replicas."""

    primary: Cluster
    follower: Cluster
    paused: Cluster
    people: Any
    """Ids of what PEOPLE makes."""
    metrics: str
    """Address of the metrics."""

    def learner(self, number: int) -> dict[str, str]:
        learner: dict[str, str] = self.people["learners"][number]
        return learner

    def by_token(self, number: int) -> httpx.Client:
        """A program, which keeps no cookies."""
        headers = {"Authorization": f"Bearer {self.learner(number)['token']}"}
        return httpx.Client(base_url=self.server.address, timeout=20, headers=headers)

    def by_session(self, number: int) -> httpx.Client:
        """A browser."""
        cookies = {"sessionid": self.learner(number)["session"]}
        headers = {"GraphQL-Preflight": "1"}
        return httpx.Client(base_url=self.server.address, timeout=20, headers=headers, cookies=cookies)

    @contextmanager
    def websocket(self, client: httpx.Client) -> Iterator[ClientConnection]:
        """A connection in the name of a program."""
        address = f"ws://{self.server.host}:{self.server.port}/graphql/"
        authorization = client.headers["authorization"]
        with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
            socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": authorization}}))
            socket.recv(timeout=20)
            yield socket

    def by_websocket(self, socket: ClientConnection, query: str, **input: Any) -> Any:
        """The data of an operation."""
        payload = {"query": query, "variables": {"input": input} if input else {}}
        socket.send(json.dumps({"id": secrets.token_hex(4), "type": "subscribe", "payload": payload}))
        answer, end = (json.loads(socket.recv(timeout=20)) for _ in range(2))
        assert (answer["type"], end["type"]) == ("next", "complete"), answer
        return answer["payload"]["data"]


@pytest.fixture(scope="module")
def deployment(migrated: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    clusters: list[Cluster] = []
    server = None
    try:
        primary = Cluster()
        clusters.append(primary)
        if migrated is not None:
            primary.copy_tables(migrated)
        primary.rows("ALTER SYSTEM SET log_statement = 'all'")
        primary.rows("ALTER SYSTEM SET max_standby_streaming_delay = 0")
        primary.rows("SELECT pg_reload_conf()")
        follower, paused = Cluster(replica_of=primary.url), Cluster(replica_of=primary.url)
        clusters += [follower, paused]
        metrics = f"127.0.0.1:{free_port()}"
        server = Server(primary.url, tmp_path_factory.mktemp("server"))
        server.serve(
            **reading_from(follower, paused),
            COURSES_BACKGROUND_WORK="off",
            COURSES_METRICS_ADDRESS=metrics,
        )
        people = made_by(PEOPLE, server.environment)
        written = primary.rows("SELECT pg_current_wal_flush_lsn()")
        wait_until(lambda: paused.rows("SELECT pg_last_wal_replay_lsn()") >= written)
        paused.rows("SELECT pg_wal_replay_pause()")
        deployment = Deployment(server, primary, follower, paused, people, f"http://{metrics}")
        deployment.wait_until_read(FOLLOWER)
        deployment.wait_until_read(PAUSED)
        yield deployment
    finally:
        if server:
            server.stop()
        for cluster in reversed(clusters):
            cluster.close()


def statements(cluster: Cluster, word: str, since: int) -> int:
    """How many statements with a word in them the server has logged since it had so many bytes of log."""
    return cluster.log.read_bytes()[since:].decode().count(word)


def test_the_catalogue_is_read_from_replicas_and_leaves_the_primary_alone(deployment: Deployment) -> None:
    clusters = (deployment.primary, deployment.follower, deployment.paused)
    before = [cluster.log.stat().st_size for cluster in clusters]

    with deployment.by_token(0) as token, deployment.by_session(1) as session:
        answers = [deployment.ask(CATALOGUE, client) for _ in range(10) for client in (None, token, session)]

    read = [
        statements(cluster, "courses_course", since) for cluster, since in zip(clusters, before, strict=True)
    ]
    assert {*deployment.read_from(*answers)} == {FOLLOWER, PAUSED}
    assert [answer.data for answer in answers] == [answers[0].data] * 30
    assert read[0] == 0
    assert min(read[1:]) > 0


def test_what_is_always_fresh_is_read_from_the_primary(deployment: Deployment) -> None:
    with deployment.by_token(0) as token, deployment.by_session(0) as session:
        answers = [deployment.ask(ATTEMPTS, client) for client in (token, session, token, session)]

    assert deployment.read_from(*answers) == ["primary"] * 4


@dataclass
class Learner:
    """A learner who writes and reads notes by a token and by a session, and knows which there have to be."""

    deployment: Deployment
    number: int
    chance: random.Random
    notes: dict[str, str] = field(default_factory=dict)
    reads: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clients = [self.deployment.by_token(self.number), self.deployment.by_session(self.number)]
        self.stranger = self.deployment.by_token((self.number + 1) % LEARNERS)

    def step(self) -> None:
        self.chance.choice([self.write, self.read, self.read, self.read])()

    def read(self) -> None:
        answer = self.deployment.ask(NOTES, self.chance.choice(self.clients))
        edges = answer.data["viewer"]["notes"]["edges"]
        assert {edge["node"]["id"]: edge["node"]["content"] for edge in edges} == self.notes
        self.reads.append(answer)

    def write(self) -> None:
        """Create, change or delete a note; then let somebody else read it who is told the position."""
        client, content = self.chance.choice(self.clients), secrets.token_hex(4)
        note = self.chance.choice([None, *self.notes])
        if note is None:
            lesson = self.deployment.people["lesson"]
            answer = self.deployment.ask(CREATE, client, lessonId=lesson, content=content, isPrivate=False)
            note = answer.data["createNote"]["note"]["id"]
            self.notes[note] = content
        elif self.chance.random() < 0.5:
            answer = self.deployment.ask(UPDATE, client, noteId=note, content=content)
            self.notes[note] = content
        else:
            answer = self.deployment.ask(DELETE, client, noteId=note)
            del self.notes[note]
        assert all(payload["userErrors"] == [] for payload in answer.data.values())
        found = self.stranger.post(
            "/graphql/",
            json={"query": NOTE, "variables": {"id": note}},
            headers={"X-Read-After": answer.position},
        )
        expected = {"content": self.notes[note]} if note in self.notes else None
        assert found.json()["data"] == {"node": expected}


def test_nobody_ever_reads_less_than_they_wrote(deployment: Deployment) -> None:
    """Random writes and reads through two workers, while the replay of the only good replica stops and goes on."""
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    learners = [Learner(deployment, number, random.Random(seed + number)) for number in range(LEARNERS)]

    def live(learner: Learner) -> None:
        learner.write()
        for step in range(STEPS):
            if learner.number == 0 and step % 10 == 0:
                turn = "pause" if step % 20 == 0 else "resume"
                deployment.follower.rows(f"SELECT pg_wal_replay_{turn}()")
            learner.step()

    with ThreadPoolExecutor(LEARNERS) as pool:
        for done in [pool.submit(live, learner) for learner in learners]:
            done.result()
    deployment.follower.rows("SELECT pg_wal_replay_resume()")

    def is_read_from_follower() -> bool:
        learners[0].read()
        return deployment.read_from(learners[0].reads[-1]) == [FOLLOWER]

    wait_until(is_read_from_follower)
    read_from = deployment.read_from(*(answer for learner in learners for answer in learner.reads))
    assert {*read_from} == {FOLLOWER, "primary-behind"}  # and never from the one that is paused


def test_a_mutation_tells_its_position_to_programs_in_a_header_and_to_browsers_in_a_cookie(
    deployment: Deployment,
) -> None:
    lesson = deployment.people["lesson"]
    with deployment.by_token(1) as token, deployment.by_session(1) as session:
        told = [
            deployment.ask(CREATE, client, lessonId=lesson, content="told") for client in (token, session)
        ]
        read = deployment.ask(NOTES, session)

    by_token, by_session = (answer.response for answer in told)
    assert "set-cookie" not in by_token.headers
    cookie = by_session.headers["set-cookie"]
    assert cookie == f'read_after="{told[1].position}"; HttpOnly; Max-Age=7200; Path=/; SameSite=lax'
    assert read.response.request.headers["cookie"].endswith(f'read_after="{told[1].position}"')
    assert "x-read-after" not in read.response.headers
    assert told[0].position < told[1].position


@pytest.mark.parametrize("position", ["1-0/", "0/3000148", "1-0/3000148, 1-0/3000148", "1-0/FFFFFFFFF"])
def test_a_header_that_is_not_ours_is_refused(deployment: Deployment, position: str) -> None:
    refused = deployment.ask(CATALOGUE, after=position)
    general = deployment.nobody.get(
        "/graphql/", params={"query": CATALOGUE}, headers={"X-Read-After": position}
    )

    for response in (refused.response, general):
        [error] = response.json()["errors"]
        assert (response.status_code, error["extensions"]["code"]) == (400, "BAD_USER_INPUT")
        assert (
            error["message"] == "Send `X-Read-After` as it came with the answer to a mutation, or not at all."
        )


def test_a_position_that_nobody_has_reached_is_looked_for_on_the_primary(deployment: Deployment) -> None:
    answers = [deployment.ask(CATALOGUE, after=position) for position in ("1-FFFFFFFF/0", "2-0/0")]

    assert deployment.read_from(*answers) == ["primary-behind"] * 2


def test_a_page_that_wrote_by_websocket_reads_it_with_its_next_request(deployment: Deployment) -> None:
    lesson = deployment.people["lesson"]
    with deployment.by_token(2) as token, deployment.websocket(token) as socket:
        written = deployment.by_websocket(socket, CREATE, lessonId=lesson, content="by WebSocket")
        read = deployment.ask(NOTES, token)

    note = written["createNote"]["note"]["id"]
    assert note in [edge["node"]["id"] for edge in read.data["viewer"]["notes"]["edges"]]


def test_a_page_that_reads_by_websocket_sees_what_its_person_has_written_elsewhere(
    deployment: Deployment,
) -> None:
    """Whichever replica has the turn, and so also the one that will never have it."""
    lesson = deployment.people["lesson"]
    with deployment.by_token(2) as token, deployment.websocket(token) as socket:
        answer = deployment.ask(CREATE, token, lessonId=lesson, content="by HTTP")
        read = [deployment.by_websocket(socket, NOTES) for _ in range(4)]

    note = answer.data["createNote"]["note"]["id"]
    shown = [[edge["node"]["id"] for edge in data["viewer"]["notes"]["edges"]] for data in read]
    assert [note in ids for ids in shown] == [True] * 4


def test_metrics_of_all_workers_agree_with_the_log(deployment: Deployment) -> None:
    def counted() -> str:
        return httpx.get(f"{deployment.metrics}/metrics", timeout=20).text

    before = counted()
    with deployment.by_token(0) as token:
        lesson = deployment.people["lesson"]
        deployment.ask(
            CREATE, token, lessonId=lesson, content="counted"
        )  # which the paused one will never have
        answers = [deployment.ask(query, token) for query in (NOTES, ATTEMPTS)]
        answers += [deployment.ask(CATALOGUE) for _ in range(20)]
    read_from = Counter((each,) for each in deployment.read_from(*answers))

    assert gained(before, counted(), "courses_reads_total") == read_from
    assert read_from.keys() >= {(FOLLOWER,), (PAUSED,), ("primary",)}
    wait_until(lambda: by_label(counted(), "courses_replica_used", "replica") == {FOLLOWER: 2, PAUSED: 2})

    def lags_as_it_should() -> bool:
        lag = by_label(counted(), "courses_replica_lag_seconds", "replica")
        return 0 <= lag[FOLLOWER] < lag[PAUSED] < math.inf

    wait_until(lags_as_it_should)


def test_while_a_replica_is_away_or_hangs_every_request_is_answered(deployment: Deployment) -> None:
    with deployment.follower.frozen():
        hanging = [deployment.ask(CATALOGUE) for _ in range(10)]
    deployment.follower.crash()
    try:
        away = [deployment.ask(CATALOGUE) for _ in range(10)]
        ready = httpx.get(f"{deployment.server.address}/readyz", timeout=20)
    finally:
        deployment.follower.start()

    assert [answer.data for answer in hanging + away] == [hanging[0].data] * 20
    assert FOLLOWER not in deployment.read_from(*hanging, *away)
    assert ready.status_code == 200
    deployment.wait_until_read(FOLLOWER)


def test_a_replica_that_was_promoted_and_goes_its_own_way_is_never_read(deployment: Deployment) -> None:
    """Two threads read all the time; with the promotion begins what nobody may see."""
    stopped = threading.Event()

    def read() -> list[Answer]:
        answers = []
        with deployment.by_token(3) as token:
            while not stopped.is_set():
                answers.append(deployment.ask(CATALOGUE, token))
        return answers

    with ThreadPoolExecutor(2) as pool:
        reading = [pool.submit(read) for _ in range(2)]
        diverge(deployment.follower)
        later = [deployment.ask(CATALOGUE) for _ in range(50)]
        stopped.set()
        answers = [answer for done in reading for answer in done.result()] + later

    assert all("diverged" not in answer.response.text for answer in answers)
    assert [answer.data for answer in answers] == [answers[0].data] * len(answers)
    assert FOLLOWER not in deployment.read_from(*later)
    assert PAUSED in deployment.read_from(*later)
