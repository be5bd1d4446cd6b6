"""Ground of the faults, and how one is played: a load, the fault in its midst, and the judge in the end."""

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.cluster import Cluster
from tests.faults.following import FeedReader, Receiver
from tests.faults.history import History
from tests.faults.judging import OF_FAULTS, Finding, Told, judge
from tests.faults.savers import READING, Load
from tests.faults.server import Server
from tests.faults.stored import read_stored
from tests.faults.world import World, make_world
from tests.pgbouncer import PgBouncer

DISK_BYTES = 640 * 1024 * 1024
WAITING = """
SELECT (SELECT count(*) FROM courses_pendingevent)
    + (SELECT count(*) FROM courses_webhookendpoint WHERE position < (SELECT max(id) FROM courses_event))
    + (SELECT count(*) FROM courses_webhookdelivery WHERE status = 'pending')
"""
"""Number of events to be moved, to be made deliveries, and to be sent: in one snapshot, as each becomes the next."""
SETTLES_WITHIN_SECONDS = 180


class Ground:
    """Cluster, server, course and receiver that the faults share. Each fault is repaired before the next.

    Use it as a context. Tables are copied from a database that is `migrated` where there is one.
    """

    def __init__(self, directory: Path, *, migrated: str | None = None) -> None:
        self.directory, self._migrated = directory, migrated
        self.clock = directory / "clock"
        """Tells by how much the clock of a server is wrong that looks there."""
        self.pooler: PgBouncer | None = None
        self.replicas: list[Cluster] = []
        self.may_mount = _may_mount()
        self._crews = 0

    def __enter__(self) -> "Ground":
        with ExitStack() as stack:
            self.cluster = Cluster(disk_bytes=DISK_BYTES if self.may_mount else None)
            stack.callback(self.cluster.close)
            for setting in ("max_wal_size = '64MB'", "min_wal_size = '32MB'"):
                self.cluster.rows(f"ALTER SYSTEM SET {setting}")
            self.cluster.rows("SELECT pg_reload_conf()")
            if self._migrated is not None:
                self.cluster.copy_tables(self._migrated)
            self.receiver = stack.enter_context(Receiver())
            self.server = Server(self.cluster.url, self.directory)
            stack.callback(self.server.stop)
            self.server.serve()
            self.world: World = make_world(self.server.environment)
            with self.server.client(self.world.instructor) as client:
                self.receiver.register(client, self.world.course)
            self._closing = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def next_crew(self) -> int:
        """A crew that has done nothing yet."""
        self._crews += 1
        assert self._crews <= len(self.world.crews), "make more crews in tests/faults/world.py"
        return self._crews - 1


@dataclass
class Stage:
    """What a fault strikes, and what it finds by itself."""

    ground: Ground
    load: Load
    findings: list[Finding] = field(default_factory=list)

    @property
    def cluster(self) -> Cluster:
        return self.ground.cluster

    @property
    def server(self) -> Server:
        return self.ground.server


Fault = Callable[[Stage], AbstractContextManager[None]]
"""Strikes and repairs when it is entered, in the midst of the load; what it leaves is looked at afterwards."""


@dataclass(frozen=True)
class Scenario:
    """Fault by its name. `serving` gives the variables of the server that it needs, while it is played."""

    name: str
    fault: Fault
    serving: Callable[[Ground], AbstractContextManager[dict[str, str]]]
    reason_against: Callable[[Ground], str] = lambda _: ""
    """Why it cannot be played on this machine; empty where it can."""
    takes_long: bool = False
    """True for one that takes a minute or more, and so is not played in the suite."""
    most_reads: int = 1
    """Number of times that a saver reads after each note, at most."""
    explains: Collection[str] = OF_FAULTS
    """Codes that clients may be answered with."""


@dataclass(frozen=True)
class Played:
    """Figures of a fault."""

    name: str
    seed: int
    history: History
    findings: list[Finding]
    recovery_seconds: float
    """From the repair until each saver has had an answer to something that was sent after it."""
    reads_by_replicas: int | None
    """None where there are no replicas."""

    @property
    def acknowledged(self) -> int:
        return len(self.history.acknowledged())

    @property
    def breaches(self) -> Counter[str]:
        return Counter(finding.breach for finding in self.findings)


def play(scenario: Scenario, ground: Ground, *, operations: int, seed: int) -> Played:
    """Play a fault between two loads of so many acknowledgements each, and judge what is left."""
    with scenario.serving(ground) as variables:
        ground.server.serve(**variables)
        logged = ground.server.logged
        crew, most_reads = ground.next_crew(), scenario.most_reads
        load = Load(lambda: ground.server.address, ground.world, crew, seed, most_reads=most_reads)
        stage = Stage(ground, load)
        reader = FeedReader(lambda: ground.server.address, ground.world.instructor)
        with ExitStack() as afterwards, reader:
            with load:
                load.wait_for(operations)
                afterwards.enter_context(scenario.fault(stage))
                repaired_at = time.monotonic()
                load.wait_for_everybody()
                recovery = time.monotonic() - repaired_at
                load.wait_for(operations)
            findings = _judged(ground, load, reader, scenario.explains)
        by_replicas = len(reads_by_replicas(ground, logged)) if ground.replicas else None
        return Played(scenario.name, seed, load.history, [*findings, *stage.findings], recovery, by_replicas)


def reads_by_replicas(ground: Ground, since: int) -> list[str]:
    """Return the names of the replicas that have answered a saver since the log had so many bytes."""
    read_from = [
        line.get("read_from", "") for line in ground.server.lines(since) if line.get("operation") == READING
    ]
    return [name for name in read_from if name.startswith("replica")]


def _judged(ground: Ground, load: Load, reader: FeedReader, explained: Collection[str]) -> list[Finding]:
    """Judge once every event was moved, read and sent; or without, when that takes too long."""
    crew = [person.pk for person in load.crew]
    rows = ground.cluster.rows
    _let_leases_end(ground)

    def is_settled() -> bool:
        _let_waiting_tries_come(ground)
        [(waiting,)] = rows(WAITING)
        [(newest,)] = rows("SELECT max(id) FROM courses_event WHERE learner_id = ANY(%s)", crew)
        is_read = newest is None or (reader.read != [] and reader.read[-1].position >= newest)
        return waiting == 0 and is_read

    pause, end = threading.Event(), time.monotonic() + SETTLES_WITHIN_SECONDS
    while not is_settled() and time.monotonic() < end:
        pause.wait(0.05)
    stored = read_stored(rows, crew)
    own = {attempt.pk for attempt in stored.attempts}
    told = Told([event for event in reader.read if event.attempt in own], ground.receiver.received)
    assert ground.receiver.wrong == []
    return judge(load.history, stored, told, ground.world, explained=explained)


def _let_leases_end(ground: Ground) -> None:
    """Have the minute pass for which a worker, that may be dead, has the endpoint to itself."""
    ground.cluster.rows(
        "UPDATE courses_webhookendpoint SET claimed_until = now() WHERE claimed_until > now()"
    )


def _let_waiting_tries_come(ground: Ground) -> None:
    """Have the time pass until what the receiver has refused is tried again."""
    ground.cluster.rows(
        "UPDATE courses_webhookdelivery SET next_try_at = now() WHERE status = 'pending' AND next_try_at > now()"
    )
    ground.cluster.rows("UPDATE courses_webhookendpoint SET paused_until = NULL WHERE paused_until > now()")


def _may_mount() -> bool:
    """Tell if this process may mount a small file system, as root may in most places."""
    if sys.platform != "linux" or shutil.which("mount") is None:
        return False
    directory = tempfile.mkdtemp()
    try:
        mounted = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", directory], capture_output=True)
        if mounted.returncode == 0:
            subprocess.run(["umount", directory], check=True)
        return mounted.returncode == 0
    finally:
        Path(directory).rmdir()


@contextmanager
def as_ever(ground: Ground) -> Iterator[dict[str, str]]:
    """Serve as a deployment does."""
    yield {}
