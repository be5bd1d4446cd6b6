"""Scalars beyond those that GraphQL and Strawberry have."""

from datetime import UTC, datetime
from typing import NewType

import strawberry
from graphql import GraphQLError

BigInt = NewType("BigInt", int)
"""A whole number that may be larger than GraphQL's Int, written as a number."""

BIG_INT = strawberry.scalar(
    name="BigInt",
    description="A whole number that may be beyond 32 bits, written as a JSON number.",
    serialize=int,
    parse_value=int,
)


def _moment(value: object) -> datetime:
    """The moment that a client names, in UTC: PostgreSQL refuses some offsets that ISO 8601 allows."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError("Write a date with a time and its offset from UTC, like 2030-01-31T12:00:00Z.")


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="Date with time (isoformat)",
    serialize=datetime.isoformat,
    parse_value=_moment,
)
