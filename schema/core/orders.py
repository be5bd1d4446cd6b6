"""Sort orders by age, which most lists offer, and their filter by change."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum

from django.db.models import Q

from schema.core.connections import NEWEST_FIRST
from schema.dataloaders.paging import OrderTerm

OLDEST_FIRST: tuple[OrderTerm, ...] = tuple(term.reversed() for term in NEWEST_FIRST)


def by_age(orders: Sequence[Enum] | None) -> tuple[OrderTerm, ...]:
    """Return the sort keys of `orders`, members named NEWEST or OLDEST. The first decides; none means NEWEST."""
    return OLDEST_FIRST if orders and orders[0].name == "OLDEST" else NEWEST_FIRST


def changed_since(moment: datetime | None) -> Q:
    """Return a predicate: changed at the moment or later; none for None. Over any rows with timestamps."""
    return Q() if moment is None else Q(updated_date__gte=moment)
