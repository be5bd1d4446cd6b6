"""Bulk data of a platform after ten months with this many courses, learners and attempts.

The same numbers, seed and day give the same data. Every row could have been written by the server itself: attempts
are numbered without gaps, laid out as their assessments ask, and scored with the key of their questions.
"""

from random import Random

from django.apps import apps
from django.db import connection, transaction

from courses.models import AssessmentAttempt, AttemptAnswer, Enrollment, StatisticsChange, UserActivity
from tests.benchmarks.generated_load.catalog import catalog_tables
from tests.benchmarks.generated_load.copying import Table, bulk_loading, copy, reserve_ids
from tests.benchmarks.generated_load.learning import learning_tables
from tests.benchmarks.generated_load.scale import Ids, Scale

LARGE_TABLES = (Enrollment, AssessmentAttempt, AttemptAnswer, UserActivity)


def generate(scale: Scale) -> int:
    """Write the data in one transaction and return how many rows it has.

    Until it commits nobody else can use the tables of enrolments, attempts, answers and activities.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")
            cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        rows = scale.rows.items()
        ids = Ids(**{name: reserve_ids(apps.get_model("courses", name), count) for name, count in rows})
        random = Random(scale.seed)
        with bulk_loading(LARGE_TABLES):
            count = sum(copy(table) for table in tables(scale, ids, random))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        StatisticsChange.objects.bulk_create(StatisticsChange(course_id=pk) for pk in ids.of_courses(scale))
        return count


def tables(scale: Scale, ids: Ids, random: Random) -> list[Table]:
    """All that is written, in the order in which they refer to each other."""
    key = [random.randrange(4) for _ in range(scale.questions)]
    points = [random.randint(1, 3) for _ in range(scale.questions)]
    return [*catalog_tables(scale, ids, key, points, random), *learning_tables(scale, ids, key, points)]
