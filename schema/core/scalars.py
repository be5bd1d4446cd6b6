"""Scalars beyond those that GraphQL and Strawberry have."""

from typing import NewType

import strawberry

BigInt = NewType("BigInt", int)
"""A whole number that may be larger than GraphQL's Int, written as a number."""

BIG_INT = strawberry.scalar(
    name="BigInt",
    description="A whole number that may be beyond 32 bits, written as a JSON number.",
    serialize=int,
    parse_value=int,
)
