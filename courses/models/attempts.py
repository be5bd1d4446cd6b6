"""Attempts of learners at assessments: start, end and score."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Avg, Count, DecimalField, F, Func, Max, Q, Value, prefetch_related_objects
from django.db.models.functions import Coalesce, NullIf

from courses import exceptions
from courses.constants import MAX_POINTS, MAX_QUESTIONS, MAX_USER_AGENT_LENGTH, NO_CREDIT, AttemptEnd
from courses.mixins import TimeStampedMixin
from courses.models.accommodations import AssessmentForLearner, for_learner
from courses.models.assessments import Assessment, Question
from courses.models.catalog import Enrollment
from courses.models.people import User
from courses.models.question_versions import current_versions, versions_to_grade_by
from courses.rules import pass_mark
from courses.rules.attempt_limits import attempts_left, deadline
from courses.rules.credit import POINTS_DECIMALS, counted_points, total_points
from courses.rules.layout import entries_of, make_layout, points_in
from courses.rules.versions import Version
from courses.utils.clock import database_now
from courses.utils.constraints import between, filled_exactly_if, json_is
from courses.utils.model_helpers import AddedDateTimeField, AliasField, defaults_to, lock, saving
from courses.utils.statistics_inputs import StatisticsInputRow
from courses.validators import validate_percentage

if TYPE_CHECKING:
    from courses.models.attempt_answers import AttemptAnswer

RESULT_FIELDS = (
    "is_completed",
    "end_time",
    "ended_by",
    "time_taken_seconds",
    "score",
    "exact_score",
    "max_score",
    "is_passed",
)
"""Fields that completing an attempt sets, once."""

GRADE_FIELDS = ("credit", "exact_points", "is_correct", "points_earned", "graded_version")
"""Fields that grading a stored response sets."""


UNGRADED = Q(credit__isnull=True)
"""Ungraded: waits for a person. Over stored responses."""

COUNTED_SCORE = Coalesce("exact_score", "score", output_field=DecimalField())
"""Score that counts: the exact one, or the whole points of an attempt that was scored without it. Over attempts."""

SCORE_PERCENTAGE = COUNTED_SCORE * Value(Decimal("100.0")) / NullIf("max_score", Value(0))
"""Score in percent, not rounded; null when there was nothing to earn. Over attempts."""

ROUNDED_PERCENTAGE = Value(Decimal("0.01")) * Func(
    COUNTED_SCORE * Value(10_000) + F("max_score") * Value(Decimal("0.5")),
    NullIf("max_score", Value(0)),
    function="div",
    output_field=DecimalField(),
)
"""Score in percent with two decimals, rounded half up, as `percentage` of the pass mark. Over attempts."""


class MeanPercentage(Avg):
    """Mean of percentages, two decimals, rounded half up; null of nothing.

    Ten digits come before two, because thirds have no exact decimal.
    """

    template = "round(round(avg(%(expressions)s), 10), 2)"

    @classmethod
    def in_sql(cls, percentage: str) -> str:
        return cls.template % {"expressions": percentage}


class AssessmentAttempt(TimeStampedMixin):
    """An attempt of a learner at an assessment, from the first look at the questions to the result."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attempts", help_text="The learner."
    )
    assessment = models.ForeignKey(
        Assessment,
        on_delete=models.CASCADE,
        related_name="attempts",
        help_text="The assessment that is taken.",
    )
    start_time = AddedDateTimeField(
        auto_now_add=True, help_text="Time of the start, by the database's clock."
    )
    end_time = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Time of the end: handed in, closed, or the deadline. Null while it is open.",
    )
    time_taken_seconds = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Duration from start to end, in whole seconds. Null while it is open.",
    )
    score = models.PositiveIntegerField(
        **defaults_to(0), help_text="The sum of the points earned, in whole points."
    )
    exact_score = models.DecimalField(
        max_digits=len(str(MAX_POINTS * MAX_QUESTIONS)) + POINTS_DECIMALS,
        decimal_places=POINTS_DECIMALS,
        null=True,
        blank=True,
        help_text="The sum of the exact points earned, not rounded; 18 decimals of what has more, such as a third. "
        "Null: not scored yet, or scored by a version that counted whole points.",
    )
    max_score = models.PositiveIntegerField(
        **defaults_to(0), help_text="Maximum score: the sum of the points of all its questions."
    )
    is_completed = models.BooleanField(
        **defaults_to(False), help_text="Whether it has ended, however it ended."
    )
    is_passed = models.BooleanField(
        null=True, blank=True, help_text="Whether it is passed. Null: open, or a person has still to grade."
    )
    passed = AliasField("is_passed")
    attempt_number = models.PositiveIntegerField(
        blank=True,
        help_text="Number of the attempt among those of the learner at the assessment, counted from 1.",
    )
    ip_address = models.GenericIPAddressField(
        null=True, blank=True, help_text="The address it was started from. Null: not known."
    )
    user_agent = models.TextField(
        blank=True,
        **defaults_to(""),
        validators=[MaxLengthValidator(MAX_USER_AGENT_LENGTH)],
        help_text="The browser it was started with, as it names itself, at most 512 characters.",
    )
    deadline_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Deadline, fixed at the start: the earlier of the learner's time limit and the close. The staff of "
        "the course may move it to a later moment. Null when the time is not limited.",
    )
    ended_by = models.CharField(  # noqa: DJ001 - an open attempt was ended by nobody
        max_length=20,
        choices=AttemptEnd.choices,
        null=True,
        blank=True,
        help_text="Cause of the end. Null while it is open.",
    )
    revision = models.PositiveIntegerField(
        **defaults_to(0),
        help_text="Version of its responses, for optimistic concurrency (`baseRevision`): each save that "
        "changes any adds 1.",
    )
    layout = models.JSONField(
        **defaults_to(dict),
        blank=True,
        help_text="The order of questions, choices, prompts and matches, written once at the start.",
    )
    passing_score = models.PositiveIntegerField(
        blank=True,
        validators=[validate_percentage],
        help_text="The percentage that was needed to pass when it started, 0..100.",
    )
    key_opened_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Stamp of an attempt whose answer key was open to the learner before something changed that "
        "might shut it again. Null: there was no such change.",
    )

    _percentage_of: tuple[tuple[Decimal | int, int], Decimal | None] | None = None

    class Meta:
        indexes = [
            models.Index(fields=["user", "assessment"], name="attempt_by_user_assessment"),
            models.Index(fields=["assessment", "-created_date"], name="attempt_by_assessment"),
            models.Index(fields=["is_completed", "is_passed"], name="attempt_by_outcome"),
            models.Index(fields=["user", "-created_date"], name="attempt_by_user"),
            models.Index(fields=["deadline_at"], name="attempt_deadline", condition=Q(is_completed=False)),
            models.Index(fields=["assessment"], name="attempt_open", condition=Q(is_completed=False)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "assessment", "attempt_number"], name="unique_attempt_number"
            ),
            models.UniqueConstraint(
                fields=["user", "assessment"], name="one_open_attempt", condition=Q(is_completed=False)
            ),
            models.CheckConstraint(
                name="attempt_completed_has_end",
                condition=filled_exactly_if(
                    Q(is_completed=True), "end_time", "ended_by", "time_taken_seconds"
                ),
            ),
            models.CheckConstraint(
                name="attempt_ended_by_is_known", condition=Q(ended_by__in=AttemptEnd.values)
            ),
            models.CheckConstraint(name="attempt_number_positive", condition=Q(attempt_number__gte=1)),
            models.CheckConstraint(
                name="attempt_passing_score_in_percent", condition=between("passing_score", 0, 100)
            ),
            models.CheckConstraint(
                name="attempt_score_within_maximum", condition=Q(score__lte=F("max_score"))
            ),
            models.CheckConstraint(
                name="attempt_exact_score_within_maximum",
                condition=Q(exact_score__gte=0, exact_score__lte=F("max_score")),
            ),
            models.CheckConstraint(
                name="attempt_deadline_after_start", condition=Q(deadline_at__gte=F("start_time"))
            ),
            models.CheckConstraint(name="attempt_layout_is_object", condition=json_is("layout", "object")),
            StatisticsInputRow(
                name="attempt_in_statistics",
                owners=["user", "assessment__lesson__course"],
                columns=[
                    "user",
                    "assessment",
                    "score",
                    "exact_score",
                    "max_score",
                    "is_passed",
                    "time_taken_seconds",
                ],
                counts=Q(is_completed=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, attempt {self.attempt_number} of {self.assessment}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Start a new attempt, and score one that is being completed; write it in one transaction.

        Completing happens once: the first save that turns `is_completed` on grades, scores and stamps. Later
        saves write back the stored result, whatever the instance says, so a stale one changes nothing.

        Raises exceptions.AttemptLimitReached when all attempts were used, and exceptions.Conflict while
        another one is open. A row that is added as completed keeps the score it brings.
        """
        with saving(self):
            if self._state.adding:
                self._start()
            else:
                self._complete_once(kwargs)
            super().save(*args, **kwargs)

    @property
    def counted_score(self) -> Decimal | int:
        """Score that counts, as `COUNTED_SCORE`."""
        return self.score if self.exact_score is None else self.exact_score

    @property
    def score_percentage(self) -> Decimal | None:
        """Score in percent with two decimals; None when there was nothing to earn.

        Cached on the instance for as long as score and maximum stay the same.
        """
        scored = (self.counted_score, self.max_score)
        if self._percentage_of is None or self._percentage_of[0] != scored:
            self._percentage_of = (scored, pass_mark.percentage(*scored))
        return self._percentage_of[1]

    @property
    def time_taken(self) -> timedelta | None:
        """Duration from start to end; the stored seconds where a moment is missing, None while it is open."""
        if self.start_time and self.end_time:
            lasted: timedelta = self.end_time - self.start_time
            return max(lasted, timedelta(0))
        return None if self.time_taken_seconds is None else timedelta(seconds=self.time_taken_seconds)

    def complete(
        self, *, ended_by: AttemptEnd = AttemptEnd.LEARNER, end_time: datetime | None = None
    ) -> None:
        """End and score the attempt; one that has ended keeps its result. `end_time` defaults to now."""
        self.is_completed, self.ended_by, self.end_time = True, ended_by, end_time
        self.save(update_fields=RESULT_FIELDS)

    def freeze(self, versions: Collection[Version], terms: AssessmentForLearner) -> None:
        """Freeze the terms of the start: deadline, pass mark, maximum, and the layout of the versions of the
        assessment's questions, in the author's order. Nothing is written.

        One that is added after the close, such as an old record, has no time but its limit.
        """
        self.start_time = self.start_time or database_now()
        if self.deadline_at is None:
            closes_at = terms.effective_closes_at
            self.deadline_at = deadline(
                self.start_time,
                time_limit=terms.effective_time_limit,
                closes_at=closes_at if closes_at and closes_at > self.start_time else None,
            )
        if self.passing_score is None:
            self.passing_score = self.assessment.passing_score
        self.max_score = self.max_score or sum(version.question.points for version in versions)
        self.layout = self.layout or make_layout(
            versions, randomize=self.assessment.randomize_questions, random=SystemRandom()
        )

    def settle(
        self, answers: "Sequence[AttemptAnswer]", versions: Mapping[int, Version]
    ) -> "list[AttemptAnswer]":
        """Set the result of an attempt that ends: grade every response that no person has graded, by the versions to
        grade by, stamp the end, and add up. Return what was graded. Nothing is written.
        """
        graded = [answer for answer in answers if answer.graded_at is None]
        for answer in graded:
            answer.grade(versions[answer.question_id])
        self._stamp_end()
        self._set_result(answers, {pk: version.question.points for pk, version in versions.items()})
        return graded

    def left_out(
        self, answers: "Sequence[AttemptAnswer]", versions: Mapping[int, Version]
    ) -> "list[AttemptAnswer]":
        """Return new rows for questions without a response whose key was mended since they were asked, so that their
        solution is the new one.
        """
        answered, entries = {answer.question_id for answer in answers}, entries_of(self.layout)
        return [
            self.answers.model(
                attempt=self,
                question_id=pk,
                graded_version_id=version.id,
                credit=NO_CREDIT,
                exact_points=NO_CREDIT,
                is_correct=False,
                answered_at=self.start_time,
            )
            for pk, version in versions.items()
            if pk not in answered and version.id != entries[pk].get("version")
        ]

    def get_possible_points(self) -> int:
        """Return the points that this attempt can earn: those of its questions when they were laid out, and those of
        questions that were answered without being laid out.
        """
        laid_out = points_in(self.layout, {})
        further = self.answers.exclude(question__in=laid_out).prefetch_related("question")
        return sum(laid_out.values()) + sum(answer.question.points for answer in further)

    def _start(self) -> None:
        """Number a new attempt, and freeze its terms."""
        self._lock_learner()
        before = type(self)._base_manager.filter(user_id=self.user_id, assessment_id=self.assessment_id)
        count = before.aggregate(
            used=Count("pk"),
            last=Max("attempt_number", default=0),
            open=Count("pk", filter=Q(is_completed=False)),
        )
        if count["open"] and not self.is_completed:
            raise exceptions.Conflict("An attempt is still open. Please continue it or hand it in first.")
        terms = for_learner(Assessment._base_manager.filter(pk=self.assessment_id), self.user_id).get()
        if attempts_left(max_attempts=terms.effective_max_attempts, used=count["used"]) == 0:
            raise exceptions.AttemptLimitReached()
        self.attempt_number = self.attempt_number or count["last"] + 1
        prefetch_related_objects([self.assessment], "questions__answers")
        questions = sorted(self.assessment.questions.all(), key=attrgetter("order"))
        versions = current_versions(questions)
        self.freeze([versions[question.pk] for question in questions], terms)
        if self.is_completed:
            self._stamp_end()
            self.exact_score = Decimal(self.counted_score)
            if self.is_passed is None:
                self.is_passed = pass_mark.passes(self.exact_score, 0, self.max_score, self.passing_score)

    def _lock_learner(self) -> None:
        """Lock the enrolment, or without one the person, so that a learner starts one attempt at a time."""
        enrollment = Enrollment.objects.filter(
            user_id=self.user_id, course__lessons__assessment=self.assessment_id
        )
        if lock(enrollment) == 0:
            lock(User.objects.filter(pk=self.user_id))

    def _complete_once(self, save_arguments: dict[str, Any]) -> None:
        """Complete the attempt if this save is the first to do so, otherwise keep the stored result.

        Questions are looked up by their ids: for a join PostgreSQL may read every question of the platform.
        """
        written = save_arguments.get("update_fields")
        if written is not None and not {"passed", *RESULT_FIELDS} & set(written):
            return
        stored = type(self)._base_manager.select_for_update(no_key=True).filter(pk=self.pk)
        result = stored.values(*RESULT_FIELDS).first()
        if result is None or not (result["is_completed"] or self.is_completed):
            return
        if result["is_completed"]:
            for name, value in result.items():
                setattr(self, name, value)
            return
        answers, entries = list(self.answers.all()), entries_of(self.layout)
        wanted = {*entries, *(answer.question_id for answer in answers)}
        questions = Question.objects.prefetch_related("answers").in_bulk(wanted)
        for question in questions.values():
            question.assessment = self.assessment
        contents = {pk: question.to_content() for pk, question in questions.items()}
        versions = versions_to_grade_by(contents, entries)
        for answer in answers:
            answer.attempt, answer.question = self, questions[answer.question_id]
        self.answers.bulk_update(self.settle(answers, versions), GRADE_FIELDS)
        self.answers.bulk_create(self.left_out(answers, versions))
        if written is not None:
            save_arguments["update_fields"] = {*written, *RESULT_FIELDS}

    def _stamp_end(self) -> None:
        """Set end, cause and duration, which is never negative, wherever they are not set yet."""
        self.end_time = self.end_time or database_now()
        self.ended_by = self.ended_by or AttemptEnd.LEARNER
        self.time_taken_seconds = max(0, int((self.end_time - self.start_time).total_seconds()))

    def _set_result(self, answers: "Sequence[AttemptAnswer]", points: Mapping[int, int]) -> None:
        """Add up the grades; `points` are of the questions. The pass mark stays open while it depends on a person."""
        possible = points_in(self.layout, points)
        pending = sum(possible[answer.question_id] for answer in answers if answer.credit is None)
        self.score = sum(answer.points_earned for answer in answers)
        self.exact_score = total_points(
            counted_points(answer.exact_points, possible[answer.question_id], answer.credit)
            for answer in answers
            if answer.credit is not None
        )
        self.max_score = sum(possible.values())
        self.is_passed = pass_mark.passes(self.exact_score, pending, self.max_score, self.passing_score)
