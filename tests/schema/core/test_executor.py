"""graphql-core executes nothing that is compiled."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schema.core import ids
from schema.core.upstream import StrawberryGraphQLCoreExecutionContext
from tests.factories import make_course, make_review, make_user

pytestmark = pytest.mark.compiled


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The fields that graphql-core executes."""
    left: list[str] = []
    execute_field = StrawberryGraphQLCoreExecutionContext.execute_field

    def counted(self: Any, parent_type: Any, source: Any, details: Any, path: Any, context: Any) -> Any:
        left.append(f"{parent_type.name}.{path.key}")
        return execute_field(self, parent_type, source, details, path, context)

    monkeypatch.setattr(StrawberryGraphQLCoreExecutionContext, "execute_field", counted)
    return left


def test_of_a_query_it_executes_nothing(api: Any, executed: list[str]) -> None:
    for number in range(3):
        course = make_course(title=f"Course {number}")
        make_review(make_user(display_name="Reviewer"), course, rating=4)
    document = (
        "{ courses { edges { cursor node { title lessonCount reviewSummary { averageRating }"
        " reviews(first: 2) { edges { node { __typename rating author { displayName } } } } } } } }"
    )
    with CaptureQueriesContext(connection):  # it is asked once
        answered = api(document)
    [first, *others] = [edge["node"] for edge in answered["courses"]["edges"]]
    assert len(others) == 2
    assert first["reviews"]["edges"][0]["node"]["author"] == {"displayName": "Reviewer"}
    assert executed == []


def test_of_a_mutation_it_executes_nothing(api: Any, executed: list[str]) -> None:
    course = make_course()
    reviewer = make_user(display_name="Reviewer")
    review = make_review(reviewer, course, rating=4)
    answered = api(
        "mutation($input: UpdateReviewInput!) { updateReview(input: $input) {"
        " review { rating author { displayName } } userErrors { code } } }",
        reviewer,
        input={"reviewId": ids.encode("Review", review.pk), "rating": 2},
    )
    assert answered["updateReview"] == {
        "review": {"rating": 2, "author": {"displayName": "Reviewer"}},
        "userErrors": [],
    }
    assert executed == []
