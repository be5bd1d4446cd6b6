"""What asking costs: the bucket of whoever asks, in the answers, the headers and the refusals."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings as django_settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.dateparse import parse_datetime

from config.background import CHORES
from courses.constants import Scope
from courses.models import User
from courses.services.cost_buckets import Draw
from courses.utils import sql
from schema.context import Context, Identity
from schema.documents import reading
from schema.documents.reading import forget_documents
from schema.network.rate_limits import bucket_of_address
from schema.root import schema
from tests.factories import make_access_token, make_user
from tests.schema.network.test_authentication import bearer, session_of, with_session
from tests.schema.network.test_limits import nested_rows
from tests.schema.network.test_websocket import Socket, conversation  # noqa: F401 - a fixture

SIZE, RATE = 1_000, 10
ADDRESS = "address:203.0.113.9"
TEN = "mutation { change }"
FULL = 0


@pytest.fixture(autouse=True)
def _small_bucket(db: None, settings: Any) -> None:
    """Everybody pays; in the transaction of a test the database's clock stands still, and nothing flows back.

    Django does not know the table of the buckets, so those of tests that commit are still there.
    """
    sql.execute("DELETE FROM courses_costbucket")
    settings.RATE_LIMIT = True
    settings.RATE_LIMIT_POINTS, settings.RATE_LIMIT_RESTORED_PER_SECOND = SIZE, RATE


def fill(owner: str, spent: int) -> None:
    """Set what was drawn from a bucket."""
    sql.execute(
        "INSERT INTO courses_costbucket VALUES (%(owner)s, %(spent)s, TRUE, now())"
        " ON CONFLICT (owner) DO UPDATE SET spent = excluded.spent, measured_at = now()",
        owner=owner,
        spent=spent,
    )


def spent() -> dict[str, int]:
    """What was drawn from each bucket."""
    return {row.owner: int(row.spent) for row in sql.fetch("SELECT owner, spent FROM courses_costbucket")}


def test_an_answer_says_what_it_cost_and_what_is_left(post: Any) -> None:
    post("{ hello }")

    response = post(TEN)

    assert response.json()["extensions"]["cost"] == {
        "requested": 10,
        "limit": SIZE,
        "remaining": SIZE - 11,
        "restoreRate": RATE,
    }
    assert response.headers["ratelimit-policy"] == '"points";q=1000;w=100'
    assert response.headers["ratelimit"] == '"points";r=989;t=2'
    assert "retry-after" not in response.headers


def test_an_empty_bucket_is_429_and_nothing_is_executed(post: Any) -> None:
    fill(ADDRESS, SIZE - 9)

    response = post('mutation { executeSql(sql: "INSERT INTO courses_user DEFAULT VALUES") }')

    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"
    assert response.headers["ratelimit"] == '"points";r=9;t=100'
    assert response.json() == {
        "errors": [
            {
                "message": "This costs 10 points, and 9 of 1000 are left. "
                "Please try again in 1 s, or ask for less.",
                "extensions": {"code": "RATE_LIMITED"},
            }
        ],
        "extensions": {"cost": {"requested": 10, "limit": SIZE, "remaining": 9, "restoreRate": RATE}},
    }
    assert not User.objects.exists()


def test_retry_after_is_when_the_same_request_is_granted(post: Any) -> None:
    query = "{ rows(first: 100) { edges { node { number } } } }"  # 301 points
    fill(ADDRESS, SIZE)

    refused = post(query)

    assert refused.headers["retry-after"] == "31"
    fill(ADDRESS, SIZE - 31 * RATE)
    assert post(query).status_code == 200


def test_a_refusal_has_the_media_type_that_was_asked_for_and_is_429_in_both(post: Any) -> None:
    fill(ADDRESS, SIZE)

    for accept in ("application/json", "application/graphql-response+json"):
        response = post("{ hello }", accept=accept)
        assert (response.status_code, response.headers["content-type"]) == (429, accept)


def test_who_is_not_signed_in_pays_by_address(post: Any, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["203.0.113.9"]

    post("{ hello }", headers={"X-Forwarded-For": "198.51.100.1"})
    post(TEN, headers={"X-Forwarded-For": "6.6.6.6, 198.51.100.2"})

    assert spent() == {"address:198.51.100.1": 1, "address:198.51.100.2": 10}


def test_a_made_up_address_has_no_bucket_of_its_own(post: Any) -> None:
    post("{ hello }", headers={"X-Forwarded-For": "198.51.100.1"})

    assert spent() == {ADDRESS: 1}


@pytest.mark.parametrize(
    ("address", "bucket"),
    [
        ("198.51.100.1", "address:198.51.100.1"),
        ("2001:db8:1:2::1", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "address:2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "address:2001:db8:1:3::/64"),
        (None, "address:unknown"),
    ],
)
def test_an_ipv6_network_of_one_customer_shares_a_bucket(address: str | None, bucket: str) -> None:
    assert bucket_of_address(address) == bucket


def test_all_sessions_and_tokens_of_a_person_draw_from_one_bucket(post: Any) -> None:
    person = make_user()
    secrets = ["cat_" + letter * 30 for letter in "ab"]
    for secret in secrets:
        make_access_token(person, secret)

    for secret in secrets:
        post("{ hello }", headers=bearer(secret))
    post("{ hello }", headers=with_session(session_of(person), **{"GraphQL-Preflight": "1"}))

    assert spent() == {f"user:{person.pk}": 3}


def test_the_empty_bucket_of_one_person_does_not_matter_to_another_at_the_same_address(post: Any) -> None:
    greedy, modest = make_user(), make_user()
    make_access_token(greedy, "cat_" + "a" * 30)
    make_access_token(modest, "cat_" + "b" * 30)
    fill(f"user:{greedy.pk}", SIZE)
    fill(ADDRESS, SIZE)

    assert post("{ hello }", headers=bearer("cat_" + "a" * 30)).status_code == 429
    assert post("{ hello }", headers=bearer("cat_" + "b" * 30)).status_code == 200


def test_bad_tokens_are_paid_by_their_address(post: Any) -> None:
    fill(ADDRESS, SIZE - 1)

    statuses = [post("{ hello }", headers=bearer("cat_" + "x" * 30)).status_code for _ in range(2)]

    assert statuses == [401, 429]


@pytest.mark.parametrize(
    "query", ["{ hello", "{ nothing }", "query A { hello } query B { hello }", nested_rows(2, first=100)]
)
def test_what_is_refused_for_what_it_is_costs_a_single_point(post: Any, query: str) -> None:
    post(query)

    assert spent() == {ADDRESS: 1}


# ---------------------------------------------------------------- reading documents


def aliases(count: int) -> str:
    return "{ " + " ".join(f"a{number}: hello" for number in range(count)) + " }"


def points_for_reading(count: int, spaces: int = 0) -> int:
    """What `aliases(count)` costs to read: its text, its tokens, its fields, and what stands around them."""
    text = aliases(count)
    spelled = len(text) + count  # a space before each colon
    tokens = 3 * count + 2
    steps = (len(text) + spaces) // 25 + spelled + 6 * tokens + 35 * (count + 1) + 2 * 12
    return (steps - 2_000) // 100


def test_reading_a_document_that_is_not_known_is_paid_by_its_size_and_a_known_one_is_not(post: Any) -> None:
    forget_documents()

    first, second, respaced = (post(aliases(50).replace(" ", gap)) for gap in ("  ", " ", "\n"))

    costs = [answer.json()["extensions"]["cost"] for answer in (first, second, respaced)]
    assert [cost["requested"] for cost in costs] == [50, 50, 50]
    assert [cost["remaining"] for cost in costs] == [
        SIZE - left - points_for_reading(50) for left in (50, 100, 150)
    ]


def test_a_refused_document_draws_what_refusing_it_took(post: Any) -> None:
    forget_documents()
    syntax = "{ " + "hello " * 600 + "(" + " }"

    for _ in range(2):
        post(syntax)

    steps = len(syntax) // 25 + len(syntax) + 6 * 603
    assert spent() == {ADDRESS: 2 + (steps - 2_000) // 100}


def test_errors_are_paid_as_well(post: Any) -> None:
    forget_documents()
    few, many = "{ nothing }", "{ " + " ".join(f"nothing{number}" for number in range(100)) + " }"

    post(few)
    assert spent() == {ADDRESS: 1}
    post(many)

    size = len(many) // 25 + len(many) + 6 * 102 + 35 * 101 + 2 * 12
    assert spent() == {ADDRESS: 2 + (size + 20 * (size // 8) + 1_500 - 2_000) // 100}


def test_a_quarter_of_a_megabyte_of_white_space_is_paid_though_the_document_is_known(post: Any) -> None:
    post("{ hello }")
    fill(ADDRESS, 0)

    post("{ hello }" + " " * 250_000)

    assert spent() == {ADDRESS: 1 + (250_009 // 25 - 2_000) // 100}


def test_nobody_with_an_empty_bucket_has_a_document_read(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_documents()
    fill(ADDRESS, SIZE)
    read = []
    monkeypatch.setattr(reading, "_read", lambda *given: read.append(given))

    answers = [post(aliases(300)), post("subscription " + aliases(300), accept="text/event-stream")]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert read == []


def test_over_websocket_reading_is_paid_too(conversation: Callable[..., None]) -> None:  # noqa: F811
    forget_documents()

    async def talk(socket: Socket) -> None:
        await socket.opened()
        answer = await socket.ask(aliases(50) + " " * 100_000)
        assert answer["payload"]["extensions"]["cost"]["remaining"] == SIZE - 51 - points

    points = points_for_reading(50, spaces=100_000)
    conversation(talk)
    assert spent() == {ADDRESS: 51 + points}


def test_over_websocket_nobody_with_an_empty_bucket_has_a_document_read(
    conversation: Callable[..., None],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forget_documents()
    read = []
    monkeypatch.setattr(reading, "_read", lambda *given: read.append(given))

    async def talk(socket: Socket) -> None:
        await socket.opened()
        await sync_to_async(fill)(ADDRESS, SIZE)
        refused = await socket.ask(aliases(300))
        assert refused["payload"][0]["extensions"]["code"] == "RATE_LIMITED"

    conversation(talk)
    assert read == []


def test_paying_takes_one_statement(post: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        post("{ hello }")

    assert len(queries) == 1


def test_switched_off_nobody_pays_and_nothing_else_changes(post: Any, settings: Any) -> None:
    settings.RATE_LIMIT = False
    fill(ADDRESS, SIZE)

    response = post(TEN)

    assert response.json()["data"] == {"change": 1}
    assert response.json()["extensions"]["cost"] == {
        "requested": 10,
        "limit": SIZE,
        "remaining": SIZE,
        "restoreRate": RATE,
    }
    assert "ratelimit" not in response.headers
    assert post(nested_rows(2, first=100)).json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"


@pytest.mark.slow
@pytest.mark.parametrize(("variable", "is_limited"), [("off", "False"), ("on", "True"), (None, "True")])
def test_one_variable_of_the_environment_switches_it_off(
    tmp_path: Any, variable: str | None, is_limited: str
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "COURSES_RATE_LIMIT"}
    environment |= {"COURSES_DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://nobody@localhost/none"}
    if variable is not None:
        environment["COURSES_RATE_LIMIT"] = variable
    program = "from config import settings; print(settings.RATE_LIMIT, settings.RATE_LIMIT_POINTS)"

    said = subprocess.run(
        [sys.executable, "-c", program],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert said.stdout.split() == [is_limited, "50000"]


def test_a_subscription_as_an_event_stream_is_paid_when_it_begins(post: Any) -> None:
    post("subscription { countTo(last: 3) }", accept="text/event-stream")

    assert spent() == {ADDRESS: 1}
    fill(ADDRESS, SIZE)
    assert post("subscription { countTo(last: 3) }", accept="text/event-stream").status_code == 429


def test_over_websocket_each_operation_and_the_connection_are_paid(conversation: Callable[..., None]) -> None:  # noqa: F811
    async def talk(socket: Socket) -> None:
        await socket.opened()
        await socket.ask("subscription { countTo(last: 1) }")
        await socket.message()
        answer = await socket.ask(TEN, id="2")

        assert answer["payload"]["extensions"]["cost"]["remaining"] == SIZE - 12

    conversation(talk)
    assert spent() == {ADDRESS: 1 + 1 + 10}


def test_over_websocket_an_empty_bucket_refuses_the_operation_and_leaves_the_connection_open(
    conversation: Callable[..., None],  # noqa: F811
) -> None:
    fill(ADDRESS, SIZE - 5)

    async def talk(socket: Socket) -> None:
        await socket.opened()
        refused = await socket.ask(TEN)
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "RATE_LIMITED")
        assert (await socket.ask("{ hello }"))["payload"]["data"] == {"hello": "hello you"}

    conversation(talk)


def test_over_websocket_nobody_with_an_empty_bucket_opens_a_connection(
    conversation: Callable[..., None],  # noqa: F811
) -> None:
    fill(ADDRESS, SIZE)

    async def talk(socket: Socket) -> None:
        await socket.event()
        await socket.send({"type": "connection_init"})
        assert await socket.closed() == 1013

    conversation(talk)


def test_full_buckets_are_forgotten_by_the_server_itself() -> None:
    chore = next(each for each in CHORES if each.name == "forget full cost buckets")
    fill("gone", FULL)
    fill("used", 5)

    assert chore.work() == 1
    assert spent() == {"used": 5}


# ---------------------------------------------------------------- the root field

RATE_LIMIT = "{ rateLimit { limit remaining cost resetAt } }"


def ask_rate_limit(context: Context) -> Any:
    return async_to_sync(schema.execute)(RATE_LIMIT, context_value=context)


def test_the_root_field_says_what_this_request_has_left() -> None:
    draw = Draw(points=5, spent=SIZE // 2)

    answer = ask_rate_limit(Context(draw=draw))

    assert answer.errors is None
    reset_at = parse_datetime(answer.data["rateLimit"].pop("resetAt"))
    assert answer.data == {"rateLimit": {"limit": SIZE, "remaining": SIZE // 2, "cost": 5}}
    assert reset_at == draw.measured_at + timedelta(seconds=50)


def test_the_root_field_needs_the_basic_scope() -> None:
    person = make_user()

    refused = ask_rate_limit(Context(Identity(person, frozenset({Scope.NOTES_WRITE}))))
    answered = ask_rate_limit(Context(Identity(person, frozenset({Scope.COURSES_READ}))))

    assert [error.extensions["code"] for error in refused.errors] == ["TOKEN_SCOPE_MISSING"]
    assert answered.errors is None
