"""A plan prints as a tree that a person can read."""

from textwrap import dedent

import pytest
from django.db.models import Q

from schema.core.connections import NEWEST_FIRST, page_request
from schema.dataloaders import attempts, people
from schema.dataloaders.base import TotalCount
from schema.dataloaders.paging import OrderTerm, PageRequest
from schema.dataloaders.plans import NOTHING, UNKNOWN, Plan, Step
from schema.dataloaders.registry import declarations


def test_a_plan_is_a_tree_of_columns_declarations_and_requests() -> None:
    author = Step(people.user_of, "author", None, UNKNOWN)
    rows = Step(None, "node", None, Plan(frozenset({"user_id", "rating"}), (author,)))
    page = Plan(frozenset(), (Step(None, "edges", None, Plan(frozenset(), (rows,))), _counted("total_count")))
    request = page_request(first=3, order=NEWEST_FIRST, where=Q(rating=5))
    plan = Plan(
        frozenset({"pk"}),
        (
            Step(attempts.attempts_of_assessment, "attempts", request, page),
            Step(attempts.questions_of_attempt, "questions, answered_count", None, NOTHING),
        ),
    )
    assert str(plan) == dedent(
        """\
        columns: pk
        attempts: attempts.attempts_of_assessment = PageOf(key=pk, selector=attempts_visible_to, by=assessment_id, after_load=_close_overdue)
          request: first 3 by -created_date, -pk, where (AND: ('rating', 5))
          edges
            node
              columns: rating, user_id
              author: people.user_of = ByPk(key=user_id, selector=people_as_seen_by)
                all columns
          total_count: TotalCount = TotalCount(key=None)
        questions, answered_count: attempts.questions_of_attempt = LaidOutQuestions(key=None, parent_columns=frozenset({'layout'}), parent_attribute=attempt)"""  # noqa: E501
    )


def _counted(name: str) -> Step:
    return Step(TotalCount(), name, None, NOTHING)


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        (PageRequest(20, (OrderTerm("pk"),), after=(1,)), "first 20 by pk, after"),
        (PageRequest(5, NEWEST_FIRST, before=(1, 2), backwards=True), "last 5 by -created_date, -pk, before"),
    ],
)
def test_a_request_says_what_is_asked_and_no_values_of_cursors(request_: PageRequest, text: str) -> None:
    assert str(request_) == text


def test_a_plan_without_anything_prints_what_it_reads() -> None:
    assert (str(UNKNOWN), str(NOTHING)) == ("all columns", "")


def test_declarations_know_the_name_that_the_registry_has_for_them() -> None:
    assert {name: each.name for name, each in declarations().items()} == {
        name: name for name in declarations()
    }
