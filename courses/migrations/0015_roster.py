"""Indexes of rosters: enrolments of a course by age, by status and by change, and the words of people's names.

They are built while enrolments are read and written.
"""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.contrib.postgres.search import SearchVector
from django.db import migrations, models

from courses.utils.batched_operations import batched
from courses.utils.folding import SeparatedWords

VISIBLE = (
    r"[^\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\ufff9-\ufffb\U0001d159"
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SHOWN_NAME = models.Case(
    models.When(models.Q(display_name__regex=VISIBLE), then="display_name"),
    default="username",
    output_field=models.CharField(),
)
PATIENTLY = migrations.RunSQL("SET statement_timeout = 0", "RESET statement_timeout")
AS_EVER = migrations.RunSQL("RESET statement_timeout", "SET statement_timeout = 0")


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("courses", "0014_exact_values")]

    operations = batched([
        PATIENTLY,
        AddIndexConcurrently(
            "enrollment",
            models.Index(fields=["course", "status", "-enrolled_date"], name="enrollment_by_status"),
        ),
        AddIndexConcurrently(
            "enrollment",
            models.Index(fields=["course", "-enrolled_date"], name="enrollment_newest_of_course"),
        ),
        AddIndexConcurrently(
            "enrollment",
            models.Index(fields=["course", "-updated_date"], name="enrollment_changed"),
        ),
        RemoveIndexConcurrently("enrollment", "enrollment_by_course"),
        migrations.AlterField(
            "enrollment",
            "course",
            models.ForeignKey(
                db_index=False,
                help_text="The course that is taken.",
                on_delete=models.deletion.CASCADE,
                related_name="enrollments",
                to="courses.course",
            ),
        ),
        AddIndexConcurrently(
            "user",
            GinIndex(SearchVector(SeparatedWords(SHOWN_NAME), config="simple"), name="person_words"),
        ),
        AS_EVER,
    ])
