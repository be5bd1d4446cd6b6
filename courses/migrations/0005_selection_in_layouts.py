"""Attempts remember how many choices of each question could be picked, whatever becomes of the key.

For attempts of before it is what the key allows now, or what somebody has done: several picks were possible.
"""

from django.db import migrations

ADD_SELECTION = """
UPDATE courses_assessmentattempt AS attempt SET layout = jsonb_set(layout, '{questions}', (
    SELECT jsonb_agg(
        CASE WHEN entry ? 'choices' AND NOT entry ? 'selection'
        THEN jsonb_build_object('selection', CASE WHEN
            EXISTS (
                SELECT FROM courses_attemptanswer AS answered
                WHERE answered.attempt_id = attempt.id AND answered.question_id = (entry ->> 'id')::bigint
                    AND jsonb_array_length(answered.response -> 'choices') > 1
            ) OR (
                SELECT question_type = 'multiple_choice' FROM courses_question
                WHERE id = (entry ->> 'id')::bigint
            ) AND (
                SELECT count(*) FROM courses_answer
                WHERE question_id = (entry ->> 'id')::bigint AND is_correct
            ) > 1
            THEN 'multiple' ELSE 'single' END) || entry
        ELSE entry END
        ORDER BY place
    )
    FROM jsonb_array_elements(layout -> 'questions') WITH ORDINALITY AS laid_out (entry, place)
))
WHERE jsonb_path_exists(layout, '$.questions[*] ? (exists(@.choices) && !exists(@.selection))')
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0004_points_in_layouts")]

    operations = [migrations.RunSQL(ADD_SELECTION, migrations.RunSQL.noop)]
