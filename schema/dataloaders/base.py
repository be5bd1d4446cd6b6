"""Batching: declarations of data sources, eager loading (`fill`) and lazy loading (`Loaders`).

A relation or fact is declared once, as plain data: the selector that reads it, the column that ties it to its
parent, the sort order. Both ways of loading follow from the declaration:

* `fill` prefetches a query's plan under rows that were just read, level by level, in the same database job;
* `Loaders` batches whatever was not prefetched, with a DataLoader for each declaration and request.

Either way a declaration costs one statement for any number of parents.
"""

from abc import ABC, abstractmethod
from asyncio import shield
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from django.db.models import Aggregate, Count, QuerySet, Sum
from strawberry.dataloader import DataLoader

from courses.exceptions import Refusal
from schema.dataloaders.inlining import NoRows, NotInlined, Parts, RawColumns, Rows, Show, Written, never_null
from schema.dataloaders.paging import Page, PageRequest, columns_of_page, pages_of
from schema.dataloaders.plans import EVERYTHING, UNKNOWN, Columns, Plan, Step, union
from schema.dataloaders.statements import Selector, Viewer, rows_of
from schema.execution.database_threads import database
from schema.execution.tracing import statement


@dataclass(frozen=True)
class AfterLoad:
    """Post-load hook over rows before they are shown, with the columns that it reads."""

    run: Callable[[Viewer, Sequence[Any]], None]
    columns: frozenset[str]
    pending: str | None = None
    """Boolean column of the rows to which the hook does anything; None for a hook that does nothing."""

    def __str__(self) -> str:
        return self.run.__name__


def as_read(viewer: Viewer, rows: Sequence[Any]) -> None:
    """Do nothing: the default hook."""


AS_READ = AfterLoad(as_read, frozenset())


@dataclass(frozen=True)
class InOrder:
    """Sort order over all rows of a parent."""

    columns: tuple[str, ...] = ()

    def __call__(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        return rows.order_by(*self.columns)


@dataclass(frozen=True, eq=False, kw_only=True)
class Declaration(ABC):
    """Data source: one relation or fact, loaded for a batch of parents.

    `key` is the attribute of a parent that holds the batch key; without one the parent itself is the key.
    """

    key: str | None = "pk"

    @property
    def name(self) -> str:
        """Name in the registry; that of the class for a declaration outside its modules."""
        from schema.dataloaders.registry import names

        return names().get(self, type(self).__name__)

    def names(self) -> list[str]:
        """Return the name, as that of a statement."""
        return [self.name]

    def __str__(self) -> str:
        """Render class, key and every parameter that is not a default, for people: it searches the registry."""
        shown = [
            f"{part.name}={getattr(value, '__name__', value)}"
            for part in fields(self)
            if (value := getattr(self, part.name)) != part.default or part.name == "key"
        ]
        return f"{self.name} = {type(self).__name__}({', '.join(shown)})"

    def key_of(self, parent: Any) -> Hashable:
        key: Hashable = getattr(parent, self.key) if self.key else parent
        return key

    def columns_of_parent(self, then: Plan) -> Columns:
        """Return the columns of a parent that are read, where `then` is the plan of the loaded values."""
        return frozenset({self.key}) if self.key else EVERYTHING

    @abstractmethod
    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        """Load the values of `keys` as visible to `viewer`, in a mapping that lacks keys without a value.

        `then` is the plan of the values, where it is known.
        """

    @property
    def is_inlined(self) -> bool:
        """True where the value can be read within the statement that reads the parent."""
        return isinstance(self, Made) or type(self).inline is not Declaration.inline

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        """Return the SQL of the value of one parent, within the statement that reads the parent.

        Raises NotInlined: a value that Python makes is loaded by `load` alone.
        """
        raise NotInlined(str(self))

    def missing(self, key: Any, request: Hashable) -> Any:
        """Return the default of a key without a value."""
        return None


@dataclass(frozen=True, eq=False, kw_only=True)
class ByPk(Declaration):
    """Many-to-one: the row that a parent's foreign key names. Null when missing or not visible."""

    selector: Selector
    after_load: AfterLoad = AS_READ

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        columns = union((then.columns, self.after_load.columns))
        rows = rows_of(self.selector, "pk", viewer, keys, InOrder(), columns)
        self.after_load.run(viewer, rows)
        return {row.pk: row for row in rows}

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        return parent.beneath(self.selector, "pk", self.key).one(show, pending=self.after_load.pending)


@dataclass(frozen=True, eq=False, kw_only=True)
class OneOf(Declaration):
    """One-to-one: the row whose column `by` references the parent, or null."""

    selector: Selector
    by: str

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        rows = rows_of(self.selector, self.by, viewer, keys, InOrder(), then.columns)
        return {row.parent_key: row for row in rows}

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        return parent.beneath(self.selector, self.by, self.key).one(show)


@dataclass(frozen=True, eq=False, kw_only=True)
class ChildrenOf(Declaration):
    """One-to-many: all rows whose column `by` references the parent, in `order`. For lists that are short by nature."""

    selector: Selector
    by: str
    order: tuple[str, ...]

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        children: dict[Any, list[Any]] = {}
        for row in rows_of(self.selector, self.by, viewer, keys, InOrder(self.order), then.columns):
            children.setdefault(row.parent_key, []).append(row)
        return children

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        return parent.beneath(self.selector, self.by, self.key).list(show, InOrder(self.order))

    def missing(self, key: Any, request: Hashable) -> list[Any]:
        return []


@dataclass(frozen=True, eq=False, kw_only=True)
class Fact(Declaration):
    """Aggregate that one call of `read(viewer, keys)` computes for all parents; `otherwise` makes the default."""

    read: Callable[[Viewer, Sequence[Any]], Mapping[Any, Any]]
    otherwise: Callable[[], Any] = lambda: None

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        return self.read(viewer, keys)

    def missing(self, key: Any, request: Hashable) -> Any:
        return self.otherwise()


@dataclass(frozen=True, eq=False, kw_only=True)
class NumberOf(Declaration):
    """Number over the rows whose column `by` references the parent; 0 of no rows."""

    selector: Selector
    by: str

    @property
    @abstractmethod
    def aggregate(self) -> Aggregate:
        """Number of a batch's parent."""

    @abstractmethod
    def number(self, rows: Rows) -> str:
        """Return the query of the number of one parent. Raises NoRows."""

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        rows = self.selector(viewer).filter(**{f"{self.by}__in": keys}).order_by()
        return dict(rows.values_list(self.by).annotate(self.aggregate))

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        try:
            return Written(f"({self.number(parent.beneath(self.selector, self.by, self.key))})::text")
        except NoRows:
            return Written("'0'")

    def missing(self, key: Any, request: Hashable) -> int:
        return 0


@dataclass(frozen=True, eq=False, kw_only=True)
class CountOf(NumberOf):
    """Number of rows whose column `by` references the parent."""

    @property
    def aggregate(self) -> Aggregate:
        return Count("pk")

    def number(self, rows: Rows) -> str:
        return rows.count()


@dataclass(frozen=True, eq=False, kw_only=True)
class SumOf(NumberOf):
    """Sum of the column `of` over the rows whose column `by` references the parent."""

    of: str

    @property
    def aggregate(self) -> Aggregate:
        return Sum(self.of)

    def number(self, rows: Rows) -> str:
        return rows.select(f"coalesce(sum({rows.column(self.of)}), 0)")


@dataclass(frozen=True, eq=False, kw_only=True)
class ExistsOf(Declaration):
    """True where a row's column `by` references the parent; `for_nobody` where no one is signed in."""

    selector: Selector
    by: str
    for_nobody: bool | None = False

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        if viewer is None:
            return dict.fromkeys(keys, self.for_nobody)
        found = set(self.selector(viewer).filter(**{f"{self.by}__in": keys}).values_list(self.by, flat=True))
        return {key: key in found for key in keys}

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        if parent.inlining.viewer is None:
            return Written("NULL" if self.for_nobody is None else f"'{str(self.for_nobody).lower()}'")
        rows = parent.beneath(self.selector, self.by, self.key)
        return Written(f"(({rows.count()}) > 0)::text")


@dataclass(frozen=True, eq=False, kw_only=True)
class Made(Declaration):
    """Value that Python makes of the parent and of rows that belong to it.

    What is declared beneath is not loaded with it, unless its parts do so: a query that is one statement is left to
    several where a value has any of that. So the person who graded a response costs a page without such responses
    nothing.

    Where values keep their parent as `parent_attribute`, the columns selected beneath that are read of the parent,
    beside the `parent_columns` that are always read.
    """

    parent_columns: frozenset[str] = frozenset()
    parent_attribute: str | None = None

    def columns_of_parent(self, then: Plan) -> Columns:
        shown = then.columns_of(self.parent_attribute) if self.parent_attribute else EVERYTHING
        return super().columns_of_parent(then) if shown is None else self.parent_columns | shown

    @abstractmethod
    def parts(self, parent: Rows, then: Plan) -> Parts:
        """Return the rows that belong to one parent, within the statement that reads the parent.

        `then` is the plan of the values. Raises NotInlined.
        """


@dataclass(frozen=True)
class Advice:
    """Outcome of a permission check, as a value: a DataLoader would raise an exception instead of returning it."""

    refusal: Refusal | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class AdviceByRow(Made):
    """Permission check that `judge` decides by annotations of the parent's row in a selector.

    `nobody` is the refusal of anonymous viewers.
    """

    selector: Selector
    annotations: tuple[str, ...]
    judge: Callable[[Any], Refusal | None]
    nobody: Refusal

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        if viewer is None:
            return dict.fromkeys(keys, Advice(self.nobody))
        rows = rows_of(self.selector, "pk", viewer, keys, InOrder(), frozenset(self.annotations))
        return {row.parent_key: Advice(self.judge(row)) for row in rows}

    def parts(self, parent: Rows, then: Plan) -> Parts:
        if parent.inlining.viewer is None:
            return Parts("'null'", lambda _row, _nothing: Advice(self.nobody))
        rows = parent.beneath(self.selector, "pk", self.key)
        columns = RawColumns(rows, self.annotations)
        text = f"({rows.select(columns.sql)})"
        return Parts(never_null(text), lambda _row, raw: Advice(self.judge(columns.instances.of(raw))))


@dataclass(frozen=True, eq=False, kw_only=True)
class PageOf(Declaration):
    """One-to-many by pages: the top rows of every parent whose column `by` references it, in one statement."""

    selector: Selector
    by: str
    after_load: AfterLoad = AS_READ

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        assert isinstance(request, PageRequest)
        columns = union((columns_of_page(request, then), self.after_load.columns))
        rows = rows_of(self.selector, self.by, viewer, keys, request, columns, keep=request.is_first)
        self.after_load.run(viewer, rows)
        everything = partial(self.selector, viewer)
        return pages_of(rows, by=self.by, keys=keys, request=request, everything=everything)

    def inline(self, parent: Rows, request: Hashable, show: Show) -> Written:
        assert isinstance(request, PageRequest)
        if not request.is_first:
            raise NotInlined("later pages of many parents")
        request = parent.inlining.keyed(request)
        rows = parent.beneath(self.selector, self.by, self.key)
        return show.page(rows, request, pending=self.after_load.pending)


@dataclass(frozen=True, eq=False, kw_only=True)
class TotalCount(Declaration):
    """Row count of a page's whole list: one statement for all pages of one list."""

    key: str | None = None

    def load(
        self, viewer: Viewer, keys: Sequence[Page], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        counts: dict[Page, int] = {}
        by_list: dict[tuple[str | None, PageRequest], list[Page]] = {}
        for page in keys:
            by_list.setdefault((page.by, page.request), []).append(page)
        for (by, _), pages in by_list.items():
            rows = pages[0].request.narrow(pages[0].everything()).order_by()
            if by is None:
                counts[pages[0]] = rows.count()
                continue
            totals = rows.filter(**{f"{by}__in": [page.parent for page in pages]}).values_list(by)
            found = dict(totals.annotate(Count("pk")))
            counts |= {page: found.get(page.parent, 0) for page in pages}
        return counts


def fill(viewer: Viewer, parents: Iterable[Any], plan: Plan) -> None:
    """Prefetch `plan` beneath `parents`: one batch for each step, whatever the number of parents."""
    everyone = list(parents)
    for step in plan.steps:
        if step.declaration is not None:
            values = _fill_declared(viewer, everyone, step.declaration, step.request, step.then)
        elif step.then.loads:
            values = [_object_of(parent, step) for parent in everyone]
        else:
            continue
        if step.then.loads:
            fill(viewer, _objects(values), step.then)


def _object_of(parent: Any, step: Step) -> Any:
    """Return the object at a step; a computed one is made once, and kept on its parent for what is filled beneath."""
    if step.compute is None:
        return getattr(parent, step.name)
    return filled(parent).setdefault((step.compute, None), step.compute(parent))


def filled(parent: Any) -> dict[Any, Any]:
    """Return the prefetched values of a parent, by declaration and request."""
    values: dict[Any, Any] = vars(parent).setdefault("_filled", {})
    return values


def _fill_declared(
    viewer: Viewer, parents: list[Any], declaration: Declaration, request: Hashable, then: Plan
) -> list[Any]:
    keys = [declaration.key_of(parent) for parent in parents]
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    found: Mapping[Any, Any] = {}
    if wanted:
        with statement(declaration.names):
            found = declaration.load(viewer, wanted, request, then)
    values = []
    for parent, key in zip(parents, keys, strict=True):
        value = found[key] if key in found else declaration.missing(key, request)
        filled(parent)[declaration, request] = value
        values.append(value)
    return values


def _objects(values: Iterable[Any]) -> list[Any]:
    """Return the distinct objects among `values`, lists flattened."""
    objects: dict[int, Any] = {}
    for value in values:
        for item in value if isinstance(value, list) else (value,):
            if item is not None:
                objects[id(item)] = item
    return list(objects.values())


class Loaders:
    """DataLoaders of one request."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._loaders: dict[tuple[Declaration, Hashable], DataLoader[Any, Any]] = {}

    def value(self, parent: Any, declaration: Declaration, request: Hashable = None) -> Any:
        """Return the prefetched value of `parent`, or a shielded future of a batch.

        An error in a sibling field cancels this field's future only; others that await the same batch go on.
        """
        filled = vars(parent).get("_filled")
        if filled is not None and (declaration, request) in filled:
            return filled[declaration, request]
        key = declaration.key_of(parent)
        if key is None:
            return declaration.missing(key, request)
        return shield(self._loader(declaration, request).load(key))

    def clear(self) -> None:
        """Drop the cache of loaded values: something was written."""
        self._loaders.clear()

    def _loader(self, declaration: Declaration, request: Hashable) -> DataLoader[Any, Any]:
        loader = self._loaders.get((declaration, request))
        if loader is None:
            loader = DataLoader(load_fn=partial(self._batch, declaration, request))
            self._loaders[declaration, request] = loader
        return loader

    async def _batch(self, declaration: Declaration, request: Hashable, keys: list[Any]) -> list[Any]:
        with statement(declaration.names):
            found = await database(declaration.load, self._viewer, keys, request)
        return [found[key] if key in found else declaration.missing(key, request) for key in keys]
