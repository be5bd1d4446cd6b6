"""Subjects of the requests: some learners, teachers and courses of the data, with tokens to act for them."""

import hashlib
import json
from dataclasses import dataclass

from tests.benchmarks.contenders.base import Beginner, OpenAttempt, Save, TaughtCourse
from tests.benchmarks.deployment import Deployment

OPEN_ATTEMPTS = 64
COURSES = 50
BEGINNERS = 400


@dataclass(frozen=True)
class Subjects:
    """The same ones for every contender and every round."""

    open_attempts: list[OpenAttempt]
    taught_courses: list[TaughtCourse]
    beginners: list[Beginner]


_OPEN = """
SELECT id, user_id, layout -> 'questions' FROM courses_assessmentattempt
WHERE NOT is_completed ORDER BY md5(id::text) LIMIT %(limit)s
"""

_TAUGHT = """
SELECT course.id, min(assessment.id), min(teaches.user_id)
FROM courses_course AS course
JOIN courses_course_instructors AS teaches ON teaches.course_id = course.id
JOIN courses_lesson AS lesson ON lesson.course_id = course.id
JOIN courses_assessment AS assessment ON assessment.lesson_id = lesson.id
GROUP BY course.id ORDER BY course.id LIMIT %(limit)s
"""

_BEGINNERS = """
SELECT enrolled.user_id, assessment.id, (
    SELECT json_agg(json_build_object('id', question.id, 'points', question.points, 'answer', answer.id,
        'text', answer.answer_text, 'choices',
        (SELECT json_agg(id ORDER BY id) FROM courses_answer WHERE question_id = question.id))
        ORDER BY question."order")
    FROM courses_question AS question
    JOIN courses_answer AS answer ON answer.question_id = question.id AND answer.is_correct
    WHERE question.assessment_id = assessment.id)
FROM (SELECT DISTINCT ON (user_id) user_id, course_id FROM courses_enrollment
    ORDER BY user_id, course_id LIMIT %(limit)s) AS enrolled
CROSS JOIN LATERAL (
    SELECT assessment.id FROM courses_assessment AS assessment
    JOIN courses_lesson AS lesson ON lesson.id = assessment.lesson_id
    WHERE lesson.course_id IN (SELECT course_id FROM courses_enrollment WHERE user_id = enrolled.user_id)
        AND NOT EXISTS (SELECT FROM courses_assessmentattempt
            WHERE user_id = enrolled.user_id AND assessment_id = assessment.id)
    ORDER BY assessment.id LIMIT 1
) AS assessment
"""

_TOKENS = """
INSERT INTO courses_accesstoken (user_id, name, prefix, digest, scopes)
SELECT (made ->> 'user')::bigint, 'benchmark', 'cat_', made ->> 'digest',
    '["courses:read", "attempts:read", "attempts:write", "statistics:read"]'
FROM jsonb_array_elements(%(made)s::jsonb) AS made
ON CONFLICT (digest) DO NOTHING
"""


def choose(deployment: Deployment) -> Subjects:
    """Choose them, and give their people tokens."""
    open_attempts = deployment.fetch(_OPEN, limit=OPEN_ATTEMPTS)
    taught = deployment.fetch(_TAUGHT, limit=COURSES)
    beginners = deployment.fetch(_BEGINNERS, limit=BEGINNERS)
    people = {row[1] for row in open_attempts} | {row[2] for row in taught} | {row[0] for row in beginners}
    _give_tokens(deployment, people)
    return Subjects(
        open_attempts=[OpenAttempt(pk, user, _secret(user), layout) for pk, user, layout in open_attempts],
        taught_courses=[TaughtCourse(pk, assessment, _secret(user)) for pk, assessment, user in taught],
        beginners=[Beginner(user, _secret(user), pk, questions) for user, pk, questions in beginners],
    )


def next_saves(deployment: Deployment, subjects: Subjects) -> list[Save]:
    """Saves of which each changes what is stored: every question of the open attempts, three times in turn."""
    picked = {
        (attempt, question): answer
        for attempt, question, answer in deployment.fetch(
            "SELECT attempt_id, question_id, selected_answer_id FROM courses_attemptanswer "
            "WHERE attempt_id = ANY(%(attempts)s)",
            attempts=[attempt.attempt for attempt in subjects.open_attempts],
        )
    }
    saves = []
    for turn in (1, 2, 3, 4):
        for number in range(10):
            for attempt in subjects.open_attempts:
                entry = attempt.layout[number]
                now = entry["choices"].index(picked[attempt.attempt, entry["id"]])
                place = (now + turn) % len(entry["choices"])
                saves.append(Save(attempt, entry["id"], entry["choices"][place], place))
    return saves


def _secret(user: int) -> str:
    return f"cat_benchmark-of-person-{user}"


def _give_tokens(deployment: Deployment, people: set[int]) -> None:
    made = [
        {"user": user, "digest": hashlib.sha256(_secret(user).encode()).hexdigest()}
        for user in sorted(people)
    ]
    deployment.fetch(_TOKENS, made=json.dumps(made))
