"""Floor of the benchmark: one hand-written statement for each request, its JSON made by PostgreSQL."""

import sys
from typing import Any

from tests.benchmarks.contenders.base import (
    Ask,
    Beginner,
    Contender,
    OpenAttempt,
    Request,
    Save,
    TaughtCourse,
    two_places,
)


class Floor(Contender):
    """`floor_server`: a bare ASGI application. It asks nobody who they are."""

    called = "floor"

    def command(self, port: int, database_url: str) -> list[str]:
        module = "tests.benchmarks.contenders.floor_server"
        return [sys.executable, "-m", module, str(port), database_url, str(self.processes)]

    def attempt_page(self, attempt: OpenAttempt) -> Request:
        return Request("/attempt_page", {"attempt": attempt.attempt, "learner": attempt.learner})

    def plain_attempt_page(self, answer: Any, attempt: OpenAttempt) -> Any:
        return answer

    def catalogue(self) -> Request:
        return Request("/catalogue", {})

    def plain_catalogue(self, answer: Any) -> Any:
        return [[*course[:4], two_places(course[4]), course[5] or []] for course in answer]

    def save_answer(self, save: Save) -> Request:
        return _save(save.of.attempt, save.of.learner, save.question, save.answer)

    def course_page(self, taught: TaughtCourse) -> Request:
        return Request("/course_page", {"course": taught.course, "assessment": taught.assessment})

    def plain_course_page(self, answer: Any, taught: TaughtCourse) -> Any:
        title, lessons, newest = answer
        return [title, [[*lesson[:3], two_places(lesson[3])] for lesson in lessons], newest]

    def story(self, ask: Ask, beginner: Beginner) -> int:
        started = ask(Request("/start", {"learner": beginner.learner, "assessment": beginner.assessment}))
        for question in beginner.questions:
            ask(_save(started["attempt"], beginner.learner, question["id"], question["answer"]))
        ask(Request("/complete", {"attempt": started["attempt"], "learner": beginner.learner}))
        attempt: int = started["attempt"]
        return attempt


def _save(attempt: int, learner: int, question: int, answer: int) -> Request:
    return Request("/save", {"attempt": attempt, "learner": learner, "question": question, "answer": answer})
