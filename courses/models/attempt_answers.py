"""Responses of learners to questions, their grades, and the record of changed grades."""

from typing import Any, NamedTuple, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from courses.constants import MAX_POINTS, GradeChangeReason
from courses.mixins import TimeStampedMixin
from courses.models.assessments import Answer, Question
from courses.models.attempts import GRADE_FIELDS, UNGRADED, AssessmentAttempt
from courses.models.question_versions import QuestionVersion, versions_to_grade_by
from courses.rules import grading
from courses.rules.credit import POINTS_DECIMALS, kept_credit, kept_points
from courses.rules.layout import as_laid_out, find_entry
from courses.rules.questions import QuestionKind, SpecifiedColumns, kind_of
from courses.rules.responses import specified_columns
from courses.rules.values import Grade, ResponseMember
from courses.rules.versions import Version
from courses.utils.constraints import between, json_is
from courses.utils.frozen_columns import FrozenColumns
from courses.utils.model_helpers import AddedDateTimeField, defaults_to
from courses.utils.statistics_inputs import StatisticsInputRow

RESPONSE_FIELDS = frozenset({"response", "selected_answer", "selected_answer_id", "text_answer"})

_GRADED = Q(credit__isnull=False, is_correct__isnull=False)


def _credit_field(help_text: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=11, decimal_places=10, null=True, blank=True, help_text=help_text)


def _exact_points_field(help_text: str) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(
        max_digits=len(str(MAX_POINTS)) + POINTS_DECIMALS,
        decimal_places=POINTS_DECIMALS,
        null=True,
        blank=True,
        help_text=help_text,
    )


class _ResponseParts(NamedTuple):
    """Response as an instance was loaded or last saved."""

    response: dict[str, Any] | None
    selected_answer_id: int | None
    text_answer: str


class AttemptAnswer(TimeStampedMixin):
    """Response of a learner to one question in an attempt, with its grade."""

    attempt = models.ForeignKey(
        AssessmentAttempt,
        on_delete=models.CASCADE,
        related_name="answers",
        help_text="The attempt it is part of.",
    )
    question = models.ForeignKey(
        Question,
        on_delete=models.CASCADE,
        related_name="attempt_answers",
        help_text="The question it answers.",
    )
    selected_answer = models.ForeignKey(
        Answer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="selected_in",
        help_text="The choice that was picked, where exactly one was.",
    )
    text_answer = models.TextField(blank=True, **defaults_to(""), help_text="The text that was written.")
    is_correct = models.BooleanField(
        null=True, blank=True, help_text="Whether it earned full credit. Null: not graded yet."
    )
    points_earned = models.PositiveIntegerField(
        **defaults_to(0),
        help_text="The points of the question times the credit, rounded half up. 0 until graded.",
    )
    feedback = models.TextField(blank=True, **defaults_to(""), help_text="What the instructor says about it.")
    answered_at = AddedDateTimeField(auto_now_add=True, help_text="When it was last answered.")
    response = models.JSONField(
        null=True,
        blank=True,
        help_text=(
            "What was answered, with primary keys of answers: one of `choices` (array), `text` (string), "
            "`matches` (object from prompt to match) and `blanks` (object from key to text). Null: nothing."
        ),
    )
    credit = _credit_field("The exact share of the points that was earned, 0..1. Null: not graded yet.")
    exact_points = _exact_points_field(
        "The points of the question times the credit, not rounded; 18 decimals of what has more, such as a third. "
        "Null: not graded yet, or graded by a version that counted whole points."
    )
    graded_version = models.ForeignKey(
        QuestionVersion,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
        help_text="The version of the question whose key it was last graded by. Null: the one that was asked.",
    )
    graded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="graded_answers",
        help_text="The person who graded it. Null: nobody, or somebody who is no longer here.",
    )
    graded_at = models.DateTimeField(
        null=True, blank=True, help_text="When a person graded it. Null: no person has."
    )
    revision = models.PositiveIntegerField(
        **defaults_to(0), help_text="The revision of the attempt in which the response was last changed."
    )
    is_flagged = models.BooleanField(
        **defaults_to(False), help_text="Whether the learner marked it to come back to."
    )

    _remembered = _ResponseParts(None, None, "")

    class Meta:
        indexes = [
            models.Index(fields=["attempt", "question"], name="attempt_answer_of_question"),
            models.Index(fields=["is_correct"], name="attempt_answer_is_correct"),
            models.Index(
                fields=["question", "attempt"],
                name="attempt_answer_ungraded",
                condition=UNGRADED,
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["attempt", "question"], name="unique_attempt_answer"),
            models.CheckConstraint(name="attempt_answer_credit_is_share", condition=between("credit", 0, 1)),
            models.CheckConstraint(
                name="attempt_answer_correct_by_credit",
                condition=UNGRADED & Q(is_correct__isnull=True, points_earned=0)
                | (_GRADED & (Q(credit=1, is_correct=True) | Q(credit__lt=1, is_correct=False))),
            ),
            models.CheckConstraint(
                name="attempt_answer_exact_points_in_range", condition=between("exact_points", 0, MAX_POINTS)
            ),
            models.CheckConstraint(
                name="attempt_answer_graded_by_has_date",
                condition=Q(graded_by__isnull=True) | Q(graded_at__isnull=False),
            ),
            models.CheckConstraint(
                name="attempt_answer_response_is_object", condition=json_is("response", "object")
            ),
            FrozenColumns(
                name="attempt_answer_frozen_at_the_end",
                reference="attempt",
                flag="is_completed",
                columns=(
                    "attempt",
                    "question",
                    "response",
                    "text_answer",
                    "answered_at",
                    "revision",
                    "is_flagged",
                ),
                unless=("user", "erased_at"),
            ),
            StatisticsInputRow(
                name="waiting_answer_in_statistics",
                owners=["attempt__user", "attempt__assessment__lesson__course"],
                columns=["attempt"],
                counts=UNGRADED,
                within=("attempt", "is_completed"),
            ),
        ]

    def __str__(self) -> str:
        return f"Answer to {self.question}"

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        """Load a row, and remember its response, to notice at the next save which part of it was changed."""
        instance: Self = super().from_db(*args, **kwargs)
        instance._remember()
        return instance

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        """Read the row again, and remember its response."""
        super().refresh_from_db(*args, **kwargs)
        self._remember()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Keep `response`, `selected_answer` and `text_answer` in step, and grade what no person has graded.

        Once its attempt is completed, saving a response never changes its grade.
        """
        written = kwargs.get("update_fields")
        with transaction.atomic():
            if written is None or RESPONSE_FIELDS & set(written):
                self._keep_in_step()
                if self._is_graded_on_save():
                    self.grade()
                if written is not None:
                    kwargs["update_fields"] = {*written, *RESPONSE_FIELDS, *GRADE_FIELDS}
            super().save(*args, **kwargs)
        self._remember()

    def clean(self) -> None:
        """Reject a response without the part that its question asks for, or a choice of another question."""
        super().clean()
        if self.question.assessment_id != self.attempt.assessment_id:
            raise ValidationError({"question": "Please answer a question of this assessment."})
        if self.selected_answer is not None and self.selected_answer.question_id != self.question_id:
            raise ValidationError({"selected_answer": "Please pick a choice of this question."})
        if self.response is not None and not isinstance(self.response, dict):
            raise ValidationError({"response": "Please give a JSON object."})
        response = self.response or self._response_from_parts()
        if not grading.is_unanswered(self.question.question_type, response):
            return
        if self._kind.member == ResponseMember.CHOICES:
            raise ValidationError({"selected_answer": "Please pick a choice."})
        raise ValidationError({"text_answer": "Please write an answer."})

    @property
    def answer(self) -> Answer | None:
        """Picked choice: an alias of `selected_answer`."""
        return self.selected_answer

    @answer.setter
    def answer(self, answer: Answer | None) -> None:
        self.selected_answer = answer

    @property
    def text_response(self) -> str:
        """Written text: an alias of `text_answer`."""
        return self.text_answer

    @text_response.setter
    def text_response(self, text: str) -> None:
        self.text_answer = text

    def grade(self, version: Version | None = None) -> Grade:
        """Set credit, correctness and points by the key of a version, without saving; return the grade with reasons.

        Without one it is today's, where its parts fit what was asked, else the one that was asked.
        """
        entry = find_entry(self.attempt.layout, self.question_id)
        if version is None:
            entries = {} if entry is None else {self.question_id: entry}
            version = versions_to_grade_by({self.question_id: self.question.to_content()}, entries)[
                self.question_id
            ]
        grade = grading.grade(as_laid_out(version.question, entry), self.response)
        self.graded_version_id = version.id
        self.credit = None if grade.credit is None else kept_credit(grade.credit)
        self.exact_points = None if grade.exact_points is None else kept_points(grade.exact_points)
        self.is_correct, self.points_earned = grade.is_correct, grade.points or 0
        return grade

    @property
    def _kind(self) -> QuestionKind:
        return kind_of(self.question.question_type)

    def _is_graded_on_save(self) -> bool:
        if self.graded_at is not None:
            return False
        return self._state.adding or not self.attempt.is_completed

    def _keep_in_step(self) -> None:
        """Derive the other parts from the one that was changed, `response` first where several were."""
        if self.response != self._remembered.response:
            said = specified_columns(self.question.question_type, self.response)
            self.selected_answer_id, self.text_answer = said
        elif (self.selected_answer_id, self.text_answer) != self._remembered[1:]:
            self.response = self._response_from_parts()

    def _response_from_parts(self) -> dict[str, Any] | None:
        """Return the picked choice or the written text as a response; a text fills an only blank."""
        columns = SpecifiedColumns(self.selected_answer_id, self.text_answer)
        value = self._kind.from_columns(columns, self.question.to_rule()) if any(columns) else None
        return None if value is None else {self._kind.member.value: value}

    def _remember(self) -> None:
        """Remember what is loaded; a deferred part counts as empty."""
        loaded = self.__dict__
        self._remembered = _ResponseParts(
            loaded.get("response"), loaded.get("selected_answer_id"), loaded.get("text_answer", "")
        )


class GradeChange(TimeStampedMixin):
    """The record of a grade that was changed after it was set: who, when, from what to what, and why."""

    attempt_answer = models.ForeignKey(
        AttemptAnswer,
        on_delete=models.CASCADE,
        related_name="grade_changes",
        help_text="The answer whose grade was changed.",
    )
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="grade_changes",
        help_text="The person who changed it. Null: the system, or somebody who is no longer here.",
    )
    reason = models.CharField(
        max_length=20, choices=GradeChangeReason.choices, help_text="Why it was changed."
    )
    note = models.TextField(blank=True, **defaults_to(""), help_text="More about the reason, for people.")
    old_credit = _credit_field("The credit before, 0..1. Null: it was not graded.")
    new_credit = _credit_field("The credit after, 0..1. Null: it waits for a person again.")
    old_points = _exact_points_field("The exact points before. Null: none yet.")
    new_points = _exact_points_field("The exact points after. Null: none yet.")

    class Meta:
        indexes = [models.Index(fields=["attempt_answer", "created_date"], name="grade_change_by_answer")]
        constraints = [
            models.CheckConstraint(
                name="grade_change_reason_is_known", condition=Q(reason__in=GradeChangeReason.values)
            ),
            models.CheckConstraint(
                name="grade_change_credit_is_share",
                condition=between("old_credit", 0, 1) & between("new_credit", 0, 1),
            ),
            models.CheckConstraint(
                name="grade_change_points_in_range",
                condition=between("old_points", 0, MAX_POINTS) & between("new_points", 0, MAX_POINTS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.old_points} → {self.new_points} points"
