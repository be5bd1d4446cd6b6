"""Slugs that differ only by case are one: later courses with the slug of an earlier one get their id behind it."""

from django.db import migrations, models
from django.db.models.functions import Lower

TELL_APART = """
UPDATE courses_course AS course SET slug = left(slug, 99 - length(id::text)) || '-' || id
WHERE EXISTS (SELECT FROM courses_course WHERE lower(slug) = lower(course.slug) AND id < course.id)
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0005_selection_in_layouts")]

    operations = [
        migrations.RunSQL(TELL_APART, migrations.RunSQL.noop),
        migrations.AlterField(
            "course",
            "slug",
            models.SlugField(
                help_text="The name in addresses: letters, digits, hyphens and underscores. "
                "Case makes no other name.",
                max_length=100,
                unique=True,
            ),
        ),
        migrations.AddConstraint(
            "course",
            models.UniqueConstraint(
                Lower("slug"),
                name="unique_course_slug_whatever_case",
                violation_error_message="Another course has this slug. Please choose a different one.",
            ),
        ),
    ]
