"""Numbers of generated rows, their relations and primary keys. Arithmetic only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

LESSONS = 5
"""Lessons of each course, each with an assessment."""

QUESTIONS = 10
"""Questions of each assessment, all to be answered with one choice."""

CHOICES = 4
COURSES_TAKEN = 4
"""Courses that each learner takes, where there are as many."""

TRIES = 2
"""Attempts that a learner makes at one assessment before going on to the next."""

COURSES_OF_A_TEACHER = 10
REVIEWS_PER_HUNDRED_LEARNERS = 10
LASTED = timedelta(days=300)


@dataclass(frozen=True, kw_only=True)
class Scale:
    """The numbers that everything else follows from. `until` is the end of the time in which it happened.

    Learners take turns: attempt `i` is that of learner `i % learners`, so each makes as many as the next one.
    """

    courses: int
    learners: int
    attempts: int
    seed: int
    until: datetime

    def __post_init__(self) -> None:
        if min(self.courses, self.learners, self.attempts) < 1:
            raise ValueError("Please give at least one course, one learner and one attempt.")
        if self.attempts > 1_000 * self.learners:
            raise ValueError("Please give more learners: nobody makes more than 1,000 attempts.")

    @property
    def teachers(self) -> int:
        return -(-self.courses // COURSES_OF_A_TEACHER)

    @property
    def courses_taken(self) -> int:
        return min(self.courses, COURSES_TAKEN)

    @property
    def assessments(self) -> int:
        return self.courses * LESSONS

    @property
    def questions(self) -> int:
        return self.assessments * QUESTIONS

    @property
    def max_attempts(self) -> int:
        """What every assessment allows: two more than anybody has made."""
        rounds = -(-self.attempts // (self.learners * self.courses_taken * LESSONS * TRIES))
        return rounds * TRIES + 2

    @property
    def reviewers(self) -> int:
        """How many learners, the first ones, review every course they take."""
        return -(-self.learners * REVIEWS_PER_HUNDRED_LEARNERS // 100)

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows of each table whose keys must be known before they are written."""
        return {
            "user": self.teachers + self.learners,
            "course": self.courses,
            "lesson": self.assessments,
            "assessment": self.assessments,
            "question": self.questions,
            "answer": self.questions * CHOICES,
            "questionversion": self.questions,
            "assessmentattempt": self.attempts,
        }

    def courses_of(self, learner: int) -> list[int]:
        """The courses that a learner takes, as numbers from 0."""
        return [(learner + taken) % self.courses for taken in range(self.courses_taken)]

    def place_of(self, attempt: int) -> tuple[int, int, int, bool]:
        """The learner, the assessment and the number of an attempt, and whether it is the learner's last one."""
        turn, learner = divmod(attempt, self.learners)
        step, repeated = divmod(turn, TRIES)
        rounds, step = divmod(step, self.courses_taken * LESSONS)
        course, lesson = divmod(step, LESSONS)
        assessment = (learner + course) % self.courses * LESSONS + lesson
        return learner, assessment, rounds * TRIES + repeated + 1, attempt + self.learners >= self.attempts


@dataclass(frozen=True)
class Ids:
    """The first primary key of each table; the others follow it without gaps."""

    user: int
    course: int
    lesson: int
    assessment: int
    question: int
    answer: int
    questionversion: int
    assessmentattempt: int

    def of_courses(self, scale: Scale) -> range:
        return range(self.course, self.course + scale.courses)

    def learner(self, scale: Scale, learner: int) -> int:
        """The key of a learner; teachers come before them."""
        return self.user + scale.teachers + learner
