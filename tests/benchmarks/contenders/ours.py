"""Server of this project, as production runs it: every request is authenticated, counted and logged."""

import base64
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

_ATTEMPT_PAGE = """
query AttemptPage($id: ID!) {
  attempt(id: $id) {
    attemptNumber revision
    questions { question text points choices { id text } response { choices } }
  }
}"""

_CATALOGUE = """
query Catalogue {
  courses(first: 50) {
    edges {
      node {
        slug title lessonCount
        reviewSummary { count averageRating }
        reviews(first: 3) { edges { node { rating title author { displayName } } } }
      }
    }
  }
}"""

_SAVE = """
mutation Save($input: SubmitAnswersInput!) {
  submitAnswers(input: $input) { attempt { revision } userErrors { code } }
}"""

_COURSE_PAGE = """
query CoursePage($course: ID!, $assessment: ID!) {
  course(id: $course) {
    title
    lessons { title assessment { id title } }
    statistics { assessments { assessment { id } attemptCount passRate } }
  }
  assessment(id: $assessment) {
    attempts(first: 20) { edges { node { attemptNumber score learner { displayName } } } }
  }
}"""

_START = """
mutation Start($assessment: ID!) {
  startAttempt(input: {assessmentId: $assessment}) {
    attempt { id questions { question text points choices { id text } } } userErrors { code }
  }
}"""

_COMPLETE = """
mutation Complete($attempt: ID!) {
  completeAttempt(input: {attemptId: $attempt}) { attempt { state score maxScore isPassed } userErrors { code } }
}"""


class Ours(Contender):
    """`manage.py serve`."""

    called = "ours"

    def command(self, port: int, database_url: str) -> list[str]:
        return [sys.executable, "manage.py", "serve", "--port", str(port), "--workers", str(self.processes)]

    def attempt_page(self, attempt: OpenAttempt) -> Request:
        return _request(_ATTEMPT_PAGE, attempt.token, id=_id("AssessmentAttempt", attempt.attempt))

    def plain_attempt_page(self, answer: Any, attempt: OpenAttempt) -> Any:
        found = answer["data"]["attempt"]
        return [found["attemptNumber"], found["revision"], [_plain_question(q) for q in found["questions"]]]

    def catalogue(self) -> Request:
        return _request(_CATALOGUE, None)

    def plain_catalogue(self, answer: Any) -> Any:
        return [_plain_course(edge["node"]) for edge in answer["data"]["courses"]["edges"]]

    def save_answer(self, save: Save) -> Request:
        return _save(save.of.token, save.of.attempt, save.question, save.place)

    def course_page(self, taught: TaughtCourse) -> Request:
        variables = {
            "course": _id("Course", taught.course),
            "assessment": _id("Assessment", taught.assessment),
        }
        return _request(_COURSE_PAGE, taught.token, **variables)

    def plain_course_page(self, answer: Any, taught: TaughtCourse) -> Any:
        course = answer["data"]["course"]
        figures = {entry["assessment"]["id"]: entry for entry in course["statistics"]["assessments"]}
        lessons = [
            [
                lesson["title"],
                lesson["assessment"]["title"],
                figures[lesson["assessment"]["id"]]["attemptCount"],
                two_places(figures[lesson["assessment"]["id"]]["passRate"]),
            ]
            for lesson in course["lessons"]
        ]
        attempts = [edge["node"] for edge in answer["data"]["assessment"]["attempts"]["edges"]]
        newest = [[row["attemptNumber"], row["score"], row["learner"]["displayName"]] for row in attempts]
        return [course["title"], lessons, newest]

    def story(self, ask: Ask, beginner: Beginner) -> int:
        started = ask(_request(_START, beginner.token, assessment=_id("Assessment", beginner.assessment)))[
            "data"
        ]["startAttempt"]["attempt"]
        attempt = int(_key(started["id"]))
        right = {question["id"]: question["text"] for question in beginner.questions}
        for question in started["questions"]:
            pk = int(_key(question["question"]))
            place = [choice["text"] for choice in question["choices"]].index(right[pk])
            ask(_save(beginner.token, attempt, pk, place))
        ask(_request(_COMPLETE, beginner.token, attempt=started["id"]))
        return attempt


def _request(query: str, token: str | None, **variables: Any) -> Request:
    return Request("/graphql", {"query": query, "variables": variables}, token)


def _save(token: str, attempt: int, question: int, place: int) -> Request:
    response = {"choices": [_id("Choice", f"{attempt}.{question}.{place}")]}
    answers = [{"questionId": _id("Question", question), "response": response}]
    return _request(_SAVE, token, input={"attemptId": _id("AssessmentAttempt", attempt), "answers": answers})


def _id(kind: str, key: object) -> str:
    return base64.b64encode(f"{kind}:{key}".encode()).decode()


def _key(global_id: str) -> str:
    return base64.b64decode(global_id).decode().partition(":")[2]


def _plain_question(question: dict[str, Any]) -> Any:
    ids = [choice["id"] for choice in question["choices"]]
    picks = (question["response"] or {}).get("choices") or []
    return [
        int(_key(question["question"])),
        question["text"],
        question["points"],
        [choice["text"] for choice in question["choices"]],
        sorted(ids.index(pick) for pick in picks),
    ]


def _plain_course(course: dict[str, Any]) -> Any:
    summary = course["reviewSummary"]
    reviews = [edge["node"] for edge in course["reviews"]["edges"]]
    return [
        course["slug"],
        course["title"],
        course["lessonCount"],
        summary["count"],
        two_places(summary["averageRating"]),
        [[review["rating"], review["title"], review["author"]["displayName"]] for review in reviews],
    ]
