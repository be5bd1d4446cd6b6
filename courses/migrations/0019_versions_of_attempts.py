"""Attempts of before versions were kept get those of their questions as they stand.

In batches of a transaction each, so that no large table is locked; one that was interrupted goes on where it stopped.
The receipts of these attempts stay as they are: their layouts name no format, which is the first one.
"""

from django.db import connection, migrations

from courses.constants import QuestionType, ScoringPolicy, TextMatch
from courses.rules.values import Answer, Question
from courses.rules.versions import Content, content_to_json, digest_of, shown_of

ASSESSMENTS_AT_A_TIME = 100
ATTEMPTS_AT_A_TIME = 1_000

NAME_VERSIONS = """
UPDATE courses_assessmentattempt AS attempt SET layout = jsonb_set(layout, '{questions}', (
    SELECT jsonb_agg(coalesce((
        SELECT jsonb_build_object('version', version.id) FROM courses_questionversion AS version
        WHERE version.question_id = (entry ->> 'id')::bigint ORDER BY version.number LIMIT 1
    ), '{}') || entry ORDER BY place)
    FROM jsonb_array_elements(layout -> 'questions') WITH ORDINALITY AS laid_out (entry, place)
))
WHERE id BETWEEN %s AND %s AND jsonb_path_exists(layout, '$.questions[*] ? (!exists(@.version))')
"""


def make_versions(apps, _schema_editor):
    """Make the first version of every question of an assessment that somebody has taken."""
    assessment, version = (apps.get_model("courses", name) for name in ("assessment", "questionversion"))
    taken = list(
        assessment.objects.filter(attempts__isnull=False).order_by("pk").values_list("pk", flat=True).distinct()
    )
    for start in range(0, len(taken), ASSESSMENTS_AT_A_TIME):
        some = taken[start : start + ASSESSMENTS_AT_A_TIME]
        questions = apps.get_model("courses", "question").objects.filter(assessment__in=some, versions=None)
        version.objects.bulk_create(
            (_first_version(version, question) for question in questions.prefetch_related("answers")),
            ignore_conflicts=True,
        )


def name_versions(apps, _schema_editor):
    """Have the layout of every attempt name the versions of its questions."""
    attempts = apps.get_model("courses", "assessmentattempt").objects.order_by("pk")
    first, last = attempts.values_list("pk", flat=True).first(), attempts.values_list("pk", flat=True).last()
    if first is None:
        return
    for start in range(first, last + 1, ATTEMPTS_AT_A_TIME):
        with connection.cursor() as cursor:
            cursor.execute(NAME_VERSIONS, [start, start + ATTEMPTS_AT_A_TIME - 1])


def _first_version(model, row):
    content = Content(
        Question(
            type=QuestionType(row.question_type),
            scoring=ScoringPolicy(row.scoring),
            points=row.points,
            answers=tuple(_answer(answer) for answer in sorted(row.answers.all(), key=lambda each: each.order)),
        ),
        row.question_text,
        row.explanation,
    )
    stored = content_to_json(content)
    return model(
        question_id=row.pk, number=1, content=stored, shown=shown_of(content), digest=digest_of(stored)
    )


def _answer(row):
    return Answer(
        id=row.pk,
        text=row.answer_text,
        is_correct=row.is_correct,
        match_text=row.match_text,
        blank_key=row.blank_key,
        text_match=TextMatch(row.text_match),
        tolerance=row.tolerance,
        credit=row.credit,
        explanation=row.explanation,
    )


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("courses", "0018_question_versions")]

    operations = [
        migrations.RunPython(make_versions, migrations.RunPython.noop),
        migrations.RunPython(name_versions, migrations.RunPython.noop),
    ]
