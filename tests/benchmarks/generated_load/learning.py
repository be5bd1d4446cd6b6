"""Generated attempts, their answers, and the activity that the server records of both.

Every table is written from its own pass over the same draw, so a million attempts are never held in memory.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import permutations
from random import Random

from courses.constants import ActivityType, AttemptEnd
from courses.models import AssessmentAttempt, AttemptAnswer, UserActivity
from courses.rules.layout import RECEIPT_FORMAT
from courses.rules.pass_mark import passes
from tests.benchmarks.generated_load.catalog import PASSING_SCORE, is_shuffled
from tests.benchmarks.generated_load.copying import Table, line
from tests.benchmarks.generated_load.scale import CHOICES, LASTED, LESSONS, QUESTIONS, Ids, Scale

_ORDERS = tuple(permutations(range(CHOICES)))
"""Every order in which choices can be laid out."""

_QUESTION_ORDERS = 64
"""Out of how many orders of questions each shuffled attempt gets one."""

SHORTEST_SECONDS, LONGEST_SECONDS = 60, 1_200
OPEN_ONE_IN = 10
"""Of how many learners one has not handed in the last attempt yet."""

_WRITTEN = ("created_date", "updated_date")

_ATTEMPT = (
    "id", "user_id", "assessment_id", "start_time", "end_time", "time_taken_seconds", "score", "exact_score",
    "max_score", "is_completed", "is_passed", "attempt_number", "ip_address", "user_agent", "ended_by", "revision",
    "layout", "passing_score", *_WRITTEN,
)  # fmt: skip
_ATTEMPT_ANSWER = (
    "attempt_id", "question_id", "selected_answer_id", "is_correct", "points_earned", "exact_points", "credit",
    "answered_at", "response", "revision", "graded_version_id", *_WRITTEN,
)  # fmt: skip
_ACTIVITY = (
    "user_id", "activity_type", "course_id", "lesson_id", "assessment_id", "data", *_WRITTEN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt as it is drawn. Questions, and the choices picked and laid out, are numbers from 0."""

    number: int
    learner: int
    assessment: int
    attempt_number: int
    started: datetime
    seconds: int
    is_open: bool
    question_order: Sequence[int]
    choice_orders: Sequence[tuple[int, ...]]
    picks: Sequence[int]

    @property
    def ended(self) -> datetime:
        return self.started + timedelta(seconds=self.seconds)

    @property
    def questions(self) -> range:
        """The numbers of its questions among all."""
        return range(self.assessment * QUESTIONS, (self.assessment + 1) * QUESTIONS)


def learning_tables(scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int]) -> list[Table]:
    """Attempts, answers and activities. `key` and `points` are those of all questions."""
    return [
        Table(AssessmentAttempt, _ATTEMPT, _attempts(scale, ids, key, points)),
        Table(AttemptAnswer, _ATTEMPT_ANSWER, _attempt_answers(scale, ids, key, points)),
        Table(UserActivity, _ACTIVITY, _activities(scale, ids, key)),
    ]


def _draw(scale: Scale, key: Sequence[int]) -> Iterator[_Attempt]:
    """All attempts in the order in which they began; the same ones at every call."""
    random = Random(f"{scale.seed} attempts")
    draw = random.random
    skills = [0.25 + 0.7 * draw() for _ in range(scale.learners)]
    authors_order = tuple(range(QUESTIONS))
    shuffled = [tuple(random.sample(authors_order, QUESTIONS)) for _ in range(_QUESTION_ORDERS)]
    rhythm = (LASTED - timedelta(seconds=LONGEST_SECONDS)) / scale.attempts
    first = scale.until - LASTED
    for number in range(scale.attempts):
        learner, assessment, attempt_number, is_last = scale.place_of(number)
        skill, base = skills[learner], assessment * QUESTIONS
        yield _Attempt(
            number=number,
            learner=learner,
            assessment=assessment,
            attempt_number=attempt_number,
            started=first + number * rhythm,
            seconds=SHORTEST_SECONDS + int(draw() * (LONGEST_SECONDS - SHORTEST_SECONDS)),
            is_open=is_last and learner % OPEN_ONE_IN == 0,
            question_order=shuffled[int(draw() * _QUESTION_ORDERS)]
            if is_shuffled(assessment)
            else authors_order,
            choice_orders=[_ORDERS[int(draw() * len(_ORDERS))] for _ in authors_order],
            picks=[
                key[base + place] if draw() < skill else (key[base + place] + 1 + int(draw() * 3)) % CHOICES
                for place in authors_order
            ],
        )


def _attempts(scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int]) -> Iterator[str]:
    for attempt in _draw(scale, key):
        possible = sum(points[question] for question in attempt.questions)
        earned = sum(
            points[question]
            for question, pick in zip(attempt.questions, attempt.picks, strict=True)
            if key[question] == pick
        )
        ending: tuple[object, ...] = (None, None, 0, None, possible, False, None)
        if not attempt.is_open:
            is_passed = passes(earned, 0, possible, PASSING_SCORE)
            ending = (attempt.ended, attempt.seconds, earned, earned, possible, True, is_passed)
        yield line(
            ids.assessmentattempt + attempt.number, ids.learner(scale, attempt.learner),
            ids.assessment + attempt.assessment, attempt.started, *ending, attempt.attempt_number, "192.0.2.1",
            "A browser", None if attempt.is_open else AttemptEnd.LEARNER, QUESTIONS, _layout(attempt, ids, points),
            PASSING_SCORE, attempt.started, attempt.ended,
        )  # fmt: skip


def _layout(attempt: _Attempt, ids: Ids, points: Sequence[int]) -> str:
    """The layout as JSON."""
    entries = []
    for place in attempt.question_order:
        question = attempt.questions[place]
        first = ids.answer + question * CHOICES
        choices = ", ".join([str(first + choice) for choice in attempt.choice_orders[place]])
        entries.append(
            f'{{"id": {ids.question + question}, "version": {ids.questionversion + question}, '
            f'"points": {points[question]}, "selection": "single", '
            f'"choices": [{choices}]}}'
        )
    return f'{{"receipt": {RECEIPT_FORMAT}, "questions": [{", ".join(entries)}]}}'


def _attempt_answers(scale: Scale, ids: Ids, key: Sequence[int], points: Sequence[int]) -> Iterator[str]:
    """One a question: answered in the order of the layout, at an even pace, each in a revision of its own."""
    for attempt in _draw(scale, key):
        pk = ids.assessmentattempt + attempt.number
        pace = timedelta(seconds=attempt.seconds / (QUESTIONS + 1))
        moment = attempt.started
        for revision, place in enumerate(attempt.question_order, start=1):
            moment += pace
            at = str(moment)
            question, pick = attempt.questions[place], attempt.picks[place]
            answer, version = ids.answer + question * CHOICES + pick, ids.questionversion + question
            if attempt.is_open:
                graded, graded_by = "\\N\t0\t\\N\t\\N", "\\N"
            elif key[question] == pick:
                graded, graded_by = f"t\t{points[question]}\t{points[question]}\t1", str(version)
            else:
                graded, graded_by = "f\t0\t0\t0", str(version)
            yield (
                f"{pk}\t{ids.question + question}\t{answer}\t{graded}\t{at}\t"
                f'{{"choices": [{answer}]}}\t{revision}\t{graded_by}\t{at}\t{at}'
            )


def _activities(scale: Scale, ids: Ids, key: Sequence[int]) -> Iterator[str]:
    """That each attempt was started, and that it was completed."""
    for attempt in _draw(scale, key):
        about = (
            ids.learner(scale, attempt.learner), ActivityType.TAKE_QUIZ, ids.course + attempt.assessment // LESSONS,
            ids.lesson + attempt.assessment, ids.assessment + attempt.assessment,
        )  # fmt: skip
        number = attempt.attempt_number
        started = f'{{"event": "started", "attempt": {number}}}'
        yield line(*about, started, attempt.started, attempt.started)
        if not attempt.is_open:
            completed = f'{{"event": "completed", "attempt": {number}, "time_spent": {attempt.seconds}}}'
            yield line(*about, completed, attempt.ended, attempt.ended)
