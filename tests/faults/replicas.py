"""Replicas of the faults: how a server reads from them, what strikes them, and who has answered a read."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from tests.faults.cluster import DATABASE, Cluster
from tests.faults.playing import Ground
from tests.faults.server import WORKERS, Server
from tests.schema.execution.conftest import wait_until

FIRST, SECOND = "replica1", "replica2"
"""Names that the log has for them."""

CATALOGUE = "query Catalogue { courses(first: 5) { edges { node { title lessons { title } } } } }"
NOTES = "query Notes { viewer { notes(first: 100) { edges { node { id content } } } } }"
CREATE = "mutation Create($input: CreateNoteInput!) { createNote(input: $input) { note { id } userErrors { code } } }"


def reading_from(*replicas: Cluster) -> dict[str, str]:
    """Variables of a server that reads from replicas, however far they are behind."""
    urls = ",".join(replica.url for replica in replicas)
    return {"COURSES_REPLICA_URLS": urls, "COURSES_REPLICA_LAG_SECONDS": "3600"}


@contextmanager
def with_replicas(ground: Ground) -> Iterator[dict[str, str]]:
    """Serve with two replicas, and have whichever of the three may be written to be the primary.

    After a failover the ground has its old primary again.
    """
    primary = ground.cluster
    try:
        for _ in (FIRST, SECOND):
            ground.replicas.append(Cluster(replica_of=primary.url))
        user, _ = primary.address
        hosts = ",".join(quote(cluster.address[1], safe="") for cluster in (primary, *ground.replicas))
        yield {
            "DATABASE_URL": f"postgres://{user}@/{DATABASE}?host={hosts}&target_session_attrs=read-write",
            **reading_from(*ground.replicas),
        }
    finally:
        for replica in ground.replicas:
            replica.close()
        ground.replicas.clear()
        ground.cluster = primary
        primary.start()


def diverge(replica: Cluster) -> None:
    """Have a replica become a primary of its own, which tells what nobody has written."""
    replica.promote()
    replica.rows("UPDATE courses_course SET title = 'diverged'")
    replica.rows("UPDATE courses_note SET content = 'diverged'")


def fail_over(primary: Cluster, successor: Cluster, follower: Cluster) -> None:
    """Stop the primary in order and promote a replica, which the other one follows."""
    primary.stop()
    successor.promote()
    follower.follow(successor)


def make_restart_point(primary: Cluster, follower: Cluster) -> None:
    """Have a replica be where it would begin again, on the timeline of its primary."""
    primary.rows("CHECKPOINT")
    [(written,)] = primary.rows("SELECT pg_current_wal_flush_lsn()")
    wait_until(
        lambda: follower.rows("SELECT pg_last_wal_replay_lsn() >= %s", written) == [(True,)], seconds=60
    )
    follower.rows("CHECKPOINT")


def wait_until_said(server: Server, since: int, message: str) -> None:
    """Return once every worker has said so since the log had so many bytes."""
    wait_until(lambda: sum(message in line["message"] for line in server.lines(since)) >= WORKERS, seconds=60)


@dataclass(frozen=True)
class Answer:
    response: httpx.Response
    request_id: str

    @property
    def position(self) -> str:
        """Where a mutation has written."""
        position: str = self.response.headers["x-read-after"]
        return position

    @property
    def data(self) -> Any:
        assert self.response.status_code == 200, self.response.text
        assert "errors" not in self.response.json(), self.response.text
        return self.response.json()["data"]


@dataclass
class Readers:
    """Clients of a server with replicas, for tests that ask its log who has answered them."""

    server: Server

    def __post_init__(self) -> None:
        self.nobody = httpx.Client(base_url=self.server.address, timeout=20)

    def ask(
        self, query: str, client: httpx.Client | None = None, after: str | None = None, **input: Any
    ) -> Answer:
        """The answer to a query, by nobody unless a client is given."""
        request_id = secrets.token_hex(8)
        body = {"query": query, "variables": {"input": input} if input else {}}
        headers = {"X-Request-ID": request_id} | ({"X-Read-After": after} if after else {})
        response = (client or self.nobody).post("/graphql/", json=body, headers=headers)
        return Answer(response, request_id)

    def read_from(self, *answers: Answer) -> list[str | None]:
        """Who answered each of them, as the log has it."""
        wanted = {answer.request_id for answer in answers}

        def found() -> dict[str, Any]:
            return {
                line["request_id"]: line.get("read_from")
                for line in self.server.lines()
                if line.get("request_id") in wanted
            }

        wait_until(lambda: found().keys() == wanted)
        read_from = found()
        return [read_from[answer.request_id] for answer in answers]

    def wait_until_read(self, name: str) -> None:
        """Return once the replica is asked."""
        wait_until(lambda: name in self.read_from(*(self.ask(CATALOGUE) for _ in range(8))), seconds=60)
