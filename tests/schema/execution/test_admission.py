"""How many requests execute at once, how many wait, and what becomes of the others."""

import asyncio
import threading

import httpx
import pytest

from courses.models import User
from schema.application import GraphQLApplication
from schema.execution import request_work
from schema.execution.admission import Admission, Overloaded
from schema.execution.database_threads import database
from tests.factories import make_user
from tests.schema.execution.conftest import wait_until
from tests.schema.network.small_schema import schema


async def until(condition) -> None:
    """Let the others run until `condition` holds."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


def client_of(application: GraphQLApplication) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=application), base_url="http://testserver")


def test_past_the_queue_nobody_is_let_in_and_nobody_in_it_is_lost():
    async def scenario() -> tuple[int, int]:
        admission, may_end, served = Admission(executing=2, waiting=3), asyncio.Event(), []

        async def request() -> None:
            async with admission.place():
                served.append(1)
                await may_end.wait()

        tasks = [asyncio.create_task(request()) for _ in range(5)]
        await until(lambda: admission.waiting == 3)
        executing = len(served)
        with pytest.raises(Overloaded):
            await request()
        may_end.set()
        await asyncio.gather(*tasks)
        return executing, len(served)

    assert asyncio.run(scenario()) == (2, 5)


def test_one_who_stops_waiting_frees_the_place_in_the_queue():
    async def scenario() -> int:
        admission = Admission(executing=1, waiting=1)

        async def request() -> None:
            async with admission.place():
                pass

        async with admission.place():
            waiting = asyncio.create_task(request())
            await until(lambda: admission.waiting == 1)
            waiting.cancel()
            await asyncio.wait([waiting])
            another = asyncio.create_task(request())
            await until(lambda: admission.waiting == 1)
        await another
        return admission.waiting

    assert asyncio.run(scenario()) == 0


def test_a_place_is_kept_until_the_last_job_has_ended_though_its_request_was_cancelled(may_end):
    began = threading.Event()

    def job() -> None:
        began.set()
        may_end.wait()

    async def scenario() -> list[str]:
        admission, history = Admission(executing=1, waiting=1), []

        async def abandoned() -> None:
            request_work.start()
            async with admission.place():
                await database(job)

        async def next_one() -> None:
            async with admission.place():
                history.append("next one is in")

        first = asyncio.create_task(abandoned())
        await asyncio.to_thread(began.wait)
        first.cancel()
        second = asyncio.create_task(next_one())
        await until(lambda: admission.waiting == 1)
        history.append("job ends")
        may_end.set()
        await asyncio.wait([first, second])
        return history

    assert asyncio.run(scenario()) == ["job ends", "next one is in"]


@pytest.mark.usefixtures("real_threads")
def test_past_the_queue_the_answer_is_503_with_retry_after_and_no_field_error(settings, advisory_lock):
    settings.EXECUTING_REQUESTS, settings.WAITING_REQUESTS = 1, 2
    application = GraphQLApplication(schema)
    query = {"query": '{ executeSql(sql: "SELECT pg_advisory_xact_lock(7)::text") }'}

    async def scenario() -> tuple[httpx.Response, list[httpx.Response]]:
        async with client_of(application) as client:
            queued = [asyncio.create_task(client.post("/graphql/", json=query)) for _ in range(3)]
            await until(lambda: application.admission.waiting == 2)
            refused = await client.post("/graphql/", json=query)
            advisory_lock.close()
            return refused, await asyncio.gather(*queued)

    refused, served = asyncio.run(scenario())

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json() == {
        "errors": [
            {
                "message": "The server is busy. Please try again in a moment.",
                "extensions": {"code": "OVERLOADED"},
            }
        ]
    }
    assert [response.status_code for response in served] == [200, 200, 200]


@pytest.mark.usefixtures("real_threads")
def test_past_the_deadline_the_answer_is_504_and_a_mutation_may_have_been_carried_out(
    settings, advisory_lock
):
    settings.REQUEST_DEADLINE_SECONDS = 0.2
    application = GraphQLApplication(schema)
    sql = (
        "WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(7)) "
        "UPDATE courses_user SET email = 'late@example.org' FROM turn RETURNING email"
    )
    mutation = f'mutation {{ executeSql(sql: "{sql}") }}'
    make_user()

    async def scenario() -> httpx.Response:
        async with client_of(application) as client:
            response = await client.post("/graphql/", json={"query": mutation})
            advisory_lock.close()
            return response

    response = asyncio.run(scenario())

    assert response.status_code == 504
    assert response.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
    assert "may have been carried out" in response.json()["errors"][0]["message"]
    wait_until(lambda: User.objects.get().email == "late@example.org")
