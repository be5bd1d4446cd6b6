"""Generated people, courses, lessons, assessments and reviews."""

from collections.abc import Iterator, Sequence
from random import Random

from courses.constants import QuestionType, ScoringPolicy
from courses.models import (
    Answer,
    Assessment,
    Course,
    Enrollment,
    Lesson,
    Question,
    QuestionVersion,
    Review,
    User,
)
from courses.rules import values
from courses.rules.canonical_json import canonical_json
from courses.rules.versions import Content, content_to_json, digest_of, shown_of
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
    "is_active", "date_joined", "display_name", "name_skeleton",
)  # fmt: skip
_COURSE = ("id", "slug", "title", "description", "is_published", "price", *_WRITTEN)
_LESSON = ("id", "order", "course_id", "title", "content", "duration_seconds", *_WRITTEN)
_ASSESSMENT = (
    "id", "lesson_id", "title", "passing_score", "max_attempts", "randomize_questions", *_WRITTEN,
)  # fmt: skip
_QUESTION = ("id", "order", "assessment_id", "question_text", "points", "explanation", *_WRITTEN)
_ANSWER = ("id", "order", "question_id", "answer_text", "is_correct", *_WRITTEN)
_VERSION = ("id", "question_id", "number", "content", "shown", "digest", "created_date")
_ENROLLMENT = ("user_id", "course_id", "enrolled_date", "price_paid", *_WRITTEN)
_REVIEW = (
    "user_id", "course_id", "rating", "title", "content", "is_verified_purchase", "is_approved", *_WRITTEN,
)  # fmt: skip

PASSING_SCORE = 60
_EXPLANATION = "Why it is so."
_PRICE = "49.00"


def catalog_tables(
    scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int], random: Random
) -> list[Table]:
    """Everything but attempts. `key` is the place of the right choice of each question, `points` what it gives."""
    return [
        Table(User, _USER, _users(scale, ids)),
        Table(Course, _COURSE, _courses(scale, ids)),
        Table(Course.instructors.through, ("course_id", "user_id"), _instructors(scale, ids)),
        Table(Lesson, _LESSON, _lessons(scale, ids)),
        Table(Assessment, _ASSESSMENT, _assessments(scale, ids)),
        Table(Question, _QUESTION, _questions(scale, ids, points)),
        Table(Answer, _ANSWER, _answers(scale, ids, key)),
        Table(QuestionVersion, _VERSION, _versions(scale, ids, key, points)),
        Table(Enrollment, _ENROLLMENT, _enrollments(scale, ids)),
        Table(Review, _REVIEW, _reviews(scale, ids, random)),
    ]


def _users(scale: Scale, ids: Ids) -> Iterator[str]:
    joined = scale.until - LASTED
    for number in range(scale.rows["user"]):
        role = "teacher" if number < scale.teachers else "learner"
        name = f"{role}-{ids.user + number}"
        yield line(
            ids.user + number, "!", False, name, "", "", f"{name}@example.org", False, True, joined,
            f"{role.title()} {number}", skeleton(name),
        )  # fmt: skip


def _courses(scale: Scale, ids: Ids) -> Iterator[str]:
    for number, pk in enumerate(ids.of_courses(scale)):
        created = scale.until - LASTED + number * (LASTED / scale.courses)
        yield line(
            pk, f"course-{pk}", f"Course {number}", f"What course {number} is about.", True, _PRICE, created, created,
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
            ids.assessment + number, ids.lesson + number, f"Assessment {number}", PASSING_SCORE,
            scale.max_attempts, is_shuffled(number), written, written,
        )  # fmt: skip


def is_shuffled(assessment: int) -> bool:
    """Whether the questions of this assessment come in a different order in each attempt."""
    return assessment % 2 == 1


def _questions(scale: Scale, ids: Ids, points: Sequence[int]) -> Iterator[str]:
    written = scale.until - LASTED
    for number in range(scale.questions):
        assessment, place = divmod(number, QUESTIONS)
        yield line(
            ids.question + number, place + 1, ids.assessment + assessment, _question_text(place),
            points[number], _EXPLANATION, written, written,
        )  # fmt: skip


def _answers(scale: Scale, ids: Ids, key: Sequence[int]) -> Iterator[str]:
    written = scale.until - LASTED
    for number in range(scale.questions * CHOICES):
        question, place = divmod(number, CHOICES)
        yield line(
            ids.answer + number, place + 1, ids.question + question, _choice_text(place),
            key[question] == place, written, written,
        )  # fmt: skip


def _versions(scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int]) -> Iterator[str]:
    """The only version of each question: nobody has edited any."""
    written = scale.until - LASTED
    for number in range(scale.questions):
        first = ids.answer + number * CHOICES
        answers = (
            values.Answer(first + place, _choice_text(place), is_correct=key[number] == place)
            for place in range(CHOICES)
        )
        question = values.Question(
            QuestionType.MULTIPLE_CHOICE, ScoringPolicy.RIGHT_MINUS_WRONG, points[number], tuple(answers)
        )
        content = Content(question, _question_text(number % QUESTIONS), _EXPLANATION)
        stored = content_to_json(content)
        yield line(
            ids.questionversion + number, ids.question + number, 1, canonical_json(stored).decode(),
            canonical_json(shown_of(content)).decode(), digest_of(stored), written,
        )  # fmt: skip


def _question_text(place: int) -> str:
    return f"What is asked in place {place + 1}?"


def _choice_text(place: int) -> str:
    return f"Choice {place + 1} of {CHOICES}"


def _enrollments(scale: Scale, ids: Ids) -> Iterator[str]:
    enrolled = scale.until - LASTED
    for learner in range(scale.learners):
        for course in scale.courses_of(learner):
            yield line(ids.learner(scale, learner), ids.course + course, enrolled, _PRICE, enrolled, enrolled)


def _reviews(scale: Scale, ids: Ids, random: Random) -> Iterator[str]:
    for learner in range(scale.reviewers):
        written = scale.until - LASTED * random.random()
        for course in scale.courses_of(learner):
            yield line(
                ids.learner(scale, learner), ids.course + course, min(5, random.randint(2, 6)), "What I think",
                "It took me through everything that I wanted to know.", True, True, written, written,
            )  # fmt: skip
