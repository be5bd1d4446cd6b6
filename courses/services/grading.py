"""Manual grading: one response at a time, under the lock of its attempt."""

from django.db import transaction

from courses import exceptions
from courses.constants import MAX_LONG_TEXT_LENGTH, NotificationType
from courses.models import AssessmentAttempt, AttemptAnswer, User
from courses.rules import grading
from courses.rules.layout import points_in
from courses.rules.results import new_result
from courses.rules.words import trimmed
from courses.selectors.grading import answers_to_grade, graded_questions, stored_grades
from courses.services import notifications
from courses.services.attempt_endings import close_expired_attempts
from courses.services.results import Correction, store
from courses.utils.clock import database_now


@transaction.atomic
def grade_answer(
    *, grader: User, task_id: int, points: int, feedback: str | None = None
) -> AssessmentAttempt:
    """Grade a response that was handed in, or grade it anew.

    `feedback` None keeps the stored one. Grading the last response that waits sets the pass mark and notifies the
    learner. Raises NotFound for people who do not teach the course, Conflict while the attempt is open, and Invalid
    for points outside 0..possible or a feedback that is too long.
    """
    attempt = _locked_attempt(grader, task_id)
    answer = AttemptAnswer.objects.select_related("question").get(pk=task_id)
    possible = points_in(attempt.layout, {answer.question_id: answer.question.points})[answer.question_id]
    grade = grading.grade_by_person(points=points, possible=possible)
    was_waiting = answer.credit is None
    _sign(answer, grader, feedback)
    correction = _correction(attempt, answer, grade)
    course = attempt.assessment.lesson.course
    store([correction], course_id=course.pk, changed_by=grader, graded_answer_id=answer.pk)
    if was_waiting and not correction.result.waits_for_a_person:
        notifications.notify(
            recipients=[attempt.user],
            type=NotificationType.FEEDBACK,
            title="Your attempt has been graded",
            message=f"Attempt {attempt.attempt_number} of “{attempt.assessment.title}” is graded completely.",
            course=course,
            action_url=f"/courses/{course.pk}",
        )
    attempt.refresh_from_db()
    return attempt


def _locked_attempt(grader: User, task_id: int) -> AssessmentAttempt:
    """Lock and return the attempt of a task: the second of two graders sees what the first has written."""
    tasks = answers_to_grade(grader).filter(pk=task_id)
    attempt_id = tasks.values_list("attempt_id", flat=True).first()
    if attempt_id is None:
        raise exceptions.NotFound(field=["taskId"])
    close_expired_attempts(attempt_ids=[attempt_id])
    attempts = AssessmentAttempt.objects.select_related("assessment__lesson__course")
    attempt = attempts.select_for_update(no_key=True, of=("self",)).get(pk=attempt_id)
    if not attempt.is_completed:
        raise exceptions.Conflict(
            "This attempt is still open. Please grade it once it is handed in.", field=["taskId"]
        )
    return attempt


def _sign(answer: AttemptAnswer, grader: User, feedback: str | None) -> None:
    """Record grader, time and feedback."""
    answer.graded_by, answer.graded_at = grader, database_now()
    if feedback is not None:
        if len(feedback) > MAX_LONG_TEXT_LENGTH:
            raise exceptions.Invalid(
                f"Please write at most {MAX_LONG_TEXT_LENGTH:,} characters.", field=["feedback"]
            )
        answer.feedback = trimmed(feedback)
    answer.save(update_fields=["graded_by", "graded_at", "feedback", "updated_date"])


def _correction(attempt: AssessmentAttempt, answer: AttemptAnswer, grade: grading.Grade) -> Correction:
    """Return the result of the attempt with this response's new grade; all other credits stay."""
    questions = graded_questions([attempt])
    grades = stored_grades([attempt], questions)[attempt.pk]
    renewed = [grade.credit if stored.answer_id == answer.pk else stored.credit for stored in grades]
    points_possible = points_in(attempt.layout, {pk: question.points for pk, question in questions.items()})
    result = new_result(grades, renewed, points_possible=points_possible, passing_score=attempt.passing_score)
    return Correction(attempt, result)
