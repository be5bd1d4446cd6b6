"""Data sources of attempts. A post-load hook closes overdue attempts before they are shown."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import orjson

from courses.models import Answer, Question
from courses.models.question_versions import remembered_versions, versions_by_id
from courses.rules.versions import Version
from courses.selectors import attempt_starts, attempts
from courses.services.attempt_endings import close_expired_attempts
from schema.dataloaders.base import Advice, AfterLoad, ByPk, InOrder, Made, PageOf, Viewer
from schema.dataloaders.inlining import Instances, NotInMemory, Parts, RawColumns, Rows, never_null
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


def in_memory(versions: Collection[int]) -> Mapping[int, Version]:
    """Return versions by their ids. Raises NotInMemory, whose `load` reads them, where one is not in memory."""
    found = remembered_versions(versions)
    if len(found) < len(versions):
        raise NotInMemory(lambda: versions_by_id(versions))
    return found


@dataclass(frozen=True, eq=False, kw_only=True)
class LaidOutQuestions(Made):
    """Questions of attempts, visible to whoever sees the attempt, of the versions that they were asked.

    Versions never change, so what is in memory is not read again. The types of the API hold no key.
    """

    def load(
        self, viewer: Viewer, keys: Sequence[Any], request: Hashable, then: Plan = UNKNOWN
    ) -> Mapping[attempts.VisibleAttempt, list[attempts.VisibleQuestion]]:
        pks = [row.pk for row in keys]
        answered = rows_of(attempts.answered_in_attempts, "attempt_id", viewer, pks, InOrder())
        versions = versions_by_id(attempts.versions_in(keys, answered))
        return attempts.lay_out(keys, versions, answered, attempts.unnamed_versions(keys))

    def missing(self, key: Any, request: Hashable) -> list[attempts.VisibleQuestion]:
        return []

    def parts(self, parent: Rows, then: Plan) -> Parts:
        answered = parent.beneath(attempts.answered_in_attempts, "attempt_id", "pk")
        shown = then.columns_of("answered")
        columns = RawColumns(answered, attempts.ANSWERED if shown is None else attempts.LAID_OUT_BY | shown)

        def make(attempt: Any, raw: Any) -> list[attempts.VisibleQuestion]:
            if not attempts.names_versions(attempt):
                raise LookupError("a version is not named, so the ordinary way has to look")
            stored = list(map(columns.instances.of, raw))
            versions = in_memory(attempts.versions_in([attempt], stored))
            return attempts.lay_out([attempt], versions, stored, {})[attempt]

        return Parts(f"({answered.arrays(columns.values)})::text", make)


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
