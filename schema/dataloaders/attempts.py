"""Data sources of attempts. A post-load hook closes overdue attempts before they are shown."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import orjson

from courses.models import Answer, Question
from courses.selectors import attempt_starts, attempts
from courses.services.attempt_endings import close_expired_attempts
from schema.dataloaders.base import Advice, AfterLoad, ByPk, InOrder, Made, PageOf, Viewer
from schema.dataloaders.inlining import Instances, Parts, RawColumns, Rows, any_of, never_null
from schema.dataloaders.plans import UNKNOWN, Plan
from schema.dataloaders.statements import rows_of


def _close_overdue(viewer: Viewer, rows: Sequence[attempts.VisibleAttempt]) -> None:
    """Close the overdue attempts among `rows`, and refresh those rows."""
    overdue = {row.pk: row for row in rows if row.is_overdue}
    if not overdue:
        return
    close_expired_attempts(attempt_ids=overdue)
    for fresh in attempts.attempts_visible_to(viewer).filter(pk__in=overdue):
        vars(overdue[fresh.pk]).update(vars(fresh))


closing = AfterLoad(_close_overdue, columns=frozenset({"is_overdue"}), pending="is_overdue")


def _close_own_overdue(viewer: Viewer, rows: Sequence[attempts.TakenAssessment]) -> None:
    """Close the viewer's overdue attempts at the assessments, and refresh those rows."""
    overdue = {row.pk: row for row in rows if row.has_overdue}
    if not overdue:
        return
    own = attempts.attempts_of(viewer).filter(assessment__in=overdue, is_overdue=True)
    close_expired_attempts(attempt_ids=own.values_list("pk", flat=True))
    for fresh in attempts.assessments_as_taken_by(viewer).filter(pk__in=overdue):
        vars(overdue[fresh.pk]).update(vars(fresh))


closing_own = AfterLoad(_close_own_overdue, columns=frozenset({"has_overdue"}), pending="has_overdue")


QUESTIONS_KEPT = 2048
"""Number of questions whose rows a process keeps as values, by their text: the same text is the same question."""


@lru_cache(maxsize=QUESTIONS_KEPT)
def _question_with_rule(
    text: str, questions: Instances[Question], answers: Instances[Answer]
) -> attempts.QuestionWithRule:
    """Return the question of a JSON array, whose last element is the arrays of its answers."""
    *of_question, of_answers = orjson.loads(text)
    [found] = attempts.with_rules([questions.of(of_question)], map(answers.of, of_answers))
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class LaidOutQuestions(Made):
    """Questions of attempts, visible to whoever sees the attempt. The types of the API hold no key."""

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[attempts.VisibleAttempt, list[attempts.VisibleQuestion]]:
        wanted = attempts.questions_in(keys)
        questions = attempts.with_rules(
            rows_of(attempts.questions_as_laid_out, "pk", viewer, wanted, InOrder()),
            rows_of(attempts.answers_as_laid_out, "question_id", viewer, wanted, InOrder()),
        )
        pks = [row.pk for row in keys]
        answered = rows_of(attempts.answered_in_attempts, "attempt_id", viewer, pks, InOrder())
        return attempts.lay_out(keys, questions, answered)

    def missing(self, key: Any, request: Hashable) -> list[attempts.VisibleQuestion]:
        return []

    def parts(self, parent: Rows, then: Plan) -> Parts:
        layout = parent.column("layout")
        questions = parent.inlining.rows(
            attempts.questions_as_laid_out, any_of("pk", attempts.laid_out_in(layout))
        )
        answers = questions.beneath(attempts.answers_as_laid_out, "question_id", "pk")
        answered = parent.beneath(attempts.answered_in_attempts, "attempt_id", "pk")
        question_columns = RawColumns(questions, attempts.LAID_OUT_QUESTION)
        answer_columns = RawColumns(answers, attempts.LAID_OUT_ANSWER)
        answered_columns = RawColumns(answered, attempts.ANSWERED)

        def make(attempt: Any, raw: Any) -> list[attempts.VisibleQuestion]:
            texts, of_answered = raw
            found = (
                _question_with_rule(text, question_columns.instances, answer_columns.instances)
                for text in texts
            )
            responses = map(answered_columns.instances.of, of_answered)
            return attempts.lay_out([attempt], found, responses)[attempt]

        with_answers = f"{question_columns.values}, ({answers.arrays(answer_columns.values)})"
        texts = questions.select(f"coalesce(json_agg(json_build_array({with_answers})::text), '[]')")
        return Parts(f"json_build_array(({texts}), ({answered.arrays(answered_columns.values)}))::text", make)


ASSESSMENTS_KEPT = 512
"""Number of assessments whose questions a process keeps as checked, by their text."""


@lru_cache(maxsize=ASSESSMENTS_KEPT)
def _problem_of_questions(
    text: str, questions: Instances[Question], answers: Instances[Answer]
) -> str | None:
    """Return the problem of an assessment's questions: a JSON array of each, whose last element is its answers."""
    found = (
        (questions.of(of_question), map(answers.of, of_question[-1])) for of_question in orjson.loads(text)
    )
    return attempt_starts.problem_of_questions(
        (question.order, question.to_rule(of_it)) for question, of_it in found
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class AdviceOnStarting(Made):
    """Permission check of starting an attempt at assessments.

    Questions are read where they may decide. If they decide although they were not read, making the value fails, and
    the query is read the ordinary way.
    """

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[Any, Any]:
        refusals = attempt_starts.start_refusals(viewer, keys) if viewer else dict.fromkeys(keys)
        return {key: Advice(refusal) for key, refusal in refusals.items()}

    def missing(self, key: Any, request: Hashable) -> Advice:
        return Advice()

    def parts(self, parent: Rows, then: Plan) -> Parts:
        rows = parent.beneath(attempt_starts.assessments_to_start, "pk", self.key)
        questions = rows.beneath(attempt_starts.questions_to_check, "assessment_id", "pk")
        answers = questions.beneath(attempt_starts.answers_to_check, "question_id", "pk")
        columns = RawColumns(rows, attempt_starts.DECISIVE)
        of_question = RawColumns(questions, attempt_starts.CHECKED_QUESTION)
        of_answer = RawColumns(answers, attempt_starts.CHECKED_ANSWER)

        def make(_assessment: Any, raw: Any) -> Advice:
            *values, text = raw
            problem = partial(_problem_of_questions, text, of_question.instances, of_answer.instances)
            return Advice(attempt_starts.refusal_to_start(columns.instances.of(values), problem))

        checked = questions.arrays(f"{of_question.values}, ({answers.arrays(of_answer.values)})")
        may_depend = rows.column(rows.computed(attempt_starts.MAY_DEPEND_ON_QUESTIONS))
        made = f"json_build_array({columns.values}, CASE WHEN {may_depend} THEN ({checked})::text END)::text"
        return Parts(never_null(f"({rows.select(made)})"), make)


attempt_by_id = ByPk(selector=attempts.attempts_visible_to, after_load=closing)
attempt_of = ByPk(selector=attempts.attempts_visible_to, after_load=closing, key="attempt_id")
questions_of_attempt = LaidOutQuestions(
    key=None, parent_columns=frozenset({"layout"}), parent_attribute="attempt"
)
attempts_of_assessment = PageOf(selector=attempts.attempts_visible_to, by="assessment_id", after_load=closing)
attempts_of_viewer = PageOf(selector=attempts.attempts_of, by="user_id", after_load=closing)
own_attempts_at_assessment = ByPk(selector=attempts.assessments_as_taken_by, after_load=closing_own)
open_attempt = ByPk(selector=attempts.attempts_of, after_load=closing, key="open_id")
best_attempt = ByPk(selector=attempts.attempts_of, key="best_id")
advice_on_starting_assessment = AdviceOnStarting()
