"""Responses that people grade, and stored grades."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias, TypedDict

from django.db.models import F, Q, QuerySet, prefetch_related_objects

from courses.constants import NO_CREDIT, GradeChangeReason
from courses.models import AssessmentAttempt, AttemptAnswer, GradeChange, Question
from courses.models.attempts import UNGRADED
from courses.models.question_versions import versions_by_id
from courses.policies.grading import COURSE_OF_ANSWER, may_grade
from courses.policies.participation import Viewer, teaches
from courses.rules.credit import counted_points, exact_credit
from courses.rules.layout import entries_of, points_in, trial_entry
from courses.rules.results import StoredGrade
from courses.rules.versions import Version
from courses.selectors.attempts import LaidOut, LaidOutQuestion, laid_out, versions_in
from courses.utils.annotated_rows import WithAnnotations


def answers_to_grade(viewer: Viewer) -> QuerySet[AttemptAnswer]:
    """Return the responses in courses that the viewer teaches, of open attempts as well."""
    return AttemptAnswer.objects.filter(may_grade(viewer), response__isnull=False)


def grading_tasks_visible_to(viewer: Viewer) -> QuerySet[AttemptAnswer]:
    """Return the responses that were handed in, graded or not, with the time of that and the points possible."""
    return (
        answers_to_grade(viewer)
        .filter(attempt__is_completed=True)
        .annotate(submitted_at=F("attempt__end_time"))
    )


def grading_tasks_waiting_for(viewer: Viewer) -> QuerySet[AttemptAnswer]:
    """Return the tasks that are not graded yet."""
    return grading_tasks_visible_to(viewer).filter(UNGRADED)


def in_course(course_id: int | None) -> Q:
    """Return a predicate: the response belongs to the course; none for None. Over stored responses."""
    return Q((COURSE_OF_ANSWER, course_id))


def laid_out_tasks(
    _viewer: Viewer, tasks: Sequence[AttemptAnswer]
) -> Mapping[AttemptAnswer, LaidOutQuestion]:
    """Return the question of each task as its attempt laid it out, with the response."""
    prefetch_related_objects(list(tasks), "attempt", "question__answers")
    versions = versions_by_id(versions_in([task.attempt for task in tasks], tasks))
    return {task: _laid_out(task, versions) for task in tasks}


def attempts_laid_out(_viewer: Viewer) -> QuerySet[AssessmentAttempt]:
    """Return attempts with their layout. Not narrowed: for tasks that were found to be visible."""
    return AssessmentAttempt.objects.only("layout")


def task_in_layout(
    task: AttemptAnswer, attempt: AssessmentAttempt, versions: Mapping[int, Version]
) -> LaidOutQuestion | None:
    """Return the question of a task as its attempt laid it out, None where the layout names no version of it."""
    for place in enumerate(attempt.layout.get("questions", ()), start=1):
        if place[1]["id"] == task.question_id and "version" in place[1]:
            return laid_out(attempt, place, versions[place[1]["version"]], versions, task)
    return None


def graded_questions(attempts: Sequence[AssessmentAttempt]) -> Mapping[int, Question]:
    """Return every question that the attempts laid out or answered, with its key: two statements."""
    laid_out = {entry["id"] for attempt in attempts for entry in attempt.layout["questions"]}
    answered = AttemptAnswer.objects.filter(attempt__assessment__in={row.assessment_id for row in attempts})
    questions = Question.objects.filter(Q(pk__in=laid_out) | Q(pk__in=answered.values("question")))
    return questions.select_related("assessment__lesson__course").prefetch_related("answers").in_bulk()


def stored_grades(
    attempts: Sequence[AssessmentAttempt], questions: Mapping[int, Question]
) -> Mapping[int, list[StoredGrade]]:
    """Return the grades of each attempt: one statement.

    One of `questions` that an attempt laid out but that has no row there stands unanswered, with 0.
    """
    rows = AttemptAnswer.objects.filter(attempt__in=[attempt.pk for attempt in attempts]).order_by("pk")
    columns = (
        "attempt_id",
        "pk",
        "question_id",
        "response",
        "credit",
        "exact_points",
        "points_earned",
        "graded_version_id",
        "graded_at",
    )
    points_now = {pk: question.points for pk, question in questions.items()}
    possible = {attempt.pk: points_in(attempt.layout, points_now) for attempt in attempts}
    grades: dict[int, dict[int, StoredGrade]] = {
        attempt.pk: {
            pk: StoredGrade(None, pk, None, Fraction(0), NO_CREDIT, 0, entry.get("version"))
            for pk, entry in entries_of(attempt.layout).items()
            if pk in questions
        }
        for attempt in attempts
    }
    for attempt, pk, question, response, credit, exact, points, version, graded_at in rows.values_list(
        *columns
    ):
        of, is_graded, asked = possible[attempt][question], credit is not None, grades[attempt].get(question)
        if version is None and asked is not None:
            version = asked.version
        grades[attempt][question] = StoredGrade(
            answer_id=pk,
            question_id=question,
            response=response,
            credit=exact_credit(credit, exact, of) if is_graded else None,
            exact_points=counted_points(exact, of, credit) if is_graded else None,
            points=points,
            version=version,
            by_person=graded_at is not None,
        )
    return {attempt: list(of_attempt.values()) for attempt, of_attempt in grades.items()}


class _OfQuestion(TypedDict):
    question_id: int


ChangeOfQuestion: TypeAlias = WithAnnotations[GradeChange, _OfQuestion]
"""A change of a grade, with the question whose response it is about."""


def grade_changes_visible_to(viewer: Viewer) -> QuerySet[ChangeOfQuestion]:
    """Return the changes of grades in courses that the viewer teaches."""
    changes = GradeChange.objects.filter(teaches(viewer, f"attempt_answer__{COURSE_OF_ANSWER}"))
    return changes.annotate(question_id=F("attempt_answer__question_id"))


def last_regrade(answer: AttemptAnswer) -> str:
    """Describe the last regrade of the response; empty without one."""
    changes = answer.grade_changes.filter(reason=GradeChangeReason.REGRADE)
    return changes.order_by("-created_date", "-pk").values_list("note", flat=True).first() or ""


def _laid_out(task: AttemptAnswer, versions: Mapping[int, Version]) -> LaidOutQuestion:
    """Return the question of a task; one that the attempt did not lay out is as it is now, in the author's order."""
    found = task_in_layout(task, task.attempt, versions)
    if found is not None:
        return found
    now = Version(None, task.question_id, 0, task.question.to_content())
    entry = trial_entry(task.question_id, now.question)
    position = len(entries_of(task.attempt.layout)) + 1
    return LaidOut(task.attempt, position, entry, now, now, task)
