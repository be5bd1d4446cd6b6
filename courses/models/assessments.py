"""Assessments of lessons, their questions, and the answers that are the key."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Prefetch, Q, Sum

from courses.constants import (
    FULL_CREDIT,
    LOWEST_CREDIT,
    MAX_ATTEMPTS,
    MAX_POINTS,
    MAX_QUESTIONS,
    MAX_TIME_LIMIT_MINUTES,
    MIN_ASSESSMENT_TITLE_LENGTH,
    NO_CREDIT,
    QuestionType,
    ScoringPolicy,
    TextMatch,
)
from courses.mixins import OrderedMixin, TimeStampedMixin
from courses.models.catalog import Lesson
from courses.rules import values
from courses.rules.questions import kind_of
from courses.rules.versions import Content
from courses.utils.constraints import Range, between
from courses.utils.kept_versions import KeptWhileLaidOut
from courses.utils.model_helpers import AliasField, defaults_to
from courses.utils.statistics_inputs import StatisticsInput
from courses.validators import MinVisibleLengthValidator, validate_not_blank, validate_percentage

_ATTEMPTS = Range(1, MAX_ATTEMPTS)
_TIME_LIMIT = Range(0, MAX_TIME_LIMIT_MINUTES)
_POINTS = Range(1, MAX_POINTS)
_CREDIT = Range(LOWEST_CREDIT, FULL_CREDIT)


def refuse_empty_window(opens_at: datetime | None, closes_at: datetime | None) -> None:
    """Raise ValidationError for an end that is not after the opening."""
    if opens_at and closes_at and closes_at <= opens_at:
        raise ValidationError({"closes_at": "Please let it close after it opens."})


class Assessment(TimeStampedMixin):
    """A test that belongs to a lesson: its questions, and the settings by which it is taken."""

    lesson = models.OneToOneField(
        Lesson, on_delete=models.CASCADE, related_name="assessment", help_text="The lesson it belongs to."
    )
    title = models.CharField(
        max_length=255,
        validators=[MinVisibleLengthValidator(MIN_ASSESSMENT_TITLE_LENGTH)],
        help_text="The title, 2 to 255 characters.",
    )
    description = models.TextField(blank=True, **defaults_to(""), help_text="Instructions for the learner.")
    passing_score = models.PositiveIntegerField(
        **defaults_to(70),
        validators=[validate_percentage],
        help_text="Pass mark: percentage of the maximum score that is needed to pass, 0 to 100.",
    )
    max_attempts = models.PositiveIntegerField(
        **defaults_to(1),
        validators=_ATTEMPTS.validators,
        help_text="Number of attempts that each learner may make, 1 to 1,000.",
    )
    time_limit = models.PositiveIntegerField(
        **defaults_to(0),
        validators=_TIME_LIMIT.validators,
        help_text="How long an attempt may take, in minutes, at most a year. 0: as long as one likes.",
    )
    time_limit_minutes = AliasField("time_limit")
    randomize_questions = models.BooleanField(
        **defaults_to(False), help_text="Whether the questions come in a different order in each attempt."
    )
    show_correct_answers = models.BooleanField(
        **defaults_to(True),
        help_text="Whether learners see right answers and explanations, once they can start no further attempt, "
        "`keyFrom` has passed and, where the assessment closes, it has closed for everybody. Without `keyFrom` "
        "and `closesAt` each learner sees them as soon as their own attempts are used up, also while others have "
        "not begun.",
    )
    show_results = models.BooleanField(
        **defaults_to(True),
        help_text="Whether a learner sees score, pass mark and feedback after the attempt, from `resultsFrom` on.",
    )
    opens_at = models.DateTimeField(
        null=True, blank=True, help_text="Time from which attempts can be started. Null: at once."
    )
    closes_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time from which no attempt can be started, and at which running ones end. Null: never.",
    )
    results_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time from which learners see results, where `showResults`. Null: right after the attempt.",
    )
    key_from = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time before which no learner sees right answers. Null: no earliest time.",
    )
    is_published = models.BooleanField(
        **defaults_to(True),
        help_text="Whether learners see the assessment and can start it. Attempts that are there stay with "
        "their learners.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["passing_score"], name="assessment_passing_score"),
            models.Index(fields=["show_results", "show_correct_answers"], name="assessment_shows"),
        ]
        constraints = [
            models.CheckConstraint(
                name="assessment_passing_score_in_percent", condition=between("passing_score", 0, 100)
            ),
            _ATTEMPTS.constraint("max_attempts", "assessment_max_attempts_in_range"),
            _TIME_LIMIT.constraint("time_limit", "assessment_time_limit_in_range"),
            models.CheckConstraint(
                name="assessment_opens_before_it_closes", condition=Q(opens_at__lt=F("closes_at"))
            ),
            StatisticsInput(name="assessment_in_statistics", owners=["lesson__course"], columns=["lesson"]),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Reject a negative time limit, a passing score outside 0..100, and an end that is not after the opening."""
        super().clean()
        if self.time_limit is not None and self.time_limit < 0:
            raise ValidationError({"time_limit": "Please give a time limit of 0 or more minutes."})
        if self.passing_score is not None and not 0 <= self.passing_score <= 100:
            raise ValidationError({"passing_score": "Please give a passing score between 0 and 100."})
        refuse_empty_window(self.opens_at, self.closes_at)

    def get_questions(self) -> "models.QuerySet[Question]":
        """Return the questions in order, each with its answers in order, in two queries."""
        answers = Prefetch("answers", queryset=Answer.objects.order_by("order"))
        return self.questions.select_related("assessment").prefetch_related(answers).order_by("order")

    def get_max_score(self) -> int:
        """Return the sum of the points of all questions, added up by the database."""
        total: int = self.questions.aggregate(total=Sum("points", default=0))["total"]
        return total


class Question(TimeStampedMixin, OrderedMixin):
    """A question of an assessment as its author wrote it, answer key included. Learners never see it."""

    ordered_within = "assessment"

    assessment = models.ForeignKey(
        Assessment,
        on_delete=models.CASCADE,
        related_name="questions",
        help_text="The assessment it belongs to.",
    )
    question_text = models.TextField(
        validators=[validate_not_blank],
        help_text="Text of the question. In a fill-in question [[key]] marks the blank `key`.",
    )
    text = AliasField("question_text")
    question_type = models.CharField(
        max_length=20,
        choices=QuestionType.choices,
        **defaults_to(QuestionType.MULTIPLE_CHOICE),
        help_text="Type of the question, which decides how it is answered and graded.",
    )
    points = models.PositiveIntegerField(
        **defaults_to(1), validators=_POINTS.validators, help_text="Points for full credit, 1 to 1,000,000."
    )
    explanation = models.TextField(
        blank=True,
        **defaults_to(""),
        help_text="Explanation of the right answer, shown together with the answer key. Empty: none.",
    )
    feedback = AliasField("explanation")
    scoring = models.CharField(
        max_length=20,
        choices=ScoringPolicy.choices,
        **defaults_to(ScoringPolicy.RIGHT_MINUS_WRONG),
        help_text="Policy of partial credit where several choices are right.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["assessment", "order"], name="question_in_order"),
            models.Index(fields=["question_type"], name="question_type"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["assessment", "order"],
                name="unique_question_order",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            _POINTS.constraint("points", "question_points_in_range"),
            models.CheckConstraint(name="question_order_in_range", condition=Q(order__lte=MAX_QUESTIONS)),
            models.CheckConstraint(
                name="question_type_is_known", condition=Q(question_type__in=QuestionType.values)
            ),
            models.CheckConstraint(
                name="question_scoring_is_known", condition=Q(scoring__in=ScoringPolicy.values)
            ),
            KeptWhileLaidOut(name="question_kept_while_laid_out"),
        ]

    def __str__(self) -> str:
        return self.question_text[:80]

    @property
    def text_property(self) -> str:
        """Text of the question. In a fill-in question [[key]] marks the blank `key`."""
        return self.question_text

    @property
    def feedback_property(self) -> str:
        """Reason why the right answer is right."""
        return self.explanation

    def get_answers(self) -> "models.QuerySet[Answer]":
        """Return the answers in the author's order, in one query."""
        return self.answers.select_related("question").order_by("order")

    def to_rule(self, answers: "Iterable[Answer] | None" = None) -> values.Question:
        """Return the plain value that grading works on. Answers at hand, or prefetched, are used."""
        answers = sorted(self.answers.all() if answers is None else answers, key=lambda answer: answer.order)
        return values.Question(
            type=kind_of(self.question_type).type,
            scoring=ScoringPolicy(self.scoring),
            points=self.points,
            answers=tuple(answer.to_rule() for answer in answers),
        )

    def to_content(
        self, answers: "Iterable[Answer] | None" = None, *, decimal_comma: bool | None = None
    ) -> Content:
        """Return everything of the question as it stands now, which is what a version of it keeps.

        `decimal_comma` is the course's, where that was read already. It counts where a number is compared, so that
        other questions are the same whatever the course says.
        """
        rule = self.to_rule(answers)
        if any(answer.text_match == TextMatch.NUMERIC for answer in rule.answers):
            if decimal_comma is None:
                decimal_comma = self.assessment.lesson.course.decimal_comma
            rule = replace(rule, decimal_comma=decimal_comma)
        return Content(rule, self.question_text, self.explanation)


class Answer(TimeStampedMixin, OrderedMixin):
    """A choice, a pair or an accepted text of a question: part of the answer key. Learners never see it."""

    ordered_within = "question"

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="answers", help_text="The question it belongs to."
    )
    answer_text = models.CharField(
        max_length=500,
        blank=True,
        **defaults_to(""),
        help_text="Text of the choice, prompt of the pair, or accepted text, at most 500 characters. Empty: a "
        "distractor in matching.",
    )
    text = AliasField("answer_text")
    is_correct = models.BooleanField(**defaults_to(False), help_text="Whether picking it is right.")
    explanation = models.TextField(
        blank=True, **defaults_to(""), help_text="Explanation why it is right or wrong. Empty: none."
    )
    match_text = models.CharField(
        max_length=500,
        blank=True,
        **defaults_to(""),
        help_text="Matching: the text that belongs to the prompt `text`, at most 500 characters.",
    )
    blank_key = models.CharField(
        max_length=50,
        blank=True,
        **defaults_to(""),
        validators=[validate_not_blank],
        help_text="Fill in the blank: key of the blank that `text` fills, at most 50 characters.",
    )
    text_match = models.CharField(
        max_length=20,
        choices=TextMatch.choices,
        **defaults_to(TextMatch.IGNORE_CASE),
        help_text="Rule by which a written response is compared with `text`.",
    )
    tolerance = models.DecimalField(
        max_digits=20,
        decimal_places=10,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
        help_text="Absolute tolerance of a NUMERIC match, in either direction, 0 or more. Null: none.",
    )
    credit = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        null=True,
        blank=True,
        validators=_CREDIT.validators,
        help_text="Credit of the answer as a share of the points, 0 to 1; of a wrong choice that is WEIGHTED, -1 to 1. "
        "Null: 1 if `isCorrect`, otherwise 0.",
    )

    class Meta:
        indexes = [
            models.Index(fields=["question", "order"], name="answer_in_order"),
            models.Index(fields=["is_correct"], name="answer_is_correct"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["question", "order"],
                name="unique_answer_order",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            _CREDIT.constraint("credit", "answer_credit_in_range"),
            models.CheckConstraint(
                name="answer_credit_of_right_not_negative",
                condition=Q(is_correct=False) | Q(credit__gte=NO_CREDIT),
            ),
            models.CheckConstraint(name="answer_tolerance_not_negative", condition=Q(tolerance__gte=0)),
            models.CheckConstraint(
                name="answer_text_match_is_known", condition=Q(text_match__in=TextMatch.values)
            ),
        ]

    def __str__(self) -> str:
        return self.answer_text[:80]

    @property
    def text_property(self) -> str:
        """Text of the choice, of the prompt of a pair, or of an accepted text."""
        return self.answer_text

    def to_rule(self) -> values.Answer:
        """Return the plain value that grading works on."""
        return values.Answer(
            id=self.pk,
            text=self.answer_text,
            is_correct=self.is_correct,
            match_text=self.match_text,
            blank_key=self.blank_key,
            text_match=TextMatch(self.text_match),
            tolerance=self.tolerance,
            credit=self.credit,
            explanation=self.explanation,
        )
