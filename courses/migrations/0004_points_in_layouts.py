"""The notes of a lesson answer from an index, and attempts begun before layouts held points get them."""

from django.db import migrations, models

ADD_POINTS = """
UPDATE courses_assessmentattempt SET layout = jsonb_set(layout, '{questions}', (
    SELECT jsonb_agg(jsonb_build_object('points', coalesce(
        (SELECT points FROM courses_question WHERE id = (entry ->> 'id')::bigint), 0
    )) || entry ORDER BY place)
    FROM jsonb_array_elements(layout -> 'questions') WITH ORDINALITY AS laid_out (entry, place)
))
WHERE jsonb_path_exists(layout, '$.questions[*] ? (!exists(@.points))')
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0003_rating_counts")]

    operations = [
        migrations.AddIndex(
            "note", models.Index(fields=["lesson", "-created_date"], name="note_newest_of_lesson")
        ),
        migrations.RunSQL(ADD_POINTS, migrations.RunSQL.noop),
    ]
