"""Exact points beside whole ones, credits below 0 of weighted choices, and the decimal comma of a course.

Columns are added empty, and constraints without a look at the rows that are there, so that no table is locked for
longer than a moment. The next migration fills and looks.
"""

from decimal import Decimal

import django.core.validators
from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import F, Q

from courses.utils.batched_operations import batched

SCORING = [
    ("right_minus_wrong", "Right picks minus wrong picks, as a share of the right ones"),
    ("all_or_nothing", "Full credit for exactly the right picks, otherwise none"),
    ("every_decision", "The share of options rightly picked or rightly left alone"),
    ("weighted", "The credits of the picks added up, at least 0 and at most 1"),
]


def exact_points(help_text, max_digits=25):
    return models.DecimalField(blank=True, decimal_places=18, help_text=help_text, max_digits=max_digits, null=True)


class Migration(migrations.Migration):
    dependencies = [("courses", "0012_column_defaults")]

    operations = batched([
        migrations.AddField(
            "course",
            "decimal_comma",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text="Whether 3,14 is a number in responses to NUMERIC texts, like 3.14. A comma before exactly "
                "three digits never makes one, because it may separate thousands. Answers of the key are written "
                "with a point.",
            ),
        ),
        migrations.AddField(
            "assessmentattempt",
            "exact_score",
            exact_points(
                "The sum of the exact points earned, not rounded; 18 decimals of what has more, such as a third. Null: "
                "not scored yet, or scored by a version that counted whole points.",
                max_digits=28,
            ),
        ),
        migrations.AddField(
            "attemptanswer",
            "exact_points",
            exact_points(
                "The points of the question times the credit, not rounded; 18 decimals of what has more, such as a "
                "third. Null: not graded yet, or graded by a version that counted whole points."
            ),
        ),
        migrations.AddField("gradechange", "exact_old_points", exact_points("The exact points before. Null: none yet.")),
        migrations.AddField("gradechange", "exact_new_points", exact_points("The exact points after. Null: none yet.")),
        AddConstraintNotValid(
            "assessmentattempt",
            models.CheckConstraint(
                name="attempt_exact_score_within_maximum",
                condition=Q(exact_score__gte=0, exact_score__lte=F("max_score")),
            ),
        ),
        AddConstraintNotValid(
            "attemptanswer",
            models.CheckConstraint(
                name="attempt_answer_exact_points_in_range",
                condition=Q(exact_points__gte=0, exact_points__lte=1000000),
            ),
        ),
        migrations.AlterField(
            "answer",
            "credit",
            models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Credit of the answer as a share of the points, 0 to 1; of a wrong choice that is WEIGHTED, "
                "-1 to 1. Null: 1 if `isCorrect`, otherwise 0.",
                max_digits=5,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("-1")),
                    django.core.validators.MaxValueValidator(Decimal("1")),
                ],
            ),
        ),
        migrations.RemoveConstraint("answer", "answer_credit_is_share"),
        AddConstraintNotValid(
            "answer",
            models.CheckConstraint(
                name="answer_credit_in_range",
                condition=Q(credit__gte=Decimal("-1"), credit__lte=Decimal("1")),
            ),
        ),
        AddConstraintNotValid(
            "answer",
            models.CheckConstraint(
                name="answer_credit_of_right_not_negative",
                condition=Q(is_correct=False) | Q(credit__gte=Decimal("0")),
            ),
        ),
        migrations.AlterField(
            "question",
            "scoring",
            models.CharField(
                choices=SCORING,
                db_default="right_minus_wrong",
                default="right_minus_wrong",
                help_text="Policy of partial credit where several choices are right.",
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint("question", "question_scoring_is_known"),
        AddConstraintNotValid(
            "question",
            models.CheckConstraint(
                name="question_scoring_is_known",
                condition=Q(scoring__in=[value for value, _ in SCORING]),
            ),
        ),
    ])
