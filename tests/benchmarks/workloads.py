"""The five workloads: requests to a contender, and the comparison of its responses with those of the floor."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.benchmarks import load
from tests.benchmarks.contenders.base import Contender, Request
from tests.benchmarks.deployment import Deployment
from tests.benchmarks.load import Load
from tests.benchmarks.processes import Server
from tests.benchmarks.subjects import Subjects, next_saves

CHECKED = 3
"""How many subjects are compared before each run."""

CONNECTIONS = 8
TELLERS = 4


@dataclass(frozen=True)
class Workload:
    """`requests` are sent by wrk; without them it is a story, told by our own client."""

    key: str
    title: str
    requests: Callable[[Contender, Deployment, Subjects], list[Request]] | None
    check: Callable[[Server, Subjects], Any]
    """What the contender answers, or has stored, in plain form: the same for all contenders."""


def run(workload: Workload, server: Server, subjects: Subjects, *, seconds: float) -> Load:
    """Put the workload on the server for so long. What stories leave behind is removed."""
    if workload.requests is not None:
        requests = workload.requests(server.contender, server.deployment, subjects)
        return load.bombard(server.port, requests, connections=CONNECTIONS, seconds=seconds)
    told = load.tell_stories(
        server.port, server.contender.story, subjects.beginners, tellers=TELLERS, seconds=seconds
    )
    forget_stories(server.deployment, subjects)
    return told


def forget_stories(deployment: Deployment, subjects: Subjects) -> None:
    """Remove the attempts of beginners, and what the server has recorded of them."""
    pairs = [(beginner.learner, beginner.assessment) for beginner in subjects.beginners]
    learners, assessments = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    of_beginners = "(user_id, assessment_id) IN (SELECT * FROM unnest(%(learners)s, %(assessments)s))"
    for statement in (
        "DELETE FROM courses_attemptanswer WHERE attempt_id IN "
        f"(SELECT id FROM courses_assessmentattempt WHERE {of_beginners})",
        f"DELETE FROM courses_assessmentattempt WHERE {of_beginners}",
        f"DELETE FROM courses_useractivity WHERE {of_beginners}",
    ):
        deployment.fetch(statement, learners=learners, assessments=assessments)


def _check_attempt_pages(server: Server, subjects: Subjects) -> Any:
    contender = server.contender
    return [
        contender.plain_attempt_page(load.ask(server.port, contender.attempt_page(attempt)), attempt)
        for attempt in subjects.open_attempts[:CHECKED]
    ]


def _check_catalogue(server: Server, subjects: Subjects) -> Any:
    return server.contender.plain_catalogue(load.ask(server.port, server.contender.catalogue()))


def _check_saves(server: Server, subjects: Subjects) -> Any:
    """Whether what the last requests named is what stands in the database afterwards."""
    saves = next_saves(server.deployment, subjects)[:CHECKED]
    for save in saves:
        load.ask(server.port, server.contender.save_answer(save))
    stored = [
        server.deployment.fetch(
            "SELECT response, selected_answer_id FROM courses_attemptanswer "
            "WHERE attempt_id = %(attempt)s AND question_id = %(question)s",
            attempt=save.of.attempt,
            question=save.question,
        )[0]
        for save in saves
    ]
    return [row == ({"choices": [save.answer]}, save.answer) for save, row in zip(saves, stored, strict=True)]


def _check_course_pages(server: Server, subjects: Subjects) -> Any:
    contender = server.contender
    return [
        contender.plain_course_page(load.ask(server.port, contender.course_page(taught)), taught)
        for taught in subjects.taught_courses[:CHECKED]
    ]


def _check_story(server: Server, subjects: Subjects) -> Any:
    """What stands in the database of the first beginner's attempt."""
    beginner = subjects.beginners[0]
    attempt = server.contender.story(lambda request: load.ask(server.port, request), beginner)
    stored = server.deployment.fetch(
        "SELECT attempt.attempt_number, attempt.is_completed, attempt.is_passed, attempt.score, attempt.max_score, "
        "attempt.ended_by, jsonb_array_length(layout -> 'questions'), count(*), sum(answer.points_earned), "
        "bool_and(answer.is_correct AND answer.credit = 1) "
        "FROM courses_assessmentattempt AS attempt "
        "JOIN courses_attemptanswer AS answer ON answer.attempt_id = attempt.id "
        "WHERE attempt.id = %(attempt)s GROUP BY attempt.id",
        attempt=attempt,
    )
    forget_stories(server.deployment, subjects)
    return stored


WORKLOADS = (
    Workload(
        "W1",
        "attempt page",
        lambda contender, _, subjects: [contender.attempt_page(each) for each in subjects.open_attempts],
        _check_attempt_pages,
    ),
    Workload("W2", "catalogue", lambda contender, *_: [contender.catalogue()], _check_catalogue),
    Workload(
        "W3",
        "save an answer",
        lambda contender, deployment, subjects: [
            contender.save_answer(save) for save in next_saves(deployment, subjects)
        ],
        _check_saves,
    ),
    Workload(
        "W4",
        "instructor's page",
        lambda contender, _, subjects: [contender.course_page(each) for each in subjects.taught_courses],
        _check_course_pages,
    ),
    Workload("W5", "a learner's story", None, _check_story),
)
