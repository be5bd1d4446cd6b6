"""Base classes of several models: timestamps, and a position among siblings."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models, transaction

from courses.utils.model_helpers import StampField, highest_orders, next_order, saving


class TimeStampedMixin(models.Model):
    """Timestamps of the first and the last write of a row."""

    created_date = StampField(auto_now_add=True, help_text="When it was created.")
    updated_date = StampField(auto_now=True, help_text="When it was last changed.")

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the row in one transaction; a failure of the database is logged."""
        with saving(self):
            super().save(*args, **kwargs)


class OrderedQuerySet(models.QuerySet[Any]):
    """Queryset that numbers rows on bulk inserts as well, which call no `save()`."""

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Insert all, numbering those without an order behind their siblings in the sequence given."""
        rows = list(objs)
        with transaction.atomic(using=self.db):
            self._number(rows)
            return super().bulk_create(rows, *args, **kwargs)

    def _number(self, rows: list[Any]) -> None:
        parent_field = self.model.ordered_within
        siblings: dict[Any, list[Any]] = defaultdict(list)
        for row in rows:
            siblings[getattr(row, f"{parent_field}_id")].append(row)
        highest = highest_orders(self.model, parent_field, list(siblings))
        for parent_id, children in siblings.items():
            last = max([highest[parent_id], *(row.order for row in children if row.order is not None)])
            for row in children:
                if row.order is None:
                    row.order = last = last + 1


class OrderedMixin(models.Model):
    """Position among the children of one parent, counted from 1 and assigned automatically."""

    ordered_within: ClassVar[str]
    """Name of the field that holds the parent."""

    order = models.PositiveIntegerField(
        blank=True,
        help_text="The place among its siblings, counted from 1. Left out, it comes last.",
    )

    objects = OrderedQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Assign the next position under the parent unless the row has one, and save."""
        with transaction.atomic():
            if self.order is None:
                self.order = self.get_next_order()
            super().save(*args, **kwargs)

    def get_next_order(self) -> int:
        """Return the position behind the last sibling; certain only until the transaction around it ends."""
        with transaction.atomic():
            return next_order(self, self.ordered_within)
