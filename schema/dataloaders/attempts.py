"""Data sources of attempts. A post-load hook closes overdue attempts before they are shown."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from courses.exceptions import Refusal
from courses.models import Answer, Question
from courses.selectors import attempt_starts, attempts
from courses.services.attempt_endings import close_expired_attempts
from schema.dataloaders.base import AdviceOn, AfterLoad, ByPk, Fact, InOrder, Made, PageOf, Viewer
from schema.dataloaders.inlining import Instances, Parts, RawColumns, Rows, any_of
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


def _summaries(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, attempts.AttemptSummary]:
    return attempts.attempt_summaries(viewer, assessments, _close_overdue) if viewer else {}


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

    def parts(self, parent: Rows) -> Parts:
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


def _start_refusals(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, Refusal | None]:
    return attempt_starts.start_refusals(viewer, assessments) if viewer else {}


attempt_by_id = ByPk(selector=attempts.attempts_visible_to, after_load=closing)
attempt_of = ByPk(selector=attempts.attempts_visible_to, after_load=closing, key="attempt_id")
questions_of_attempt = LaidOutQuestions(
    key=None, parent_columns=frozenset({"layout"}), parent_attribute="attempt"
)
attempts_of_assessment = PageOf(selector=attempts.attempts_visible_to, by="assessment_id", after_load=closing)
attempts_of_viewer = PageOf(selector=attempts.attempts_of, by="user_id", after_load=closing)
summary_of_own_attempts = Fact(read=_summaries)
advice_on_starting_assessment = AdviceOn(key="assessment_id", read=_start_refusals)
