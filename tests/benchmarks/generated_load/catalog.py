"""Generated people, courses, lessons, assessments and reviews: what learning refers to."""

from collections.abc import Iterator, Sequence
from random import Random

from courses.utils.look_alikes import skeleton
from tests.benchmarks.generated_load.copying import Table, line
from tests.benchmarks.generated_load.scale import (
    CHOICES,
    COURSES_OF_A_TEACHER,
    LASTED,
    LESSONS,
    QUESTIONS,
    Ids,
    Scale,
)

_WRITTEN = ("created_date", "updated_date")

_USER = (
    "id", "password", "is_superuser", "username", "first_name", "last_name", "email", "is_staff",
    "is_active", "date_joined", "display_name", "time_zone", "name_skeleton",
)  # fmt: skip
_COURSE = (
    "id", "slug", "title", "description", "is_published", "price", "currency", "rating_counts",
    "learner_count", *_WRITTEN,
)  # fmt: skip
_LESSON = ("id", "order", "course_id", "title", "content", "duration_seconds", *_WRITTEN)
_ASSESSMENT = (
    "id", "lesson_id", "title", "description", "passing_score", "max_attempts", "time_limit",
    "randomize_questions", "show_correct_answers", "show_results", *_WRITTEN,
)  # fmt: skip
_QUESTION = (
    "id", "order", "assessment_id", "question_text", "question_type", "points", "explanation", "scoring",
    *_WRITTEN,
)  # fmt: skip
_ANSWER = (
    "id", "order", "question_id", "answer_text", "is_correct", "explanation", "match_text", "blank_key",
    "text_match", *_WRITTEN,
)  # fmt: skip
_ENROLLMENT = (
    "user_id", "course_id", "status", "progress_percentage", "enrolled_date", "price_paid", "currency",
    *_WRITTEN,
)  # fmt: skip
_REVIEW = (
    "user_id", "course_id", "rating", "title", "content", "helpful_count", "is_verified_purchase",
    "is_approved", "is_featured", "moderation_notes", *_WRITTEN,
)  # fmt: skip

PASSING_SCORE = 60
_PRICE = "49.00"


def catalog_tables(
    scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int], random: Random
) -> list[Table]:
    """Everything but attempts. `key` is the place of the right choice of each question, `points` what it gives."""
    return [
        Table("courses_user", _USER, _users(scale, ids)),
        Table("courses_course", _COURSE, _courses(scale, ids)),
        Table("courses_course_instructors", ("course_id", "user_id"), _instructors(scale, ids)),
        Table("courses_lesson", _LESSON, _lessons(scale, ids)),
        Table("courses_assessment", _ASSESSMENT, _assessments(scale, ids)),
        Table("courses_question", _QUESTION, _questions(scale, ids, points)),
        Table("courses_answer", _ANSWER, _answers(scale, ids, key)),
        Table("courses_enrollment", _ENROLLMENT, _enrollments(scale, ids)),
        Table("courses_review", _REVIEW, _reviews(scale, ids, random)),
    ]


def _users(scale: Scale, ids: Ids) -> Iterator[str]:
    joined = scale.until - LASTED
    for number in range(scale.rows["user"]):
        role = "teacher" if number < scale.teachers else "learner"
        name = f"{role}-{ids.user + number}"
        yield line(
            ids.user + number, "!", False, name, "", "", f"{name}@example.org", False, True, joined,
            f"{role.title()} {number}", "UTC", skeleton(name),
        )  # fmt: skip


def _courses(scale: Scale, ids: Ids) -> Iterator[str]:
    for number, pk in enumerate(ids.of_courses(scale)):
        created = scale.until - LASTED + number * (LASTED / scale.courses)
        yield line(
            pk, f"course-{pk}", f"Course {number}", f"What course {number} is about.", True, _PRICE, "EUR",
            "{0,0,0,0,0}", 0, created, created,
        )  # fmt: skip


def _instructors(scale: Scale, ids: Ids) -> Iterator[str]:
    for number, pk in enumerate(ids.of_courses(scale)):
        yield line(pk, ids.user + number // COURSES_OF_A_TEACHER)


def _lessons(scale: Scale, ids: Ids) -> Iterator[str]:
    written = scale.until - LASTED
    for number in range(scale.assessments):
        course, place = divmod(number, LESSONS)
        yield line(
            ids.lesson + number, place + 1, ids.course + course, f"Lesson {place + 1}", "What is to be learned.",
            900, written, written,
        )  # fmt: skip


def _assessments(scale: Scale, ids: Ids) -> Iterator[str]:
    """Every second one comes in a new order each time."""
    written = scale.until - LASTED
    for number in range(scale.assessments):
        yield line(
            ids.assessment + number, ids.lesson + number, f"Assessment {number}", "", PASSING_SCORE,
            scale.max_attempts, 0, is_shuffled(number), True, True, written, written,
        )  # fmt: skip


def is_shuffled(assessment: int) -> bool:
    """Whether the questions of this assessment come in a different order in each attempt."""
    return assessment % 2 == 1


def _questions(scale: Scale, ids: Ids, points: Sequence[int]) -> Iterator[str]:
    written = scale.until - LASTED
    for number in range(scale.questions):
        assessment, place = divmod(number, QUESTIONS)
        yield line(
            ids.question + number, place + 1, ids.assessment + assessment, f"What is asked in place {place + 1}?",
            "multiple_choice", points[number], "Why it is so.", "right_minus_wrong", written, written,
        )  # fmt: skip


def _answers(scale: Scale, ids: Ids, key: Sequence[int]) -> Iterator[str]:
    written = scale.until - LASTED
    for number in range(scale.questions * CHOICES):
        question, place = divmod(number, CHOICES)
        yield line(
            ids.answer + number, place + 1, ids.question + question, f"Choice {place + 1} of {CHOICES}",
            key[question] == place, "", "", "", "ignore_case", written, written,
        )  # fmt: skip


def _enrollments(scale: Scale, ids: Ids) -> Iterator[str]:
    enrolled = scale.until - LASTED
    for learner in range(scale.learners):
        for course in scale.courses_of(learner):
            yield line(
                ids.learner(scale, learner), ids.course + course, "active", 0, enrolled, _PRICE, "EUR", enrolled,
                enrolled,
            )  # fmt: skip


def _reviews(scale: Scale, ids: Ids, random: Random) -> Iterator[str]:
    for learner in range(scale.reviewers):
        written = scale.until - LASTED * random.random()
        for course in scale.courses_of(learner):
            yield line(
                ids.learner(scale, learner), ids.course + course, min(5, random.randint(2, 6)), "What I think",
                "It took me through everything that I wanted to know.", 0, True, True, False, "", written, written,
            )  # fmt: skip
