"""Minimal schema for tests of HTTP: its fields wait, fail, page, write and stream."""

import itertools
from collections.abc import AsyncGenerator

import strawberry
from django.db import connection

from courses.models import Course
from schema.context import Info
from schema.execution.database_threads import database
from schema.network.extensions import EXTENSIONS, ApiSchema


@strawberry.type
class PageInfo:
    has_next_page: bool = False


@strawberry.type
class Row:
    number: int

    @strawberry.field
    def rows(self, first: int | None = None) -> "RowConnection":
        return RowConnection()


@strawberry.type
class RowEdge:
    node: Row


@strawberry.type
class RowConnection:
    page_info: PageInfo = strawberry.field(default_factory=PageInfo)
    edges: list[RowEdge] = strawberry.field(default_factory=list)


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you") -> str:
        return f"hello {name}"

    @strawberry.field
    def viewer_name(self, info: Info) -> str | None:
        return info.context.viewer.username if info.context.viewer else None

    @strawberry.field
    def address(self, info: Info) -> str | None:
        return info.context.ip_address

    @strawberry.field
    def bug(self) -> str | None:
        raise KeyError("the secret of the house")

    @strawberry.field
    def wrong_type(self) -> int | None:
        return "no number"  # type: ignore[return-value]

    @strawberry.field
    def rows(self, first: int | None = None, last: int | None = None) -> RowConnection:
        return RowConnection()

    @strawberry.field
    def nodes(self, ids: list[strawberry.ID]) -> list[Row]:
        return [Row(number=number) for number, _ in enumerate(ids)]

    @strawberry.field
    async def execute_sql(self, sql: str) -> str | None:
        return await database(run_sql, sql)

    @strawberry.field
    async def course_count(self) -> int:
        return await database(Course.objects.count)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self, by: int = 1) -> int:
        return by

    @strawberry.mutation
    async def execute_sql(self, sql: str) -> str | None:
        return await database(run_sql, sql)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count_to(self, last: int) -> AsyncGenerator[int, None]:
        for number in range(1, last + 1):
            yield number

    @strawberry.subscription
    async def repeat(self, text: str, times: int) -> AsyncGenerator[str, None]:
        while True:
            yield text * times

    @strawberry.subscription
    async def news_of(self, info: Info, topic: str) -> AsyncGenerator[int, None]:
        async with info.context.listener.subscribed(topic, holder=topic) as subscriber:
            yield 0
            for count in itertools.count(1):
                assert await subscriber.turn(seconds=60)
                if info.context.listener.has_ended:
                    return
                yield count

    @strawberry.subscription
    async def fails(self) -> AsyncGenerator[int, None]:
        yield 1
        raise KeyError("the secret of the house")


def run_sql(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return str(cursor.fetchone()[0])


schema = ApiSchema(Query, Mutation, Subscription, extensions=EXTENSIONS)
