"""Regrading after a correction of a key: preview, and application.

Both do the same computation, so what is applied is what was shown, unless somebody writes in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db import transaction
from django.db.models import QuerySet

from courses import exceptions
from courses.constants import NotificationType, RegradePolicy
from courses.models import Assessment, AssessmentAttempt, User
from courses.models.question_versions import current_versions, versions_by_id
from courses.policies.attempt_time import has_come
from courses.rules.layout import as_laid_out, entries_of, offered_by, points_in, still_offers
from courses.rules.questions import kind_of
from courses.rules.regrade import Regraded, regraded
from courses.rules.results import StoredGrade, new_result
from courses.rules.values import LayoutEntry
from courses.rules.versions import Version
from courses.selectors.assessments import assessments_visible_to
from courses.selectors.attempts import versions_in
from courses.selectors.grading import graded_questions, stored_grades
from courses.services import notifications
from courses.services.authorship import found_for_staff
from courses.services.results import Correction, store


def preview_regrade(
    *,
    grader: User,
    assessment_id: int,
    policy: RegradePolicy,
    question_ids: Sequence[int] | None = None,
) -> list[Correction]:
    """Return the changes that a regrade would make, by attempt, and the attempts that it cannot grade again because
    they were asked parts that are gone; nothing is written.

    All questions that have a key are graded again, or only those of `question_ids`. Raises NotFound,
    PermissionDenied for people who do not teach the course, and Required for an empty list of questions.
    """
    assessment = _assessment(grader, assessment_id, question_ids)
    corrections = _corrections(policy, question_ids, _finished(assessment), writes=False)
    return [correction for correction in corrections if correction.is_needed or correction.parts_changed]


@transaction.atomic
def apply_regrade(
    *,
    grader: User,
    assessment_id: int,
    policy: RegradePolicy,
    question_ids: Sequence[int] | None = None,
) -> list[Correction]:
    """Apply the changes of `preview_regrade`, record them, and notify the learners affected. Raises like it.

    The assessment is locked first and then its finished attempts, by primary key: while they are graded
    again, nobody else grades them, or edits the key. Open attempts are not touched.
    """
    assessment = _assessment(grader, assessment_id, question_ids, lock=True)
    attempts = _finished(assessment).select_for_update(no_key=True, of=("self",))
    corrections = _corrections(policy, question_ids, attempts, writes=True)
    stored = [correction for correction in corrections if correction.is_needed or correction.result.regraded]
    store(stored, course_id=assessment.lesson.course_id, changed_by=grader, note=policy.label)
    needed = [correction for correction in corrections if correction.is_needed]
    _tell_learners(assessment, needed)
    return needed


def _assessment(
    grader: User, assessment_id: int, question_ids: Sequence[int] | None, *, lock: bool = False
) -> Assessment:
    """Return the assessment, if the grader may regrade it and the questions named are among its own."""
    visible = assessments_visible_to(grader)
    if lock:
        visible = visible.select_for_update(no_key=True, of=("self",))
    assessment = found_for_staff(
        visible,
        assessment_id,
        field="assessmentId",
        refusal="Only the instructors of the course can grade it again.",
    )
    if question_ids is not None:
        _check_questions(assessment, question_ids)
    return assessment


def _check_questions(assessment: Assessment, question_ids: Sequence[int]) -> None:
    if not question_ids:
        raise exceptions.Required(
            "Name at least one question, or leave the list out to grade all.", field=["questionIds"]
        )
    own = set(assessment.questions.values_list("pk", flat=True))
    for place, pk in enumerate(question_ids):
        if pk not in own:
            raise exceptions.NotFound(field=["questionIds", str(place)])


def _finished(assessment: Assessment) -> QuerySet[AssessmentAttempt]:
    return AssessmentAttempt.objects.filter(assessment=assessment, is_completed=True).order_by("pk")


def _corrections(
    policy: RegradePolicy,
    question_ids: Collection[int] | None,
    attempts: QuerySet[AssessmentAttempt],
    *,
    writes: bool,
) -> list[Correction]:
    """Return the attempts with their new results, in their order; for a regrade that `writes` versions are made."""
    finished = list(attempts)
    questions = graded_questions(finished)
    asked = versions_by_id(versions_in(finished, ()))
    now = current_versions(questions.values(), make=writes)
    regrade = _Regrade(policy, now, asked, question_ids)
    points_now = {pk: question.points for pk, question in questions.items()}
    grades = stored_grades(finished, questions)
    corrections = []
    for attempt in finished:
        of_attempt = grades[attempt.pk]
        entries = entries_of(attempt.layout)
        renewed = [regrade.of(grade, entries.get(grade.question_id)) for grade in of_attempt]
        result = new_result(
            of_attempt,
            [each.credit for each in renewed],
            [each.version for each in renewed],
            points_possible=points_in(attempt.layout, points_now),
            passing_score=attempt.passing_score,
        )
        corrections.append(Correction(attempt, result, any(each.parts_changed for each in renewed)))
    return corrections


@dataclass(frozen=True)
class _Renewed:
    """Credit after a regrade, and the version that gives it. `parts_changed` where the question could not be graded."""

    credit: Fraction | None
    version: int | None
    parts_changed: bool = False


class _Regrade:
    """Regrading of stored responses, memoised: equal responses, of which there are many, are graded once."""

    def __init__(
        self,
        policy: RegradePolicy,
        versions: Mapping[int, Version],
        asked: Mapping[int, Version],
        wanted: Collection[int] | None,
    ) -> None:
        self._policy = policy
        self._versions = versions
        self._asked = asked
        self._wanted = frozenset(versions if wanted is None else wanted)
        self._known: dict[tuple[object, ...], Regraded] = {}
        self._fitting: dict[tuple[object, ...], bool] = {}

    def of(self, grade: StoredGrade, entry: LayoutEntry | None) -> _Renewed:
        """Return the grade after the regrade of a question as the attempt laid it out."""
        version = self._versions[grade.question_id]
        has_key = kind_of(version.question.type).has_key
        if grade.by_person or grade.question_id not in self._wanted or not has_key:
            return _Renewed(grade.credit, grade.version)
        fits = self._fits(version, entry)
        if not fits and self._policy != RegradePolicy.FULL_CREDIT:
            return _Renewed(grade.credit, grade.version, parts_changed=True)
        new = self._regraded(version, grade, entry)
        return _Renewed(new.credit, version.id if fits and new.by_key else grade.version)

    def _fits(self, version: Version, entry: LayoutEntry | None) -> bool:
        """Tell if a version still has all parts of what was laid out."""
        if entry is None:
            return True
        same = version.question_id, entry.get("version"), offered_by(entry)
        if same not in self._fitting:
            asked = self._asked.get(entry.get("version", 0), version)
            self._fitting[same] = still_offers(version.question, asked.question, entry)
        return self._fitting[same]

    def _regraded(self, version: Version, grade: StoredGrade, entry: LayoutEntry | None) -> Regraded:
        same = grade.question_id, repr(grade.response), grade.credit, offered_by(entry)
        if same not in self._known:
            self._known[same] = regraded(
                self._policy,
                as_laid_out(version.question, entry),
                grade.response,
                old=grade.credit,
                graded_by_person=False,
            )
        return self._known[same]


def _tell_learners(assessment: Assessment, corrections: Sequence[Correction]) -> None:
    """Notify learners whose visible result changed: not where results are hidden, or wait for a person."""
    if not assessment.show_results or not Assessment.objects.filter(
        has_come("results_from"), pk=assessment.pk
    ):
        return
    seen = [each for each in corrections if each.changes_result and not each.result.waits_for_a_person]
    learners = User.objects.filter(pk__in={correction.attempt.user_id for correction in seen})
    notifications.notify(
        recipients=learners,
        type=NotificationType.FEEDBACK,
        title="Your result was corrected",
        message=f"“{assessment.title}” was graded again because its key was corrected. Your result has changed.",
        course=assessment.lesson.course,
        action_url=f"/courses/{assessment.lesson.course_id}",
    )
