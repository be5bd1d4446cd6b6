"""Points, attempts, time limits and durations have an upper bound, so that their sums fit whoever reads them.

What is stored beyond a bound is taken back to it. An assessment of more than 1,000 questions must be split before.
"""

import django.core.validators
from django.db import migrations, models

from courses.utils.batched_operations import batched

WITHIN_BOUNDS = """
UPDATE courses_question SET points = 1000000 WHERE points > 1000000;
UPDATE courses_assessment SET max_attempts = 1000 WHERE max_attempts > 1000;
UPDATE courses_assessment SET time_limit = 525600 WHERE time_limit > 525600;
UPDATE courses_lesson SET duration_seconds = 31536000 WHERE duration_seconds > 31536000;
UPDATE courses_resource SET url = regexp_replace(url, '[\\s\\\\]', '', 'g') WHERE url ~ '[\\s\\\\]';
UPDATE courses_assessmentattempt SET deadline_at = start_time + interval '525600 minutes'
WHERE NOT is_completed AND deadline_at > start_time + interval '525600 minutes';
UPDATE courses_question AS question SET "order" = numbered.place
FROM (
    SELECT id, row_number() OVER (PARTITION BY assessment_id ORDER BY "order") AS place FROM courses_question
    WHERE assessment_id IN (SELECT assessment_id FROM courses_question WHERE "order" > 1000)
) AS numbered
WHERE question.id = numbered.id AND question."order" <> numbered.place
"""


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0006_slugs_whatever_case"),
    ]

    operations = batched([
        migrations.RunSQL(WITHIN_BOUNDS, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name="assessment",
            name="assessment_max_attempts_positive",
        ),
        migrations.RemoveConstraint(
            model_name="question",
            name="question_points_positive",
        ),
        migrations.RemoveConstraint(
            model_name="resource",
            name="resource_url_is_https",
        ),
        migrations.AlterField(
            model_name="assessment",
            name="max_attempts",
            field=models.PositiveIntegerField(
                default=1,
                help_text="How often each learner may take it, 1 to 1,000 times.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="time_limit",
            field=models.PositiveIntegerField(
                default=0,
                help_text="How long an attempt may take, in minutes, at most a year. 0: as long as one likes.",
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(525600),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="lesson",
            name="duration_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="How long it takes, in seconds, at most a year. Null: not said.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(31536000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="points",
            field=models.PositiveIntegerField(
                default=1,
                help_text="The points for full credit, 1 to 1,000,000.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("max_attempts__gte", 1), ("max_attempts__lte", 1000)),
                name="assessment_max_attempts_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=models.CheckConstraint(
                condition=models.Q(("time_limit__gte", 0), ("time_limit__lte", 525600)),
                name="assessment_time_limit_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="lesson",
            constraint=models.CheckConstraint(
                condition=models.Q(("duration_seconds__gte", 0), ("duration_seconds__lte", 31536000)),
                name="lesson_duration_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("points__gte", 1), ("points__lte", 1000000)),
                name="question_points_in_range",
            ),
        ),
        migrations.AddConstraint(
            model_name="question",
            constraint=models.CheckConstraint(
                condition=models.Q(("order__lte", 1000)), name="question_order_in_range"
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.CheckConstraint(
                condition=models.Q(("url__regex", "^https://[^\\s\\\\]+$")), name="resource_url_is_https"
            ),
        ),
    ])
