"""Custom scalars: BigInt, DateTime, Decimal."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NewType

import strawberry
from graphql import FloatValueNode, GraphQLError, IntValueNode, StringValueNode, ValueNode

from courses.rules.numbers import as_number

BigInt = NewType("BigInt", int)
"""Integer beyond the 32 bits of GraphQL's Int, serialised as a JSON number."""

BIG_INT = strawberry.scalar(
    name="BigInt",
    description="Whole number beyond the 32 bits of Int, as a JSON number without fraction or exponent.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc8259#section-6",
    serialize=int,
    parse_value=int,
)


def _in_its_place(
    parse_value: Callable[[object], Any],
) -> Callable[[ValueNode, Mapping[str, Any] | None], Any]:
    """Return a literal parser that applies `parse_value`; its errors have the location in the document."""

    def parse_literal(node: ValueNode, _variables: Mapping[str, Any] | None = None) -> Any:
        text = node.value if isinstance(node, StringValueNode | IntValueNode | FloatValueNode) else None
        try:
            return parse_value(text)
        except GraphQLError as error:
            raise GraphQLError(error.message, node) from None

    return parse_literal


def _moment(value: object) -> datetime:
    """Parse an ISO 8601 date-time to UTC: PostgreSQL refuses some offsets that ISO 8601 allows."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise GraphQLError("Write a date with a time and its offset from UTC, like 2030-01-31T12:00:00Z.")


DATE_TIME = strawberry.scalar(
    name="DateTime",
    description="Moment in time, such as 2030-01-31T12:00:00+00:00 (RFC 3339, a profile of ISO 8601). "
    "Results are in UTC, with up to six decimals of a second; inputs need an offset from UTC, "
    "and any is accepted.",
    specified_by_url="https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    serialize=datetime.isoformat,
    parse_value=_moment,
    parse_literal=_in_its_place(_moment),
)


def _decimal(value: object) -> Decimal:
    """Parse a decimal number, given as a string or a JSON number; -0 becomes 0."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    number = as_number(str(value)) if is_number or isinstance(value, str) else None
    if number is None:
        raise GraphQLError(
            'Write a decimal number like "12.5": with at most 60 digits on either side of the point, and at most '
            "three in an exponent."
        )
    return number or abs(number)


DECIMAL = strawberry.scalar(
    name="Decimal",
    description='Exact decimal number, as text in fixed-point notation such as "12.50" (XML Schema decimal). '
    "Inputs may also be JSON numbers, or have an exponent.",
    specified_by_url="https://www.w3.org/TR/xmlschema11-2/#decimal",
    serialize="{:f}".format,
    parse_value=_decimal,
    parse_literal=_in_its_place(_decimal),
)
