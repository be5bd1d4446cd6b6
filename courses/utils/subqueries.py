"""Aggregates of rows that belong to a row, as expressions over it."""

from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce


def number_of(rows: QuerySet[Any], by: str) -> Coalesce:
    """Return the number of rows, 0 of none; all of them have the same value of the column `by`."""
    counted = rows.order_by().values(by).values(number=Count("pk"))
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
