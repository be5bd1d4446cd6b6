"""Denormalised counts of the rows that refer to a row, maintained by the database.

Rows come and go in ways that call no `save()`: bulk inserts, cascades from a deleted person, plain SQL. A
trigger sees all of them.
"""

from typing import Any, ClassVar

from django.db.models import DecimalField, Func, IntegerField

from courses.utils.triggers import TriggerConstraint, after_each_statement

_CREATE = """
CREATE FUNCTION {trigger}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        touched := ARRAY(SELECT {reference} FROM {differing} AS differs);
    ELSE
        touched := ARRAY(SELECT {reference} FROM changed);
    END IF;
    PERFORM FROM {parents} WHERE id = ANY(touched) ORDER BY id FOR NO KEY UPDATE;
    UPDATE {parents} AS parent
        SET {column} = (SELECT {count} FROM {rows} AS counted WHERE counted.{reference} = parent.id)
        WHERE parent.id = ANY(touched);
    RETURN NULL;
END $$;
"""


class RowCount(TriggerConstraint):
    """Equality of `column`, in the row that the foreign key `reference` names, with the number of these rows.

    The parents are locked before their rows are counted, in a statement of its own: the count then sees
    what the previous holder of the lock has committed.
    """

    arguments: ClassVar[tuple[str, ...]] = ("reference", "column")

    def __init__(self, *, reference: str, column: str, name: str) -> None:
        super().__init__(name=name)
        self.reference = reference
        self.column = column

    def counted_columns(self) -> tuple[str, ...]:
        """Columns, beside the reference, whose change changes the count."""
        return ()

    def count_sql(self, quote: Any) -> str:
        return "count(*)"

    def create_sql(self, model: Any, schema_editor: Any) -> str:
        quote = schema_editor.quote_name
        reference = model._meta.get_field(self.reference)
        return after_each_statement(
            _CREATE,
            trigger=self.name,
            rows=quote(model._meta.db_table),
            parents=quote(reference.related_model._meta.db_table),
            reference=quote(reference.column),
            columns=", ".join(map(quote, (reference.column, *self.counted_columns()))),
            column=quote(self.column),
            count=self.count_sql(quote),
        )


class RowCountPerValue(RowCount):
    """Histogram in the array `column`: the number of these rows with each number `low..high` in `value`.

    Only rows where `flag` is true count.
    """

    arguments = (*RowCount.arguments, "value", "low", "high", "flag")

    def __init__(
        self, *, reference: str, column: str, value: str, low: int, high: int, flag: str, name: str
    ) -> None:
        super().__init__(reference=reference, column=column, name=name)
        self.value = value
        self.low = low
        self.high = high
        self.flag = flag

    def counted_columns(self) -> tuple[str, ...]:
        return (self.value, self.flag)

    def count_sql(self, quote: Any) -> str:
        each = f"count(*) FILTER (WHERE {quote(self.flag)} AND {quote(self.value)} = {{number}})"
        counts = (each.format(number=number) for number in range(self.low, self.high + 1))
        return f"ARRAY[{', '.join(counts)}]"


class SumOfCounts(Func):
    """Sum of a column of RowCountPerValue over its `values`: the number of all rows that it counts."""

    arity = 1
    output_field = IntegerField()

    def __init__(self, column: str, *, values: int) -> None:
        super().__init__(column)
        self.values = values

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        column, _ = compiler.compile(self.source_expressions[0])
        return f"({' + '.join(f'{column}[{place}]' for place in range(1, self.values + 1))})", ()


class MeanOfCounts(Func):
    """Mean of the numbers that a column of RowCountPerValue counts, two decimals, rounded half up; 0 of nothing."""

    arity = 1
    output_field = DecimalField(max_digits=20, decimal_places=2)

    def __init__(self, column: str, *, low: int, high: int) -> None:
        super().__init__(column)
        self.numbers = range(low, high + 1)

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        column, _ = compiler.compile(self.source_expressions[0])
        counts = [f"{column}[{place}]" for place, _ in enumerate(self.numbers, start=1)]
        stars = " + ".join(f"{count} * {number}" for count, number in zip(counts, self.numbers, strict=True))
        return f"coalesce(round(({stars})::numeric / nullif({' + '.join(counts)}, 0), 2), 0)", ()
