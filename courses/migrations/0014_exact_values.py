"""Exact points of what was graded before: those laid out times the credit, and whether that passes.

A thousand attempts at a time, each batch in a transaction of its own that locks these attempts only. Interrupted, it
goes on where it was.
"""

from collections import defaultdict

from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models, transaction
from django.db.models import Q

from courses.rules.credit import exact_points, total_points
from courses.rules.pass_mark import passes
from courses.utils.batched_operations import batched
from courses.utils.statistics_inputs import StatisticsInputRow

BATCH = 1_000

ATTEMPTS = """
SELECT id, score, max_score, passing_score, is_passed FROM courses_assessmentattempt
WHERE is_completed AND exact_score IS NULL AND id > %s ORDER BY id LIMIT %s FOR NO KEY UPDATE
"""

GRADES = """
WITH laid_out AS MATERIALIZED (
    SELECT attempt.id AS attempt, (entry ->> 'id')::bigint AS question, (entry ->> 'points')::integer AS points
    FROM courses_assessmentattempt AS attempt
    CROSS JOIN jsonb_array_elements(attempt.layout -> 'questions') AS entry
    WHERE attempt.id = ANY(%s)
)
SELECT answer.id, answer.attempt_id, answer.credit, answer.points_earned, coalesce(laid_out.points, question.points)
FROM courses_attemptanswer AS answer
JOIN courses_question AS question ON question.id = answer.question_id
LEFT JOIN laid_out ON laid_out.attempt = answer.attempt_id AND laid_out.question = answer.question_id
WHERE answer.attempt_id = ANY(%s)
"""

WRITE_POINTS = """
UPDATE courses_attemptanswer AS answer SET exact_points = new.points
FROM unnest(%s::bigint[], %s::numeric[]) AS new (id, points) WHERE answer.id = new.id
"""

CHANGES = "SELECT id, attempt_answer_id, old_credit, new_credit FROM courses_gradechange WHERE attempt_answer_id = ANY(%s)"

WRITE_CHANGES = """
UPDATE courses_gradechange AS change SET exact_old_points = new.before, exact_new_points = new.after
FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[]) AS new (id, before, after) WHERE change.id = new.id
"""

WRITE_RESULTS = """
UPDATE courses_assessmentattempt AS attempt SET exact_score = new.score, is_passed = new.is_passed
FROM unnest(%s::bigint[], %s::numeric[], %s::boolean[]) AS new (id, score, is_passed) WHERE attempt.id = new.id
"""

TAKE_THE_PLACE = """
LOCK TABLE courses_gradechange IN SHARE ROW EXCLUSIVE MODE;
UPDATE courses_gradechange SET exact_old_points = old_points, exact_new_points = new_points
WHERE exact_old_points IS NULL AND exact_new_points IS NULL;
ALTER TABLE courses_gradechange DROP COLUMN old_points, DROP COLUMN new_points;
ALTER TABLE courses_gradechange RENAME COLUMN exact_old_points TO old_points;
ALTER TABLE courses_gradechange RENAME COLUMN exact_new_points TO new_points
"""
"""One transaction: a server of the version before writes its changes into either pair of columns."""

GIVE_IT_BACK = """
ALTER TABLE courses_gradechange RENAME COLUMN old_points TO exact_old_points;
ALTER TABLE courses_gradechange RENAME COLUMN new_points TO exact_new_points;
ALTER TABLE courses_gradechange ADD COLUMN old_points integer, ADD COLUMN new_points integer;
UPDATE courses_gradechange SET old_points = round(exact_old_points), new_points = round(exact_new_points)
"""

NOTE_ALL = """
INSERT INTO courses_statisticschange (course_id) SELECT course_id FROM courses_coursestats;
INSERT INTO courses_statisticschange (user_id) SELECT user_id FROM courses_userstats
"""


def fill(apps, schema_editor):
    """Give every completed attempt its exact values, in the order of primary keys."""
    with schema_editor.connection.cursor() as cursor:
        last = 0
        while last is not None:
            with transaction.atomic(using=schema_editor.connection.alias):
                last = fill_batch(cursor, last)


def fill_batch(cursor, last):
    """Fill the attempts after `last`, and return the last of them; None where there were none."""
    cursor.execute(ATTEMPTS, [last, BATCH])
    attempts = cursor.fetchall()
    if not attempts:
        return None
    ids = [attempt[0] for attempt in attempts]
    cursor.execute(GRADES, [ids, ids])
    of_attempt, possible = defaultdict(list), {}
    for answer, attempt, credit, points_earned, points in cursor.fetchall():
        exact = None if credit is None else exact_points(points, credit)
        of_attempt[attempt].append((answer, exact, points_earned, points))
        possible[answer] = points
    graded = [(answer, exact) for grades in of_attempt.values() for answer, exact, *_ in grades if exact is not None]
    cursor.execute(WRITE_POINTS, columns(graded, 2))
    cursor.execute(WRITE_RESULTS, columns([result(*attempt, of_attempt[attempt[0]]) for attempt in attempts], 3))
    cursor.execute(CHANGES, [list(possible)])
    changes = [
        (change, *(None if credit is None else exact_points(possible[answer], credit) for credit in credits))
        for change, answer, *credits in cursor.fetchall()
    ]
    cursor.execute(WRITE_CHANGES, columns(changes, 3))
    return ids[-1]


def result(attempt, score, max_score, passing_score, is_passed, grades):
    """Return an attempt with its exact score, and whether that passes.

    A score that is not the sum of its answers was written by hand: it stays.
    """
    exact = total_points(exact for _, exact, _, _ in grades if exact is not None)
    if score != sum(points for _, _, points, _ in grades) or exact > max_score:
        return attempt, score, is_passed
    pending = sum(points for _, exact, _, points in grades if exact is None)
    return attempt, exact, passes(exact, pending, max_score, passing_score)


def columns(rows, count):
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[]] * count


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("courses", "0013_exact_points")]

    operations = batched([
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        migrations.RunPython(fill, migrations.RunPython.noop),
        ValidateConstraint("assessmentattempt", "attempt_exact_score_within_maximum"),
        ValidateConstraint("attemptanswer", "attempt_answer_exact_points_in_range"),
        ValidateConstraint("answer", "answer_credit_in_range"),
        ValidateConstraint("answer", "answer_credit_of_right_not_negative"),
        ValidateConstraint("question", "question_scoring_is_known"),
        migrations.RunSQL(
            TAKE_THE_PLACE,
            GIVE_IT_BACK,
            state_operations=[
                migrations.RemoveField("gradechange", "old_points"),
                migrations.RemoveField("gradechange", "new_points"),
                migrations.RenameField("gradechange", "exact_old_points", "old_points"),
                migrations.RenameField("gradechange", "exact_new_points", "new_points"),
            ],
        ),
        AddConstraintNotValid(
            "gradechange",
            models.CheckConstraint(
                name="grade_change_points_in_range",
                condition=Q(old_points__gte=0, old_points__lte=1000000)
                & Q(new_points__gte=0, new_points__lte=1000000),
            ),
        ),
        ValidateConstraint("gradechange", "grade_change_points_in_range"),
        migrations.RemoveConstraint("assessmentattempt", "attempt_in_statistics"),
        migrations.AddConstraint(
            "assessmentattempt",
            StatisticsInputRow(
                name="attempt_in_statistics",
                owners=("user", "assessment__lesson__course"),
                columns=("user", "assessment", "score", "exact_score", "max_score", "is_passed", "time_taken_seconds"),
                counts=Q(is_completed=True),
            ),
        ),
        migrations.RunSQL(NOTE_ALL, migrations.RunSQL.noop),
        migrations.RunSQL("RESET statement_timeout", migrations.RunSQL.noop),
    ])
