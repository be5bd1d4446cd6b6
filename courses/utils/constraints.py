"""Conditions of the models' CHECK constraints: ranges, state pairs, shapes of JSON."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import IntegrityError
from django.db.models import BooleanField, CharField, CheckConstraint, F, Func, Q, Value
from django.db.models.lookups import Exact

from courses.rules.words import VISIBLE


@dataclass(frozen=True)
class Range:
    """Range of a numeric column, both ends included; NULL passes.

    Its validators and its CHECK constraint come from here, so that a form and the database agree.
    """

    low: int | Decimal
    high: int | Decimal

    @property
    def validators(self) -> list[BaseValidator]:
        return [MinValueValidator(self.low), MaxValueValidator(self.high)]

    def constraint(self, field: str, name: str) -> CheckConstraint:
        return CheckConstraint(name=name, condition=between(field, self.low, self.high))


def between(field: str, low: Any, high: Any) -> Q:
    """Return the condition that `field` lies between the two, both included; NULL passes."""
    return Q(**{f"{field}__gte": low, f"{field}__lte": high})


def filled_exactly_if(condition: Q, *filled: str) -> Q:
    """Return the condition that all `filled` fields are set where `condition` holds, and none of them elsewhere."""
    all_filled = Q(**{f"{field}__isnull": False for field in filled})
    none_filled = Q(**{f"{field}__isnull": True for field in filled})
    return (condition & all_filled) | (~condition & none_filled)


def not_blank(field: str) -> Q:
    """Return the condition that `field` holds a visible character; NULL passes."""
    return Q(**{f"{field}__regex": VISIBLE})


def json_is(field: str, kind: str) -> Q:
    """Return the condition that `field` is JSON of a kind: object, array, string, number or boolean; NULL passes."""
    return Q(Exact(Func(F(field), function="jsonb_typeof", output_field=CharField()), kind))


def json_has_no(field: str, path: str) -> Q:
    """Return the condition that the SQL/JSON `path` finds nothing in `field`; never fails, whatever the shape."""
    found = Func(
        F(field),
        Value(path),
        Value("{}"),
        Value(True),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    )
    return Q(Exact(found, False))


def constraint_of(error: IntegrityError) -> str | None:
    """Return the name of the constraint that was violated."""
    name: str | None = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    return name
