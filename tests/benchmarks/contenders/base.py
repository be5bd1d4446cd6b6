"""Interface of a contender, and the subjects of its requests."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

CHOICES = 4


@dataclass(frozen=True)
class Request:
    """One POST of a JSON body."""

    path: str
    body: dict[str, Any]
    token: str | None = None

    def encoded(self) -> str:
        return json.dumps(self.body, separators=(",", ":"))


@dataclass(frozen=True)
class OpenAttempt:
    """An attempt that is under way, and its learner. `layout` is as it is stored."""

    attempt: int
    learner: int
    token: str
    layout: list[dict[str, Any]]


@dataclass(frozen=True)
class TaughtCourse:
    """A course, one of its assessments, and the token of its teacher."""

    course: int
    assessment: int
    token: str


@dataclass(frozen=True)
class Beginner:
    """A learner and an assessment that the learner has never tried, with the key and the points of its questions."""

    learner: int
    token: str
    assessment: int
    questions: list[dict[str, Any]]


@dataclass(frozen=True)
class Save:
    """The choice at a place of an open attempt's layout is to be picked."""

    of: OpenAttempt
    question: int
    answer: int
    place: int


Ask = Callable[[Request], Any]


class Contender(ABC):
    """A server under test: how it is started, what it is asked, and how its answers read when plain.

    Plain answers hold the same values in the same form for every contender.
    """

    called: str
    is_compiled = False
    """Whether what runs often is compiled while it runs."""
    omits: frozenset[str] = frozenset()
    """Keys of the workloads that it takes no part in."""

    def __init__(self, processes: int = 1) -> None:
        self.processes = processes

    @property
    def name(self) -> str:
        """A name that tells it from the same contender in another number of processes."""
        return self.called if self.processes == 1 else f"{self.called}, {self.processes} processes"

    @abstractmethod
    def command(self, port: int, database_url: str) -> list[str]:
        """What starts it."""

    @abstractmethod
    def attempt_page(self, attempt: OpenAttempt) -> Request:
        """One attempt, its questions in the learner's order with their choices, and what was picked."""

    @abstractmethod
    def plain_attempt_page(self, answer: Any, attempt: OpenAttempt) -> Any:
        """Number, revision, and of each question: id, text, points, texts of choices, places picked."""

    @abstractmethod
    def catalogue(self) -> Request:
        """The 50 newest courses: lesson count, review summary, three newest reviews with author."""

    @abstractmethod
    def plain_catalogue(self, answer: Any) -> Any:
        """Of each course: slug, title, lessons, reviews, average to two decimals, reviews."""

    @abstractmethod
    def save_answer(self, save: Save) -> Request:
        """One response of an open attempt, durable when it is acknowledged."""

    @abstractmethod
    def course_page(self, taught: TaughtCourse) -> Request:
        """A course, its lessons and assessments with statistics, and 20 newest attempts with their learners."""

    @abstractmethod
    def plain_course_page(self, answer: Any, taught: TaughtCourse) -> Any:
        """Title; of each lesson: title, assessment, attempts, pass rate; of each attempt: number, score, learner."""

    @abstractmethod
    def story(self, ask: Ask, beginner: Beginner) -> int:
        """Start an attempt, answer its ten questions rightly one by one, complete it; return its primary key."""


def picked_places(entry: dict[str, Any], response: dict[str, Any] | None) -> list[int]:
    """Where the picks of a stored response stand in the layout."""
    picks = (response or {}).get("choices", [])
    return [place for place, answer in enumerate(entry["choices"]) if answer in picks]


def two_places(number: Any) -> str | None:
    return None if number is None else f"{float(number):.2f}"
