"""Rate limits by token bucket: every operation draws its cost before it is executed.

A person has one bucket, for all sessions and tokens; a partner has one for each person; anonymous requests share that
of their network address.
"""

from datetime import datetime
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import strawberry
from django.conf import settings

from courses.constants import Scope
from courses.services.cost_buckets import Draw
from schema.context import Info
from schema.core.queries import query

_IPV6_NETWORK_BITS = 64
"""Least allocation of a customer of a provider: to limit each address of it would limit nothing."""


class RateLimited(Exception):  # noqa: N818 - being refused is no error
    """The bucket holds fewer points than the operation costs."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        super().__init__(
            f"This costs {draw.points} points, and {draw.remaining} of {draw.size} are left. "
            f"Please try again in {draw.granted_after_seconds} s, or ask for less."
        )


@lru_cache(maxsize=1024)
def bucket_of_address(address: str | None) -> str:
    """Return the bucket of anonymous requests from an IPv4 address, or from the network of an IPv6 address."""
    parsed = ip_address(address) if address else None
    if isinstance(parsed, IPv6Address):
        return f"address:{ip_network((parsed, _IPV6_NETWORK_BITS), strict=False)}"
    return f"address:{parsed or 'unknown'}"


def facts_of(draw: Draw) -> dict[str, Any]:
    """Return the state of the bucket for `extensions.cost`."""
    return {
        "limit": draw.size,
        "remaining": draw.remaining,
        "restoreRate": draw.rate,
    }


def headers_of(draw: Draw) -> dict[str, str]:
    """Return `RateLimit` and `RateLimit-Policy` of the IETF's draft; none when nothing is limited."""
    if not settings.RATE_LIMIT:
        return {}
    return {
        "RateLimit-Policy": f'"points";q={draw.size};w={-(-draw.size // draw.rate)}',
        "RateLimit": f'"points";r={draw.remaining};t={draw.full_after_seconds}',
    }


@strawberry.type(
    description="State of the viewer's rate limit: a bucket of points from which each request pays its cost, "
    "refilled at a constant rate (token bucket)."
)
class RateLimit:
    limit: int = strawberry.field(description="Capacity of the bucket, in points.")
    remaining: int = strawberry.field(description="Points left in the bucket after paying for this request.")
    cost: int = strawberry.field(description="Cost of this request, in points.")
    reset_at: datetime = strawberry.field(
        description="Time at which the bucket is full again if no further request is made."
    )


@strawberry.type
class RateLimitQuery:
    @query(
        scope=Scope.COURSES_READ,
        description="Rate limit of the viewer: the points left, and the cost of this request.",
    )
    def rate_limit(info: Info) -> RateLimit:
        draw = info.context.draw
        return RateLimit(
            limit=draw.size,
            remaining=draw.remaining,
            cost=draw.points,
            reset_at=draw.full_at,
        )
