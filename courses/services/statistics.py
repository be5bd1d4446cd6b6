"""Refresh of statistics: writes invalidate them, and the numbers are computed later.

Triggers insert a StatisticsChange with every write that statistics are computed from. A refresh locks the row of
the statistics (only refreshes ever do), deletes the changes that it sees, and then counts. So every write that it
does not count has left a change behind, and two refreshes never work on one row.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Now

from courses.models import Course, CourseStats, Enrollment, StatisticsChange, User, UserStats
from courses.policies.participation import TAKES
from courses.selectors.course_figures import course_figures
from courses.selectors.learner_figures import learner_figures
from courses.utils.clock import database_now
from courses.utils.sql import execute, fetch, in_sql

BATCH_SIZE = 20
"""Number of rows that one transaction refreshes."""

OUTDATED_AFTER = timedelta(hours=1)
"""Age at which rows are refreshed whose numbers change by time alone."""


_COUNT_LEARNERS = f"""
UPDATE courses_course AS course
SET learner_count = counted.learner_count
FROM (
    SELECT ranked.id, count(learner.id) AS learner_count
    FROM courses_course AS ranked
    LEFT JOIN courses_enrollment AS learner
        ON learner.course_id = ranked.id AND {in_sql(TAKES, learner=Enrollment)}
    WHERE ranked.id = ANY(%(courses)s) GROUP BY ranked.id
) AS counted
WHERE course.id = counted.id AND course.learner_count <> counted.learner_count
"""  # noqa: S608 - made of constants
"""Refresh of the denormalised popularity of courses, which lists are sorted by and an index holds."""


@dataclass(frozen=True)
class _Kind:
    """Kind of statistics: the model of the rows and of their owners, and the function that computes them.

    `outdated` are the rows that become wrong by time alone.
    """

    stats: type[Model]
    owner: type[Model]
    owner_name: str
    figures: Callable[..., list[Any]]
    outdated: Q

    @property
    def owner_id(self) -> str:
        return f"{self.owner_name}_id"


_OF_COURSES = _Kind(CourseStats, Course, "course", course_figures, outdated=Q(active_students__gt=0))
_OF_PEOPLE = _Kind(
    UserStats,
    User,
    "user",
    learner_figures,
    outdated=Q(activity_streak__gt=0, last_activity__lt=Now() - timedelta(days=1)),
)


def refresh_stale() -> int:
    """Refresh everything that is stale and not locked by another worker; return the number of rows."""
    return sum(_until_done(kind) for kind in (_OF_COURSES, _OF_PEOPLE))


def refresh_all() -> int:
    """Recompute the statistics of all courses and people; return the number of rows."""
    count = 0
    for kind in (_OF_COURSES, _OF_PEOPLE):
        owners = list(kind.owner._default_manager.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(owners), BATCH_SIZE):
            with transaction.atomic():
                _be_patient()
                count += _refresh(kind, owners[start : start + BATCH_SIZE])
    return count


def compute_missing(*, course_ids: Collection[int] = (), user_ids: Collection[int] = ()) -> None:
    """Compute at once the missing statistics of these courses and people; existing ones stay."""
    for kind, owners in ((_OF_COURSES, course_ids), (_OF_PEOPLE, user_ids)):
        computed = kind.stats._default_manager.filter(refreshed_at__isnull=False)
        known = computed.filter(**{f"{kind.owner_id}__in": owners}).values_list(kind.owner_id, flat=True)
        if missing := set(owners) - set(known):
            _refresh(kind, missing)


def _until_done(kind: _Kind) -> int:
    count = 0
    while refreshed := _refresh_stale_batch(kind):
        count += refreshed
    return count


@transaction.atomic
def _refresh_stale_batch(kind: _Kind) -> int:
    """Refresh the rows with the oldest changes, skipping those that another worker has locked."""
    _be_patient()
    changes = StatisticsChange.objects.filter(**{f"{kind.owner_id}__isnull": False}).order_by("pk")
    waiting = changes.values_list(kind.owner_id, flat=True)[: BATCH_SIZE * BATCH_SIZE]
    outdated = _outdated(kind).values_list(kind.owner_id, flat=True)[:BATCH_SIZE]
    candidates = list(dict.fromkeys([*waiting, *outdated]))[:BATCH_SIZE]
    held = _hold(kind, candidates, skip_locked=True)
    still_outdated = _outdated(kind).filter(**{f"{kind.owner_id}__in": held})
    stale = _take_changes(kind, held) | set(still_outdated.values_list(kind.owner_id, flat=True))
    _compute(kind, stale)
    return len(stale)


@transaction.atomic
def _refresh(kind: _Kind, owners: Collection[int]) -> int:
    """Refresh these rows, waiting for locks."""
    held = _hold(kind, owners)
    _take_changes(kind, held)
    _compute(kind, held)
    return len(held)


def _be_patient() -> None:
    """Allow the statements of this transaction a minute: they are not those of a request."""
    execute("SET LOCAL statement_timeout = '60s'; SET LOCAL lock_timeout = '60s'")


def _outdated(kind: _Kind) -> QuerySet[Any]:
    return kind.stats._default_manager.filter(kind.outdated, refreshed_at__lt=Now() - OUTDATED_AFTER)


def _hold(kind: _Kind, owners: Collection[int], *, skip_locked: bool = False) -> set[int]:
    """Lock the statistics of those of `owners` that still exist, adding missing rows; return their keys."""
    table = kind.owner._meta.db_table
    there = fetch(f"SELECT id FROM {table} WHERE id = ANY(%(owners)s) FOR KEY SHARE", owners=list(owners))  # noqa: S608
    keys = sorted(row.id for row in there)
    rows = kind.stats._default_manager
    rows.bulk_create([kind.stats(**{kind.owner_id: key}) for key in keys], ignore_conflicts=True)
    locked = rows.filter(**{f"{kind.owner_id}__in": keys}).select_for_update(
        no_key=True, skip_locked=skip_locked
    )
    return set(locked.order_by("pk").values_list(kind.owner_id, flat=True))


def _take_changes(kind: _Kind, held: Collection[int]) -> set[int]:
    """Delete the changes of the locked rows; return their owners. Later changes are for the next refresh."""
    taken = fetch(
        f"WITH taken AS (DELETE FROM {StatisticsChange._meta.db_table} WHERE {kind.owner_id} = ANY(%(held)s) "  # noqa: S608
        f"RETURNING {kind.owner_id} AS owner) SELECT DISTINCT owner FROM taken",
        held=list(held),
    )
    return {row.owner for row in taken}


def _compute(kind: _Kind, owners: Collection[int]) -> None:
    """Compute and upsert, in a fixed number of statements for any number of owners."""
    if not owners:
        return
    names = {field.name for field in kind.stats._meta.concrete_fields}
    kind.stats._default_manager.bulk_create(
        kind.figures(owners, now=database_now()),
        update_conflicts=True,
        unique_fields=[kind.owner_name],
        update_fields=names - {"id", kind.owner_name, "created_date"},
    )
    if kind is _OF_COURSES:
        execute(_COUNT_LEARNERS, courses=list(owners))
