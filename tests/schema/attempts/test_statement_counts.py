"""What each operation costs: as many statements for twenty questions or attempts as for one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Assessment, User
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.taking import Api, answers_to, complete, page, start, submit


def _taking(questions: int) -> tuple[User, Assessment]:
    """A learner, and an assessment of so many questions: single choices and matchings by turns."""
    assessment = factories.make_assessment(max_attempts=40)
    for number in range(questions):
        if number % 2:
            factories.matching(assessment, {"cat": "meows", "dog": "barks"}, question_text=f"{number}?")
        else:
            factories.single_choice(assessment, question_text=f"{number}?")
    return factories.make_learner(assessment.lesson.course), assessment


def _responses(questions: int) -> dict[str, Any]:
    return {f"{number}?": {"cat": "meows"} if number % 2 else ["right"] for number in range(questions)}


def _count(work: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as statements:
        work()
    return len(statements)


def _cost_of(api: Api, questions: int) -> dict[str, int]:
    """The statements of each operation of an attempt with so many questions."""
    learner, assessment = _taking(questions)
    cost = {"start_attempt": _count(lambda: start(api, learner, assessment))}
    cost["resume"] = _count(lambda: start(api, learner, assessment))
    attempt = start(api, learner, assessment)
    answers = answers_to(attempt, _responses(questions))
    cost["submit_answers"] = _count(
        lambda: submit(api, learner, attemptId=attempt["id"], answers=answers, baseRevision=0)
    )
    cost["attempt_page while open"] = _count(lambda: page(api, learner, attempt["id"]))
    variables = {"attemptId": attempt["id"], "questionId": answers[0]["questionId"], "isFlagged": True}
    cost["flag_question"] = _count(lambda: api(operation("flag_question"), learner, **variables))
    cost["complete_attempt"] = _count(lambda: complete(api, learner, attemptId=attempt["id"]))
    cost["attempt_page afterwards"] = _count(lambda: page(api, learner, attempt["id"]))
    return cost


@pytest.mark.django_db
def test_an_attempt_with_twenty_questions_costs_as_many_statements_as_one_with_one(api: Api) -> None:
    _cost_of(api, 1)  # composes the transactions, which is done once
    assert _cost_of(api, 20) == _cost_of(api, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("spread", [False, True], ids=["of one assessment", "each of another"])
def test_a_list_of_twenty_attempts_costs_as_many_statements_as_one(api: Api, spread: bool) -> None:
    costs = []
    for count in (1, 20):
        learner, assessment = _taking(2)
        for _ in range(count):
            if spread:
                assessment = factories.make_assessment(
                    lesson=factories.make_lesson(course=assessment.lesson.course)
                )
                factories.single_choice(assessment)
            attempt = factories.make_attempt(learner, assessment)
            factories.pick(attempt, assessment.questions.earliest("order"), "right")
            attempt.complete()

        def read(learner: User = learner, count: int = count) -> None:
            shown = api(operation("viewer_attempts"), learner, first=40)["viewer"]["attempts"]
            assert len(shown["edges"]) == count

        read()  # from now on the versions of its questions are in memory
        costs.append(_count(read))
    assert costs[0] == costs[1]


@pytest.mark.django_db
def test_the_staffs_list_of_twenty_attempts_with_their_questions_costs_as_many_statements_as_one(
    api: Api,
) -> None:
    document = """query ($id: ID!) { assessment(id: $id) { attempts(first: 40) { edges { node {
      score learner { displayName } receipt { digest } questions { text response { choices } result { correctness } }
    } } } } }"""
    costs = []
    for count in (1, 20):
        _, assessment = _taking(2)
        for _ in range(count):
            learner = factories.make_learner(assessment.lesson.course)
            factories.make_attempt(learner, assessment).complete()
        staff, variables = factories.make_staff(), {"id": ids.encode("Assessment", assessment.pk)}
        costs.append(_count(lambda: api(document, staff, **variables)["assessment"]))  # noqa: B023
    assert costs[0] == costs[1]
