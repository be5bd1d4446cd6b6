"""Failover: the primary is stopped, a replica takes its place, and the other one follows on a new timeline.

`DATABASE_URL` names all three and leads to whichever may be written to, so that the server goes on as it is.
"""

from dataclasses import dataclass, field
from uuid import uuid4

import httpx
import pytest

from courses.utils.wal_positions import WalPosition
from schema.core import ids
from tests.faults.playing import Ground
from tests.faults.replicas import (
    CATALOGUE,
    CREATE,
    FIRST,
    NOTES,
    SECOND,
    Answer,
    Readers,
    fail_over,
    make_restart_point,
    wait_until_said,
    with_replicas,
)
from tests.schema.execution.conftest import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.django_db]  # whose tables are copied


@dataclass
class Learner:
    """A learner who writes notes, and of whom every read is compared with them."""

    readers: Readers
    client: httpx.Client
    lesson: str
    notes: dict[str, str] = field(default_factory=dict)
    """Texts by their ids."""

    def write(self, content: str) -> Answer:
        """Send a note with one key until it is acknowledged."""
        answers, key = [], str(uuid4())

        def is_acknowledged() -> bool:
            answers.append(
                self.readers.ask(
                    CREATE,
                    self.client,
                    lessonId=self.lesson,
                    content=content,
                    isPrivate=False,
                    idempotencyKey=key,
                )
            )
            return answers[-1].response.status_code == 200

        wait_until(is_acknowledged, seconds=60)
        payload = answers[-1].data["createNote"]
        assert payload["userErrors"] == []
        self.notes[payload["note"]["id"]] = content
        return answers[-1]

    def reads(self) -> list[str | None]:
        """Who answers eight reads, each of which shows everything."""
        answers = [self.readers.ask(NOTES, self.client) for _ in range(8)]
        for answer in answers:
            edges = answer.data["viewer"]["notes"]["edges"]
            assert {edge["node"]["id"]: edge["node"]["content"] for edge in edges} == self.notes
        return self.readers.read_from(*answers)


def test_learners_read_what_they_wrote_on_both_sides_of_a_failover(ground: Ground) -> None:
    person, stranger, *_ = ground.world.crews[ground.next_crew()]
    lesson = ids.encode("Lesson", ground.world.assessments[0].lesson)
    with (
        with_replicas(ground) as variables,
        ground.server.client(person) as client,
        ground.server.client(stranger) as others,
    ):
        ground.server.serve(**variables)
        readers, (successor, follower) = Readers(ground.server), ground.replicas
        learner = Learner(readers, client, lesson)
        # so that nothing but a restart point tells on which timeline it is
        follower.rows("ALTER SYSTEM SET bgwriter_lru_maxpages = 0")
        follower.rows("SELECT pg_reload_conf()")
        readers.wait_until_read(FIRST)
        readers.wait_until_read(SECOND)
        before = learner.write("before")
        logged = ground.server.logged

        fail_over(ground.cluster, successor, follower)

        after = learner.write("after")
        assert [WalPosition.parse(answer.position).timeline for answer in (before, after)] == [1, 2]
        wait_until_said(ground.server, logged, f"{FIRST} is left out: it is no replica any more")
        wait_until(
            lambda: follower.rows("SELECT 1 FROM courses_note WHERE content = 'after'") == [(1,)], seconds=60
        )
        assert learner.reads() == ["primary-behind"] * 8
        told = [readers.ask(CATALOGUE, after=answer.position) for answer in (before, after)]
        assert readers.read_from(*told) == [SECOND, "primary-behind"]

        def told_positions() -> list[str | None]:
            """Who shows both notes to somebody who has the positions in a header, and in a cookie."""
            shown = []
            for note in learner.notes:
                query = f'{{ node(id: "{note}") {{ ... on Note {{ content }} }} }}'
                for answer in (before, after):
                    others.cookies.clear()
                    shown.append(readers.ask(query, others, after=answer.position))
                    others.cookies.set("read_after", answer.position)
                    shown.append(readers.ask(query, others))
            contents = [answer.data["node"]["content"] for answer in shown]
            assert contents == ["before"] * 4 + ["after"] * 4
            return readers.read_from(*shown)

        assert told_positions() == ["primary-behind"] * 8

        make_restart_point(successor, follower)
        wait_until(lambda: learner.reads() == [SECOND] * 8, seconds=1)
        wait_until(lambda: told_positions() == [SECOND] * 8, seconds=1)
        learner.write("afterwards")
        wait_until(lambda: learner.reads() == [SECOND] * 8, seconds=1)
