"""Helpers of models and mixins: aliases, defaults, order, timestamps, row locks and logging.

Only models and mixins import this module.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import DatabaseError, OperationalError, models, transaction
from django.db.models.functions import Now

from courses.utils.clock import database_now

logger = logging.getLogger("courses.models")


def defaults_to(value: Any) -> dict[str, Any]:
    """Return the arguments of a field that give its column a default, in Python and in the database alike.

    SQL then names only what it sets. A function, such as `dict`, makes the value anew for each instance.
    """
    return {"default": value, "db_default": value() if callable(value) else value}


class AliasField:
    """Alias of another field of the model: one column under two names, which cannot disagree.

    Django already lets a field answer to two names, `name` and `attname` (`author` and `author_id`), in the
    constructor, queries, `only()`, `update()`, `update_fields`, `bulk_update()` and `_meta.get_field()`.
    This gives the target the alias as its `attname`. The target must be declared before it. Migrations
    never see the alias.
    """

    def __init__(self, target: str) -> None:
        self.target = target

    def contribute_to_class(self, model: type[models.Model], name: str) -> None:
        """Register `name` as the alias of the target field of `model`."""
        field: Any = model._meta.get_field(self.target)
        field.attname = name
        setattr(model, name, field.descriptor_class(field))
        setattr(model, field.name, _SameValueAs(name))
        model._meta._expire_cache()  # type: ignore[attr-defined]


class _SameValueAs:
    """Descriptor that reads and writes the attribute `name` of the instance; on the class it is the class's `name`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, instance: models.Model | None, owner: type[models.Model]) -> Any:
        return getattr(owner if instance is None else instance, self.name)

    def __set__(self, instance: models.Model, value: Any) -> None:
        setattr(instance, self.name, value)


class ShapedJSONField(models.JSONField):
    """JSON whose validators see empty values as well: Django lets `[]` pass where an object is wanted.

    Migrations see Django's field.
    """

    empty_values = [None]

    def deconstruct(self) -> Any:
        name, _, arguments, keywords = super().deconstruct()
        return name, "django.db.models.JSONField", arguments, keywords


class StampField(models.DateTimeField):  # type: ignore[type-arg]
    """Timestamp by `auto_now_add` or `auto_now` for rows that are saved, and by a database default for those in SQL.

    None until the row is saved: Django would show an expression. Migrations see Django's field.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"db_default": Now()} | kwargs)

    def get_default(self) -> None:
        return None

    def deconstruct(self) -> Any:
        name, _, arguments, keywords = super().deconstruct()
        return name, "django.db.models.DateTimeField", arguments, keywords


class AddedDateTimeField(models.DateTimeField):  # type: ignore[type-arg]
    """Timestamp of the insert by the database's clock; a moment that the caller already took from there is kept.

    Its column has no default: it says when something happened, which SQL has to name.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> datetime:
        moment: datetime | None = getattr(model_instance, self.attname)
        if add and moment is None:
            moment = database_now()
            setattr(model_instance, self.attname, moment)
        return moment  # type: ignore[return-value]


@contextmanager
def saving(instance: models.Model) -> Iterator[None]:
    """Run a save in one transaction, or as one part of it, however deep the same save is nested. A failure of the
    database is logged, once; a refusal of the domain passes in silence.
    """
    noted = vars(instance._state)
    is_nested = noted.get("is_saving", False)
    noted["is_saving"] = True
    try:
        with transaction.atomic(savepoint=not is_nested):
            yield
    except DatabaseError as error:
        if not hasattr(error, "__notes__"):
            error.add_note(f"while saving {type(instance).__name__}")
            _log(error, type(instance).__name__)
        raise
    finally:
        noted["is_saving"] = is_nested


def _log(error: DatabaseError, name: str) -> None:
    if isinstance(error, OperationalError):
        logger.error("The database could not work while %s was saved: %s", name, error)
    else:
        logger.error("The database refused to save %s: %s", name, error)


def lock(rows: models.QuerySet[Any]) -> int:
    """Lock `rows` until the end of the transaction and return their number.

    The lock is FOR NO KEY UPDATE, so rows that refer to them can be inserted meanwhile. Locking in the
    order of primary keys avoids deadlocks.
    """
    return len(rows.select_for_update(no_key=True, of=("self",)).order_by("pk").only("pk"))


def next_order(instance: models.Model, parent_field: str) -> int:
    """Return one more than the highest `order` under the parent of `instance`, whose row stays locked.

    The parent is locked and not its children: PostgreSQL locks no rows for an aggregate, and there may be
    none yet. The number is only certain inside the transaction that also inserts the row.
    """
    parent_id = getattr(instance, f"{parent_field}_id")
    return highest_orders(type(instance), parent_field, [parent_id])[parent_id] + 1


def highest_orders(model: type[models.Model], parent_field: str, parent_ids: list[Any]) -> dict[Any, int]:
    """Return the highest `order` under each parent, 0 where there are no children; the parents stay locked."""
    parent_model: Any = model._meta.get_field(parent_field).related_model
    lock(parent_model._base_manager.filter(pk__in=parent_ids))
    found = (
        model._base_manager.filter(**{f"{parent_field}__in": parent_ids})
        .order_by()
        .values_list(f"{parent_field}_id")
        .annotate(models.Max("order"))
    )
    return dict.fromkeys(parent_ids, 0) | dict(found)
