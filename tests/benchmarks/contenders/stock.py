"""strawberry-django with its optimizer over the same tables, without authentication."""

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
    picked_places,
    two_places,
)

_ATTEMPT_PAGE = """
query AttemptPage($id: ID!) {
  attempt(pk: $id) {
    attemptNumber revision layout
    assessment { questions { id questionText points answers { id answerText } } }
    answers { questionId response }
  }
}"""

_CATALOGUE = """
query Catalogue {
  courses(pagination: {limit: 50}) {
    slug title lessonCount ratingCounts averageRating
    reviews(pagination: {limit: 3}) { rating title user { displayName } }
  }
}"""

_SAVE = """
mutation Save($learner: ID!, $attempt: ID!, $question: ID!, $answer: ID!) {
  saveAnswer(learner: $learner, attempt: $attempt, question: $question, answer: $answer) { revision }
}"""

_COURSE_PAGE = """
query CoursePage($course: ID!, $assessment: ID!) {
  course(pk: $course) { title lessons { title assessment { id title } } stats { assessmentStats } }
  assessment(pk: $assessment) {
    attempts(pagination: {limit: 20}) { attemptNumber score isCompleted user { displayName } }
  }
}"""

_START = """
mutation Start($learner: ID!, $assessment: ID!) {
  startAttempt(learner: $learner, assessment: $assessment) {
    id layout assessment { questions { id questionText points answers { id answerText } } }
  }
}"""

_COMPLETE = """
mutation Complete($learner: ID!, $attempt: ID!) {
  completeAttempt(learner: $learner, attempt: $attempt) { isCompleted score maxScore isPassed }
}"""


class Stock(Contender):
    """`stock_server`, as documented or on fixed threads."""

    def __init__(self, processes: int = 1, *, fixed_threads: bool = False) -> None:
        super().__init__(processes)
        self._options = ["--fixed-threads"] if fixed_threads else []
        self.called = "stock, fixed threads" if fixed_threads else "stock"

    def command(self, port: int, database_url: str) -> list[str]:
        module = "tests.benchmarks.contenders.stock_server"
        return [sys.executable, "-m", module, str(port), str(self.processes), *self._options]

    def attempt_page(self, attempt: OpenAttempt) -> Request:
        return _request(_ATTEMPT_PAGE, id=str(attempt.attempt))

    def plain_attempt_page(self, answer: Any, attempt: OpenAttempt) -> Any:
        found = answer["data"]["attempt"]
        questions = {int(question["id"]): question for question in found["assessment"]["questions"]}
        responses = {int(row["questionId"]): row["response"] for row in found["answers"]}
        plain = []
        for entry in found["layout"]["questions"]:
            question = questions[entry["id"]]
            texts = {int(choice["id"]): choice["answerText"] for choice in question["answers"]}
            choices = [texts[pk] for pk in entry["choices"]]
            picked = picked_places(entry, responses.get(entry["id"]))
            plain.append([entry["id"], question["questionText"], question["points"], choices, picked])
        return [found["attemptNumber"], found["revision"], plain]

    def catalogue(self) -> Request:
        return _request(_CATALOGUE)

    def plain_catalogue(self, answer: Any) -> Any:
        return [
            [
                course["slug"],
                course["title"],
                course["lessonCount"],
                sum(course["ratingCounts"]),
                two_places(course["averageRating"]),
                [[row["rating"], row["title"], row["user"]["displayName"]] for row in course["reviews"]],
            ]
            for course in answer["data"]["courses"]
        ]

    def save_answer(self, save: Save) -> Request:
        return _save(save.of.learner, save.of.attempt, save.question, save.answer)

    def course_page(self, taught: TaughtCourse) -> Request:
        return _request(_COURSE_PAGE, course=str(taught.course), assessment=str(taught.assessment))

    def plain_course_page(self, answer: Any, taught: TaughtCourse) -> Any:
        course = answer["data"]["course"]
        figures = course["stats"]["assessmentStats"]
        lessons = []
        for lesson in course["lessons"]:
            of_assessment = figures.get(lesson["assessment"]["id"], {"attempts": 0, "pass_rate": None})
            lessons.append(
                [
                    lesson["title"],
                    lesson["assessment"]["title"],
                    of_assessment["attempts"],
                    two_places(of_assessment["pass_rate"]),
                ]
            )
        newest = [
            [row["attemptNumber"], row["score"] if row["isCompleted"] else None, row["user"]["displayName"]]
            for row in answer["data"]["assessment"]["attempts"]
        ]
        return [course["title"], lessons, newest]

    def story(self, ask: Ask, beginner: Beginner) -> int:
        who = {"learner": str(beginner.learner)}
        started = ask(_request(_START, **who, assessment=str(beginner.assessment)))["data"]["startAttempt"]
        attempt = int(started["id"])
        for question in beginner.questions:
            ask(_save(beginner.learner, attempt, question["id"], question["answer"]))
        ask(_request(_COMPLETE, **who, attempt=started["id"]))
        return attempt


def _request(query: str, **variables: Any) -> Request:
    return Request("/graphql", {"query": query, "variables": variables})


def _save(learner: int, attempt: int, question: int, answer: int) -> Request:
    return _request(
        _SAVE, learner=str(learner), attempt=str(attempt), question=str(question), answer=str(answer)
    )
