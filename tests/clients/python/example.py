"""Lists the catalogue page by page, and takes one assessment: COURSES_TOKEN=... uv run python example.py"""

import asyncio
import os
from collections.abc import AsyncIterator

from generated import CoursesClient
from generated.course_catalogue import CourseCatalogueCoursesEdgesNode as Course
from generated.enums import Selection
from generated.input_types import (
    AnswerSubmissionInput,
    CompleteAttemptInput,
    EnrollInput,
    ResponseInput,
    SubmitAnswersInput,
)

URL = os.environ.get("COURSES_URL", "http://127.0.0.1:8000/graphql/")


async def catalogue(client: CoursesClient) -> AsyncIterator[Course]:
    """Every course, two to a page."""
    after = None
    while True:
        courses = (await client.course_catalogue(first=2, after=after)).courses
        for edge in courses.edges:
            yield edge.node
        if not courses.page_info.has_next_page:
            return
        after = courses.page_info.end_cursor


async def take(client: CoursesClient, assessment_id: str) -> None:
    """Answer one question and hand in."""
    started = (await client.start_attempt(assessment_id)).start_attempt
    assert started.attempt, started.user_errors
    asked = next(question for question in started.attempt.questions if question.selection is Selection.SINGLE)
    assert asked.choices
    response = ResponseInput(choices=[asked.choices[0].id])
    answers = [AnswerSubmissionInput(question_id=asked.question, response=response)]
    saved = await client.submit_answers(
        SubmitAnswersInput(
            attempt_id=started.attempt.id, base_revision=started.attempt.revision, answers=answers
        )
    )
    print("saved" if not saved.submit_answers.user_errors else saved.submit_answers.user_errors)
    completed = await client.complete_attempt(CompleteAttemptInput(attempt_id=started.attempt.id))
    assert completed.complete_attempt.attempt, completed.complete_attempt.user_errors
    print("attempt", completed.complete_attempt.attempt.state.value)


async def main() -> None:
    headers = {"Authorization": f"Bearer {os.environ['COURSES_TOKEN']}"}
    async with CoursesClient(url=URL, headers=headers) as client:
        async for course in catalogue(client):
            print("course", course.title)
            await client.enroll(EnrollInput(course_id=course.id))
        page = (await client.course_page("coffee-from-seed-to-cup")).course
        assert page
        await take(client, next(lesson.assessment.id for lesson in page.lessons if lesson.assessment))


if __name__ == "__main__":
    asyncio.run(main())
