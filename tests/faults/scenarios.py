"""Faults: each strikes in the midst of a load, and is repaired before it goes on."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg2
from django.conf import settings
from psycopg2.extensions import connection as Session  # noqa: N812 - what PostgreSQL calls it

from schema.core import ids
from tests.demo_server import READY_WITHIN_SECONDS
from tests.faults.history import Kind, is_trouble
from tests.faults.judging import OF_FAULTS, judge
from tests.faults.playing import Fault, Ground, Scenario, Stage, as_ever, reads_by_replicas
from tests.faults.replicas import (
    FIRST,
    SECOND,
    diverge,
    fail_over,
    make_restart_point,
    wait_until_said,
    with_replicas,
)
from tests.faults.savers import DOCUMENTS
from tests.faults.server import WORKERS
from tests.faults.stored import read_stored
from tests.operations import operation
from tests.pgbouncer import PGBOUNCER, PgBouncer
from tests.schema.execution.conftest import wait_until
from tests.subscribing import Connections, event_stream

TROUBLES = 24
"""How often savers fail before a fault that lasts is repaired."""
READS_OF_REPLICAS = 40
"""Reads after a note, at most: so many that a replica has it by then."""


@contextmanager
def kill_a_worker(stage: Stage) -> Iterator[None]:
    """One of two workers is killed, and replaced by the supervisor."""
    victim = stage.server.workers()[0]
    victim.kill()
    yield
    wait_until(
        lambda: len({worker.pid for worker in stage.server.workers()} - {victim.pid}) == WORKERS,
        seconds=READY_WITHIN_SECONDS,
    )


@contextmanager
def crash_the_database(stage: Stage) -> Iterator[None]:
    """PostgreSQL ends without a checkpoint, is away for a while, and is started again."""
    stage.cluster.crash()
    stage.load.wait_for(TROUBLES, is_trouble)
    stage.cluster.start()
    yield


@contextmanager
def terminate_sessions(stage: Stage) -> Iterator[None]:
    """Every session of the server is ended, five times, as a failover or an administrator does."""
    session = stage.cluster.open()
    try:
        for _ in range(5):
            end_the_servers_sessions(session)
            stage.load.wait_for(TROUBLES)
    finally:
        session.close()
    yield


@contextmanager
def take_the_slots(stage: Stage) -> Iterator[None]:
    """Somebody else has every session that PostgreSQL allows, and gives them back. Workers stand still meanwhile."""
    held = [stage.cluster.open()]
    workers = stage.server.workers()
    try:
        for worker in workers:
            worker.suspend()
        try:
            end_the_servers_sessions(held[0])
            hold_more(stage, held)
        finally:
            for worker in workers:
                worker.resume()
        stage.load.wait_for(TROUBLES, is_trouble)
    finally:
        for session in held:
            session.close()
    yield


OF_THE_SERVER = (
    "FROM pg_stat_activity WHERE datname = current_database() AND client_port IS NOT NULL"
    " AND application_name <> 'held' AND pid <> pg_backend_pid()"
)


def end_the_servers_sessions(session: Session) -> None:
    with session.cursor() as cursor:
        cursor.execute(f"SELECT pg_terminate_backend(pid, 1000) {OF_THE_SERVER}")


def hold_more(stage: Stage, held: list[Session]) -> None:
    """Open sessions until there are no more."""
    while True:
        try:
            session = stage.cluster.open()
        except psycopg2.OperationalError:
            return
        session.cursor().execute("SET application_name = 'held'")
        held.append(session)


@contextmanager
def fill_the_disk(stage: Stage) -> Iterator[None]:
    """Nothing more can be written on the database's disk, until somebody makes room."""
    ballast = stage.cluster.directory / "ballast"
    try:
        with suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(65_536))
        stage.load.wait_for(TROUBLES, is_trouble)
        with stage.server.client(stage.ground.world.instructor) as client:
            read = client.post("/graphql/", json={"query": "{ courses { totalCount } }"})
    finally:
        ballast.unlink()
    yield
    assert (read.status_code, read.json()["data"]) == (200, {"courses": {"totalCount": 1}})


def cannot_fill_the_disk(ground: Ground) -> str:
    return "" if ground.may_mount else "only root may mount a small disk"


@contextmanager
def queue_behind_a_migration(stage: Stage) -> Iterator[None]:
    """A migration waits for somebody who reads for long, and whoever saves waits for the migration."""
    reader = stage.cluster.open()
    reader.autocommit = False
    reader.cursor().execute("SELECT FROM courses_attemptanswer LIMIT 1")
    environment = stage.server.environment | {"DJANGO_SETTINGS_MODULE": "tests.faults.migrating.settings"}
    migrating = subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "migrating", "--no-color"],
        cwd=settings.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert migrating.stdout is not None
    try:
        said: list[str] = []
        while sum("again" in line for line in said) < 2:
            said.append(migrating.stdout.readline())
            assert said[-1], said
        stage.load.wait_for(TROUBLES)
    finally:
        reader.rollback()
        reader.close()
    rest, _ = migrating.communicate()
    yield
    assert migrating.returncode == 0, rest
    moved = "SELECT count(*) FROM information_schema.columns WHERE column_name = 'moved'"
    assert stage.cluster.rows(moved) == [(1,)]
    stage.cluster.rows("ALTER TABLE courses_attemptanswer DROP COLUMN moved")
    stage.cluster.rows("DELETE FROM django_migrations WHERE app = 'migrating'")


@contextmanager
def behind_a_pooler(ground: Ground) -> Iterator[dict[str, str]]:
    """Serve behind PgBouncer in transaction mode, as docs/operators.md describes."""
    user, host = ground.cluster.address
    with PgBouncer(f"* = host={host} user={user}", owner=os.stat(host).st_uid) as pooler:
        ground.pooler = pooler
        yield {
            "DATABASE_URL": f"postgres://{user}@127.0.0.1:{pooler.port}/faults?DISABLE_SERVER_SIDE_CURSORS=true",
            "COURSES_LISTEN_URL": ground.cluster.url,
        }
    ground.pooler = None


@contextmanager
def kill_the_pooler(stage: Stage) -> Iterator[None]:
    """PgBouncer is killed with everything that passes through it, and started again."""
    pooler = stage.ground.pooler
    assert pooler is not None
    pooler.kill()
    stage.load.wait_for(TROUBLES, is_trouble)
    pooler.start()
    yield


def no_pooler(_: Ground) -> str:
    return "" if PGBOUNCER else "there is no PgBouncer (Debian: pgbouncer)"


FAKETIME = next(
    (str(found) for found in sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))),
    None,
)


@contextmanager
def by_another_clock(ground: Ground) -> Iterator[dict[str, str]]:
    """Serve by a clock that a file moves, while that of the database stays right."""
    ground.clock.write_text("+0")
    yield {
        "LD_PRELOAD": str(FAKETIME),
        "FAKETIME_TIMESTAMP_FILE": str(ground.clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def move_the_clock(stage: Stage) -> Iterator[None]:
    """The clock of the web processes leaps two hours ahead, and then two hours behind."""
    attempt, client = _attempt_beside(stage)
    for leap in ("+2h", "-2h"):
        stage.ground.clock.write_text(leap)
        stage.load.wait_for(TROUBLES)
        asked = "query($id: ID!) { attempt(id: $id) { remainingSeconds } }"
        shown = client.post("/graphql/", json={"query": asked, "variables": {"id": attempt}}).json()
        assert 3000 < shown["data"]["attempt"]["remainingSeconds"] <= 3600, (leap, shown)
    stage.cluster.rows(
        "UPDATE courses_assessmentattempt SET start_time = now() - interval '2 hours',"
        " deadline_at = now() - interval '1 hour' WHERE id = %s",
        int(ids.decode(attempt)[1]),
    )
    late = client.post("/graphql/", json=_save(stage, attempt)).json()
    assert [error["code"] for error in late["data"]["answer"]["userErrors"]] == ["TIME_EXPIRED"], late
    client.close()
    stage.ground.clock.write_text("+0")
    yield


def no_faketime(_: Ground) -> str:
    return "" if FAKETIME else "there is no libfaketime (Debian: libfaketime)"


@contextmanager
def terminate_the_server(stage: Stage) -> Iterator[None]:
    """The server is told to stop: it takes leave of live updates, answers what is under way, and is started again."""
    attempt, client = _attempt_beside(stage)
    person = stage.ground.world.instructor
    query = operation("notification_received")
    holder = stage.cluster.open()
    holder.autocommit = False
    with ExitStack() as stack:
        stack.callback(holder.close)
        connections = stack.enter_context(Connections())
        asking = stack.enter_context(ThreadPoolExecutor(1))
        events = stack.enter_context(event_stream(stage.server.address, person.token, query))
        socket = connections.open(stage.server.address, person.token)
        socket.subscribe(query)
        holder.cursor().execute(
            "SELECT FROM courses_assessmentattempt WHERE id = %s FOR UPDATE", [int(ids.decode(attempt)[1])]
        )
        under_way = asking.submit(client.post, "/graphql/", json=_save(stage, attempt))
        wait_until(lambda: stage.cluster.rows("SELECT 1 FROM pg_locks WHERE NOT granted") != [])

        assert stage.server.process is not None
        stage.server.process.terminate()
        assert [*events][-1] == ("complete", None)
        assert socket.farewell()[1] == 1012
        holder.rollback()
        assert _code_of(under_way.result()) in ("", "BUSY")
    stage.server.process.wait(timeout=60)
    stage.load.wait_for(TROUBLES, is_trouble)
    stage.server.serve()
    yield


@contextmanager
def dump_and_restore(stage: Stage) -> Iterator[None]:
    """A dump is made while savers go on, and restored beside: the copy is whole in itself."""
    dump = stage.ground.directory / "dump"
    dumped_at = time.monotonic()
    stage.cluster.run("pg_dump", "--format=custom", f"--file={dump}", stage.cluster.url)
    yield
    stage.cluster.rows("CREATE DATABASE copy")
    copy = stage.cluster.url_of("copy")
    stage.cluster.run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={copy}", str(dump))
    stored = read_stored(
        partial(stage.cluster.rows, database="copy"), [person.pk for person in stage.load.crew]
    )
    stage.findings += judge(stage.load.history, stored, None, stage.ground.world, until=dumped_at)
    assert stored.attempts
    stage.cluster.rows("DROP DATABASE copy")


@contextmanager
def pause_a_replica(stage: Stage) -> Iterator[None]:
    """A replica stops to replay what the primary writes, and never goes on."""
    stage.ground.replicas[0].rows("SELECT pg_wal_replay_pause()")
    yield


@contextmanager
def freeze_a_replica(stage: Stage) -> Iterator[None]:
    """The machine of a replica hangs with every session to it, and goes on."""
    logged = stage.server.logged
    with stage.ground.replicas[0].frozen():
        wait_until_said(stage.server, logged, f"{FIRST} is left out")
    yield


@contextmanager
def kill_a_replica(stage: Stage) -> Iterator[None]:
    """A replica ends without a word, and is started again."""
    logged = stage.server.logged
    stage.ground.replicas[0].crash()
    wait_until_said(stage.server, logged, f"{FIRST} is left out")
    stage.ground.replicas[0].start()
    yield


@contextmanager
def promote_a_replica(stage: Stage) -> Iterator[None]:
    """A replica becomes a primary of its own by mistake, and tells what nobody has written."""
    diverge(stage.ground.replicas[0])
    yield


@contextmanager
def fail_over_to_a_replica(stage: Stage) -> Iterator[None]:
    """The primary is stopped, a replica is promoted in its place, and the other one follows that."""
    successor, follower = stage.ground.replicas
    fail_over(stage.cluster, successor, follower)
    stage.ground.cluster = successor
    make_restart_point(successor, follower)
    yield


@contextmanager
def while_replicas_answer(fault: Fault, stage: Stage) -> Iterator[None]:
    """Strike the first replica once both have answered savers. Afterwards the second does so as before."""
    logged = stage.server.logged
    wait_until(lambda: {*reads_by_replicas(stage.ground, logged)} == {FIRST, SECOND}, seconds=60)
    with fault(stage):
        logged = stage.server.logged
        yield
        assert SECOND in reads_by_replicas(stage.ground, logged)


def _attempt_beside(stage: Stage) -> tuple[str, httpx.Client]:
    """The id of an attempt of somebody who is no saver, just started, and their client."""
    person = stage.ground.world.crews[stage.ground.next_crew()][0]
    client = stage.server.client(person)
    given = {"assessmentId": ids.encode("Assessment", stage.ground.world.assessments[0].pk)}
    started = client.post("/graphql/", json={"query": DOCUMENTS[Kind.START], "variables": {"input": given}})
    attempt: str = started.json()["data"]["answer"]["attempt"]["id"]
    return attempt, client


def _save(stage: Stage, attempt: str) -> dict[str, Any]:
    """Body of a save in it."""
    question = ids.encode("Question", stage.ground.world.assessments[0].questions[-1].pk)
    given = {"attemptId": attempt, "answers": [{"questionId": question, "response": {"text": "beside"}}]}
    return {"query": DOCUMENTS[Kind.SAVE], "variables": {"input": given}}


def _code_of(response: httpx.Response) -> str:
    """The code of an error, or nothing."""
    errors = response.json().get("errors")
    return errors[0]["extensions"]["code"] if errors else ""


def _with_replicas(name: str, fault: Fault, explains: Collection[str] = ()) -> Scenario:
    """A fault of a replica: nobody may notice, unless some codes are explained."""
    return Scenario(
        name,
        partial(while_replicas_answer, fault),
        with_replicas,
        takes_long=True,
        most_reads=READS_OF_REPLICAS,
        explains=explains,
    )


SCENARIOS = (
    Scenario("worker killed", kill_a_worker, as_ever),
    Scenario("database crashed", crash_the_database, as_ever),
    Scenario("sessions terminated", terminate_sessions, as_ever),
    Scenario("slots taken", take_the_slots, as_ever),
    Scenario("disk full", fill_the_disk, as_ever, cannot_fill_the_disk, takes_long=True),
    Scenario("lock queue of a migration", queue_behind_a_migration, as_ever, takes_long=True),
    Scenario("dump and restore", dump_and_restore, as_ever),
    Scenario("server terminated", terminate_the_server, as_ever, takes_long=True),
    Scenario("pooler killed", kill_the_pooler, behind_a_pooler, no_pooler),
    Scenario("clock two hours off", move_the_clock, by_another_clock, no_faketime, takes_long=True),
    _with_replicas("replica lagging for ever", pause_a_replica),
    _with_replicas("replica frozen", freeze_a_replica),
    _with_replicas("replica killed", kill_a_replica),
    _with_replicas("replica promoted", promote_a_replica),
    _with_replicas("failover to a replica", fail_over_to_a_replica, OF_FAULTS),
)
