"""Data sources of attempts. A post-load hook closes overdue attempts before they are shown."""

from collections.abc import Mapping, Sequence

from courses.exceptions import Refusal
from courses.selectors import attempt_starts, attempts
from courses.services.attempt_endings import close_expired_attempts
from schema.dataloaders.base import AdviceOn, AfterLoad, ByPk, Fact, InOrder, PageOf, Viewer
from schema.dataloaders.statements import rows_of


def _close_overdue(viewer: Viewer, rows: Sequence[attempts.VisibleAttempt]) -> None:
    """Close the overdue attempts among `rows`, and refresh those rows."""
    overdue = {row.pk: row for row in rows if row.is_overdue}
    if not overdue:
        return
    close_expired_attempts(attempt_ids=overdue)
    for fresh in attempts.attempts_visible_to(viewer).filter(pk__in=overdue):
        vars(overdue[fresh.pk]).update(vars(fresh))


closing = AfterLoad(_close_overdue, columns=frozenset({"is_overdue"}))


def _summaries(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, attempts.AttemptSummary]:
    return attempts.attempt_summaries(viewer, assessments, _close_overdue) if viewer else {}


def _laid_out(
    viewer: Viewer, rows: Sequence[attempts.VisibleAttempt]
) -> Mapping[attempts.VisibleAttempt, list[attempts.VisibleQuestion]]:
    """Return the questions of attempts, visible to whoever sees the attempt. The types of the API hold no key."""
    wanted = attempts.questions_in(rows)
    return attempts.lay_out(
        rows,
        rows_of(attempts.questions_as_laid_out, "pk", viewer, wanted, InOrder()),
        rows_of(attempts.answers_as_laid_out, "question_id", viewer, wanted, InOrder()),
        rows_of(attempts.answered_in_attempts, "attempt_id", viewer, [row.pk for row in rows], InOrder()),
    )


def _start_refusals(viewer: Viewer, assessments: Sequence[int]) -> Mapping[int, Refusal | None]:
    return attempt_starts.start_refusals(viewer, assessments) if viewer else {}


attempt_by_id = ByPk(selector=attempts.attempts_visible_to, after_load=closing)
attempt_of = ByPk(selector=attempts.attempts_visible_to, after_load=closing, key="attempt_id")
questions_of_attempt = Fact(
    key=None, read=_laid_out, otherwise=list, parent_columns=frozenset({"layout"}), parent_attribute="attempt"
)
attempts_of_assessment = PageOf(selector=attempts.attempts_visible_to, by="assessment_id", after_load=closing)
attempts_of_viewer = PageOf(selector=attempts.attempts_of, by="user_id", after_load=closing)
summary_of_own_attempts = Fact(read=_summaries)
advice_on_starting_assessment = AdviceOn(key="assessment_id", read=_start_refusals)
