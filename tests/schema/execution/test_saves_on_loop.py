"""Saves in the sessions of the event loop: the same as on a thread, and a thread's wherever anything is in the way."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg2
import pytest
from asgiref.sync import async_to_sync
from django.db import OperationalError, connection

from courses.constants import AttemptEnd, Scope
from courses.models import AccessToken, AssessmentAttempt, IdempotencyKey, Question
from courses.services.attempts import start_attempt
from schema.application import GraphQLApplication
from schema.context import Context
from schema.core import ids
from schema.core.compiled_reads import ShortWrite
from schema.execution.read_sessions import ReadSessions, Session
from schema.root import schema
from tests import factories
from tests.pgbouncer import PGBOUNCER
from tests.schema.execution.conftest import connecting_with, other_sessions, wait_until
from tests.taking import let_time_run_out

SAVE = """mutation Save($input: SubmitAnswersInput!) { submitAnswers(input: $input) {
    attempt { revision answeredCount } userErrors { code message field } } }"""

SECRET = "cat_" + "s" * 40

pytestmark = [pytest.mark.compiled, pytest.mark.usefixtures("real_threads", "empty_buckets")]


class Client:
    """A program of a learner who works at an attempt with one open question."""

    def __init__(self) -> None:
        assessment = factories.make_assessment()
        self.question: Question = factories.short_answer(assessment, "right")
        self.learner = factories.make_learner(assessment.lesson.course)
        self.token: AccessToken = factories.make_access_token(self.learner, SECRET, scopes=list(Scope))
        self.attempt = start_attempt(learner=self.learner, assessment_id=assessment.pk).attempt
        for _ in range(2):  # the first makes the document known, the second what the token is
            self.save("warm")

    def input(self, text: str, **others: Any) -> dict[str, Any]:
        answer = {"questionId": ids.encode("Question", self.question.pk), "response": {"text": text}}
        return {"attemptId": ids.encode("AssessmentAttempt", self.attempt.pk), "answers": [answer], **others}

    def save(self, *texts: str, **others: Any) -> list[httpx.Response]:
        """Save the texts at the same time, by one application; return its responses."""

        async def all_of_them() -> list[httpx.Response]:
            application = GraphQLApplication(schema)
            transport = httpx.ASGITransport(app=application)
            headers = {"Authorization": f"Bearer {SECRET}", "Accept": "application/graphql-response+json"}
            async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
                bodies = [
                    {"query": SAVE, "variables": {"input": self.input(text, **others)}} for text in texts
                ]
                asked = [client.post("/graphql/", json=body, headers=headers) for body in bodies]
                responses = await asyncio.gather(*asked)
            await application.shut_down()
            return responses

        return async_to_sync(all_of_them)()

    @property
    def stored(self) -> tuple[int, str]:
        """The revision of the attempt, and the text that is stored."""
        attempt = AssessmentAttempt.objects.get(pk=self.attempt.pk)
        [answer] = attempt.answers.all()
        return attempt.revision, answer.text_answer


@pytest.fixture
def client(real_threads: None, settings: Any) -> Client:
    settings.RATE_LIMIT, settings.RATE_LIMIT_RESTORED_PER_SECOND = True, 1
    return Client()


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """For each mutation that the event loop tried, whether it answered."""
    tried: list[bool] = []
    carry_out = ShortWrite.carry_out

    async def noted(self: ShortWrite, context: Context, session: Session) -> bytes | None:
        data = await carry_out(self, context, session)
        tried.append(data is not None)
        return data

    monkeypatch.setattr(ShortWrite, "carry_out", noted)
    return tried


@pytest.fixture
def locked(client: Client) -> Iterator[psycopg2.extensions.connection]:
    """A session that has the attempt locked, until it is rolled back."""
    session = psycopg2.connect(**connection.get_connection_params() | {"cursor_factory": None})
    session.cursor().execute(
        "SELECT FROM courses_assessmentattempt WHERE id = %s FOR UPDATE", [client.attempt.pk]
    )
    yield session
    session.close()


def payload_of(response: httpx.Response) -> Any:
    return response.json()["data"]["submitAnswers"]


def waiting_for_a_lock() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND state = 'active'")
        return [pid for (pid,) in cursor.fetchall()]


def spent() -> float:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(spent) FROM courses_costbucket")
        return float(cursor.fetchone()[0])


# ---------------------------------------------------------------- the same as on a thread


def test_a_save_needs_no_thread(client: Client, kept: list[bool], opened_sessions: list[int]) -> None:
    [response] = client.save("by the loop")
    assert payload_of(response) == {"attempt": {"revision": 2, "answeredCount": 1}, "userErrors": []}
    assert client.stored == (2, "by the loop")
    assert (kept, opened_sessions) == ([True], [])


def test_it_answers_what_a_thread_answers(client: Client, kept: list[bool], settings: Any) -> None:
    [by_loop] = client.save("one")
    settings.READ_SESSIONS = 0
    [by_thread] = client.save("one")
    assert (by_loop.json()["data"], kept) == (by_thread.json()["data"], [True])
    assert {*by_loop.json()["extensions"]["cost"]} == {*by_thread.json()["extensions"]["cost"]}
    assert {*by_loop.headers} == {*by_thread.headers}


def test_it_is_four_strings_of_which_two_are_the_transaction(
    client: Client, kept: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[list[str]] = []
    answer = Session._answer

    async def noted(self: Session, text: str, values: Any) -> Any:
        words = [each.split()[0] for each in text.split("; ")]
        sent.append([word for word in words if word != "PREPARE"])
        return await answer(self, text, values)

    monkeypatch.setattr(Session, "_answer", noted)
    client.save("by the loop")
    transaction = [["BEGIN", "SET", "EXECUTE", "EXECUTE"], ["EXECUTE", "COMMIT"]]
    assert (sent[-4:], kept) == ([["EXECUTE"], *transaction, ["EXECUTE"]], [True])


def test_of_savers_at_the_same_time_each_makes_a_revision(client: Client, kept: list[bool]) -> None:
    texts = [f"text {number}" for number in range(12)]
    shown = [payload_of(response)["attempt"]["revision"] for response in client.save(*texts)]
    revision, text = client.stored
    assert (revision, max(shown), text in texts, True in kept) == (13, 13, True, True)


# ---------------------------------------------------------------- whatever is in the way


def test_a_refusal_is_told_by_a_thread_and_paid_for_once(
    client: Client, kept: list[bool], settings: Any
) -> None:
    before = spent()
    client.save("by the loop")
    cost = spent() - before
    [response] = client.save("stale", baseRevision=0)
    assert [error["code"] for error in payload_of(response)["userErrors"]] == ["STALE_REVISION"]
    assert payload_of(response)["attempt"] is None
    assert (client.stored, kept) == ((2, "by the loop"), [True, False])
    assert round((spent() - before) / cost) == 2  # some of it is restored meanwhile


def test_an_attempt_whose_time_is_over_is_closed_by_a_thread(client: Client, kept: list[bool]) -> None:
    let_time_run_out(client.attempt)
    [response] = client.save("late")
    assert [error["code"] for error in payload_of(response)["userErrors"]] == ["TIME_EXPIRED"]
    client.attempt.refresh_from_db()
    assert (client.attempt.ended_by, client.stored, kept) == (AttemptEnd.TIMER, (1, "warm"), [False])


def test_one_with_a_key_is_remembered_by_a_thread(client: Client, kept: list[bool]) -> None:
    for _ in range(2):
        [response] = client.save("once", idempotencyKey="k" * 20)
        assert payload_of(response)["attempt"]["revision"] == 2
    assert (client.stored, kept, IdempotencyKey.objects.count()) == ((2, "once"), [], 1)


def test_one_with_a_key_that_is_refused_is_told_so(client: Client, kept: list[bool]) -> None:
    [response] = client.save("lost", idempotencyKey="short")
    assert [error["field"] for error in payload_of(response)["userErrors"]] == [["idempotencyKey"]]
    assert (client.stored, kept) == ((1, "warm"), [])


def test_a_token_that_was_revoked_writes_nothing(client: Client, kept: list[bool]) -> None:
    AccessToken.objects.update(revoked_at=client.attempt.start_time)
    [response] = client.save("lost")
    assert response.status_code == 401
    assert (client.stored, kept) == ((1, "warm"), [])


def test_a_token_that_has_lost_the_scope_writes_nothing(client: Client, kept: list[bool]) -> None:
    AccessToken.objects.update(scopes=["attempts:read"])
    [response] = client.save("lost")
    assert [error["code"] for error in payload_of(response)["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert (client.stored, kept) == ((1, "warm"), [])


def test_a_bucket_without_enough_points_refuses_before_anything_is_written(
    client: Client, kept: list[bool], settings: Any
) -> None:
    settings.RATE_LIMIT_POINTS = settings.RATE_LIMIT_RESTORED_PER_SECOND = 1
    [response] = client.save("lost")
    assert response.status_code == 429
    assert (client.stored, kept) == ((1, "warm"), [])


def test_where_replicas_are_read_a_thread_notes_the_write(
    client: Client, kept: list[bool], settings: Any
) -> None:
    settings.REPLICAS = ["default"]
    [response] = client.save("by a thread")
    assert (bool(response.headers["x-read-after"]), client.stored, kept) == (True, (2, "by a thread"), [])


def test_whoever_has_to_wait_for_a_lock_waits_on_a_thread(
    client: Client, kept: list[bool], locked: psycopg2.extensions.connection
) -> None:
    responses: list[httpx.Response] = []
    saver = threading.Thread(target=lambda: responses.extend(client.save("after the lock")))
    saver.start()
    wait_until(lambda: kept == [False] and bool(waiting_for_a_lock()))
    locked.rollback()
    saver.join()
    assert payload_of(responses[0])["attempt"]["revision"] == 2
    assert client.stored == (2, "after the lock")


@pytest.mark.parametrize("ending", ["EXECUTE", "COMMIT"], ids=["before it writes", "when it commits"])
def test_a_session_that_is_lost_leaves_nothing_half_written(
    client: Client, kept: list[bool], monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    table = Session.table

    async def losing(self: Session, text: str, values: Any) -> Any:
        if text.rpartition("; ")[2].startswith(ending):
            monkeypatch.setattr(Session, "table", table)
            self._connection.close()
            raise OperationalError("the session was lost")
        return await table(self, text, values)

    monkeypatch.setattr(Session, "table", losing)
    [response] = client.save("lost")
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    assert (client.stored, kept) == ((1, "warm"), [False])
    client.save("again")
    assert client.stored == (2, "again")


def test_a_write_that_fails_is_rolled_back_and_carried_out_by_a_thread(
    client: Client, kept: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Session.table

    async def failing(self: Session, text: str, values: Any) -> Any:
        if text.endswith("COMMIT"):
            monkeypatch.setattr(Session, "table", table)
            text = text.replace("COMMIT", "SELECT 1 / 0; COMMIT")
        return await table(self, text, values)

    monkeypatch.setattr(Session, "table", failing)
    [response] = client.save("by a thread")
    assert payload_of(response)["attempt"]["revision"] == 2
    assert (client.stored, kept) == ((2, "by a thread"), [False])


@pytest.mark.skipif(PGBOUNCER is None, reason="2026-11-28: PgBouncer is not everywhere (Debian: pgbouncer)")
def test_behind_a_pooler_that_shares_sessions_nothing_is_mixed_up(
    client: Client, kept: list[bool], pooler: dict[str, str]
) -> None:
    texts = [f"text {number}" for number in range(12)]
    with connecting_with(**pooler):
        shown = [payload_of(response)["attempt"]["revision"] for response in client.save(*texts)]
    revision, text = client.stored
    assert (revision, max(shown), text in texts, True in kept) == (13, 13, True, True)
    assert _in_transaction() == []


def test_a_transaction_that_is_given_up_leaves_no_session_in_it() -> None:
    async def give_up(session: Session) -> None:
        await session.begin()
        await session.table("BEGIN; SELECT txid_current()", [])
        raise asyncio.CancelledError

    async def scenario() -> bool:
        sessions = ReadSessions(1)
        with pytest.raises(asyncio.CancelledError):
            await sessions.using(give_up)
        await sessions.stop()
        return True

    connection.ensure_connection()
    assert async_to_sync(scenario)()
    wait_until(lambda: _in_transaction() == [])


def _in_transaction() -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
        return [pid for (pid,) in cursor.fetchall() if pid in other_sessions()]
