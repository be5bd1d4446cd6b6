"""Regrading after a correction of a key: preview, and application.

Both do the same computation, so what is applied is what was shown, unless somebody writes in between.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from django.db import transaction
from django.db.models import QuerySet

from courses import exceptions
from courses.constants import NotificationType, RegradePolicy
from courses.models import Assessment, AssessmentAttempt, User
from courses.policies.attempt_time import has_come
from courses.rules.layout import as_laid_out, offered_by, points_in
from courses.rules.regrade import regraded_credit
from courses.rules.results import StoredGrade, new_result
from courses.rules.values import LayoutEntry, Question
from courses.selectors.assessments import assessments_visible_to
from courses.selectors.grading import graded_questions, stored_grades
from courses.services import notifications
from courses.services.results import Correction, store


def preview_regrade(
    *,
    grader: User,
    assessment_id: int,
    policy: RegradePolicy,
    question_ids: Sequence[int] | None = None,
) -> list[Correction]:
    """Return the changes that a regrade would make, by attempt; nothing is written.

    All questions that have a key are graded again, or only those of `question_ids`. Raises NotFound,
    PermissionDenied for people who do not teach the course, and Required for an empty list of questions.
    """
    assessment = _assessment(grader, assessment_id, question_ids)
    return _corrections(assessment, policy, question_ids, _finished(assessment))


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
    corrections = _corrections(assessment, policy, question_ids, attempts)
    store(corrections, changed_by=grader, note=policy.label)
    _tell_learners(assessment, corrections)
    return corrections


def _assessment(
    grader: User, assessment_id: int, question_ids: Sequence[int] | None, *, lock: bool = False
) -> Assessment:
    """Return the assessment, if the grader may regrade it and the questions named are among its own."""
    visible = assessments_visible_to(grader).filter(pk=assessment_id)
    if lock:
        visible = visible.select_for_update(no_key=True, of=("self",))
    assessment = visible.first()
    if assessment is None:
        raise exceptions.NotFound(field=["assessmentId"])
    if not assessment.viewer_is_staff:
        raise exceptions.PermissionDenied(
            "Only the instructors of the course can grade it again.", field=["assessmentId"]
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
    assessment: Assessment,
    policy: RegradePolicy,
    question_ids: Collection[int] | None,
    attempts: QuerySet[AssessmentAttempt],
) -> list[Correction]:
    """Return the attempts in which something changes, in their order."""
    finished = list(attempts)
    questions = graded_questions(finished)
    comma = assessment.lesson.course.decimal_comma
    rules = {pk: replace(question.to_rule(), decimal_comma=comma) for pk, question in questions.items()}
    regrade = _Regrade(policy, rules, question_ids)
    points_now = {pk: question.points for pk, question in questions.items()}
    grades = stored_grades(finished, questions)
    corrections = []
    for attempt in finished:
        of_attempt = grades[attempt.pk]
        entries = {entry["id"]: entry for entry in attempt.layout["questions"]}
        result = new_result(
            of_attempt,
            [regrade.credit(grade, entries.get(grade.question_id)) for grade in of_attempt],
            points_possible=points_in(attempt.layout, points_now),
            passing_score=attempt.passing_score,
        )
        corrections.append(Correction(attempt, result))
    return [correction for correction in corrections if correction.is_needed]


class _Regrade:
    """Regrading of stored responses, memoised: equal responses, of which there are many, are graded once."""

    def __init__(
        self,
        policy: RegradePolicy,
        questions: Mapping[int, Question],
        wanted: Collection[int] | None,
    ) -> None:
        self._policy = policy
        self._questions = questions
        self._wanted = frozenset(questions if wanted is None else wanted)
        self._known: dict[tuple[int, str, Fraction | None, frozenset[object]], Fraction | None] = {}

    def credit(self, grade: StoredGrade, entry: LayoutEntry | None) -> Fraction | None:
        """Return the credit after the regrade of a question as the attempt laid it out."""
        if grade.by_person or grade.question_id not in self._wanted:
            return grade.credit
        same = (grade.question_id, repr(grade.response), grade.credit, offered_by(entry))
        if same not in self._known:
            self._known[same] = regraded_credit(
                self._policy,
                as_laid_out(self._questions[grade.question_id], entry),
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
