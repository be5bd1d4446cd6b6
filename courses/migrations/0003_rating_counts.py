"""Ratings are counted by the database with every review, so that no list of courses has to read its reviews."""

import django.contrib.postgres.fields
from django.db import migrations, models

import courses.models.catalog
import courses.utils.row_counts

COUNT = """
UPDATE courses_course AS course SET rating_counts = (
    SELECT ARRAY[
        count(*) FILTER (WHERE rating = 1), count(*) FILTER (WHERE rating = 2), count(*) FILTER (WHERE rating = 3),
        count(*) FILTER (WHERE rating = 4), count(*) FILTER (WHERE rating = 5)
    ]
    FROM courses_review WHERE course_id = course.id AND is_approved
)
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0002_cost_buckets")]

    operations = [
        migrations.AddField(
            "course",
            "rating_counts",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveIntegerField(),
                default=courses.models.catalog.no_ratings,
                editable=False,
                help_text="How many approved reviews gave 1, 2, 3, 4 and 5 stars. Counted by the database.",
                size=5,
            ),
        ),
        migrations.AddConstraint(
            "review",
            courses.utils.row_counts.RowCountPerValue(
                name="approved_reviews_counted",
                reference="course",
                column="rating_counts",
                value="rating",
                low=1,
                high=5,
                flag="is_approved",
            ),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
        migrations.RemoveIndex("course", "course_best_rated"),
        migrations.RemoveField("course", "average_rating"),
        migrations.AddField(
            "course",
            "average_rating",
            models.GeneratedField(
                db_persist=True,
                expression=courses.utils.row_counts.MeanOfCounts("rating_counts", high=5, low=1),
                help_text="The mean of its approved reviews, two decimals. 0: there are none.",
                output_field=models.DecimalField(decimal_places=2, max_digits=3),
            ),
        ),
        migrations.AddIndex(
            "course", models.Index(fields=["-average_rating", "-id"], name="course_best_rated")
        ),
    ]
