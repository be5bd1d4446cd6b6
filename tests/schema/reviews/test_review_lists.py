"""The reviews of a course as a list: orders, filters, cursors through ties, and what a page costs."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Course, Review, ReviewVote, User
from schema.core import ids
from tests import factories
from tests.operations import operation

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)

LIST = """query (
  $id: ID!, $orderBy: [ReviewOrder!], $rating: Int, $featuredOnly: Boolean,
  $first: Int, $after: String, $last: Int, $before: String
) {
  course(id: $id) {
    reviews(
      orderBy: $orderBy, rating: $rating, featuredOnly: $featuredOnly,
      first: $first, after: $after, last: $last, before: $before
    ) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      edges { cursor node { title } }
    }
  }
}"""

ORDERS: dict[tuple[str, ...] | None, list[str]] = {
    None: ["f", "e", "d", "c", "b", "a"],
    ("NEWEST",): ["f", "e", "d", "c", "b", "a"],
    ("OLDEST",): ["a", "b", "c", "d", "e", "f"],
    ("MOST_HELPFUL",): ["b", "f", "d", "e", "c", "a"],
    ("HIGHEST_RATING",): ["e", "a", "f", "c", "d", "b"],
    ("LOWEST_RATING",): ["b", "d", "f", "c", "e", "a"],
    ("LOWEST_RATING", "OLDEST"): ["b", "d", "c", "f", "a", "e"],
    ("HIGHEST_RATING", "MOST_HELPFUL"): ["e", "a", "f", "c", "d", "b"],
    ("LOWEST_RATING", "MOST_HELPFUL"): ["b", "d", "f", "c", "e", "a"],
    ("NEWEST", "OLDEST"): ["f", "e", "d", "c", "b", "a"],
}


@pytest.fixture
def course(db: None) -> Course:
    """Six reviews, `a` to `f` from old to new: some with equal stars, some with equal votes."""
    course = factories.make_course()
    voters = [factories.make_user() for _ in range(2)]
    for title, rating, votes, featured in (
        ("a", 5, 0, True),
        ("b", 1, 2, False),
        ("c", 3, 0, False),
        ("d", 2, 1, False),
        ("e", 5, 0, True),
        ("f", 3, 1, True),
    ):
        author = factories.make_learner(course)
        review = factories.make_review(author, course, title=title, rating=rating, is_featured=featured)
        ReviewVote.objects.bulk_create(ReviewVote(user=voter, review=review) for voter in voters[:votes])
    return course


def _page(api: Any, course: Course, **variables: Any) -> Any:
    found = api(LIST, id=ids.encode("Course", course.pk), **variables)
    return found["course"]["reviews"]


def _titles(page: Any) -> list[str]:
    return [edge["node"]["title"] for edge in page["edges"]]


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_sorts_as_it_says(api: Any, course: Course, order: tuple[str, ...] | None) -> None:
    variables = {"orderBy": list(order)} if order else {}
    assert _titles(_page(api, course, **variables)) == ORDERS[order]


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("all_at_once", [False, True])
def test_walking_forwards_and_backwards_visits_every_review_once(
    api: Any, course: Course, order: tuple[str, ...] | None, all_at_once: bool
) -> None:
    if all_at_once:
        Review.objects.update(created_date=MOMENT)
    variables = {"orderBy": list(order)} if order else {}
    whole = _titles(_page(api, course, **variables))
    forwards: list[str] = []
    page = _page(api, course, first=2, **variables)
    forwards += _titles(page)
    while page["pageInfo"]["hasNextPage"]:
        page = _page(api, course, first=2, after=page["pageInfo"]["endCursor"], **variables)
        forwards += _titles(page)
    backwards: list[str] = []
    page = _page(api, course, last=4, **variables)
    backwards = _titles(page)
    while page["pageInfo"]["hasPreviousPage"]:
        page = _page(api, course, last=4, before=page["pageInfo"]["startCursor"], **variables)
        backwards = _titles(page) + backwards
    assert forwards == backwards == whole
    assert sorted(whole) == ["a", "b", "c", "d", "e", "f"]


def test_stars_and_featured_narrow_the_list_and_its_count(api: Any, course: Course) -> None:
    for variables, titles in (
        ({"rating": 5}, ["e", "a"]),
        ({"rating": 4}, []),
        ({"featuredOnly": True}, ["f", "e", "a"]),
        ({"featuredOnly": True, "rating": 3}, ["f"]),
        ({"featuredOnly": None}, ["f", "e", "d", "c", "b", "a"]),
    ):
        page = _page(api, course, **variables)
        assert (_titles(page), page["totalCount"]) == (titles, len(titles))


def test_a_cursor_of_one_order_does_not_fit_another(api: Any, course: Course) -> None:
    cursor = _page(api, course, first=1)["pageInfo"]["endCursor"]
    refused = api(
        LIST, id=ids.encode("Course", course.pk), after=cursor, orderBy=["HIGHEST_RATING", "NEWEST"]
    )
    assert refused.codes == ["BAD_USER_INPUT"]


def test_the_viewers_votes_are_told_for_a_whole_page(api: Any, course: Course) -> None:
    voter = ReviewVote.objects.filter(review__title="d").get().user
    asked = "query ($id: ID!) { course(id: $id) { reviews { edges { node { title viewerFoundHelpful } } } } }"
    for viewer, helpful in ((voter, ["b", "d", "f"]), (factories.make_user(), []), (None, [])):
        found = api(asked, viewer, id=ids.encode("Course", course.pk))["course"]["reviews"]["edges"]
        assert sorted(e["node"]["title"] for e in found if e["node"]["viewerFoundHelpful"]) == helpful


def _statements(api: Any, viewer: User | None, name: str, **variables: Any) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = api(operation(name), viewer, **variables)
    assert not answer.errors
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("signed_in", [True, False])
def test_the_reviews_of_twenty_courses_cost_as_many_statements_as_those_of_one(
    api: Any, db: None, signed_in: bool
) -> None:
    viewer = factories.make_user() if signed_in else None
    for number in range(20):
        course = factories.make_course()
        for _ in range(2):
            factories.make_review(factories.make_learner(course), course)
        if viewer and number % 2:
            factories.enroll(viewer, course)
            factories.make_review(viewer, course)
    one, twenty = (
        _statements(api, viewer, "course_reviews", first=first, reviews=5, orderBy=["MOST_HELPFUL"])
        for first in (1, 20)
    )
    assert len(one) == len(twenty), "\n".join(twenty)


def test_a_queue_of_twenty_reviews_costs_as_many_statements_as_one_of_one(api: Any, db: None) -> None:
    for _ in range(20):
        course = factories.make_course()
        factories.make_review(factories.make_learner(course), course, is_approved=False)
    moderator = factories.make_staff()
    one, twenty = (_statements(api, moderator, "review_moderation_queue", first=first) for first in (1, 20))
    assert len(one) == len(twenty) == 1, "\n".join(twenty)


@pytest.mark.parametrize("rating", [0, 6, 9, -1])
def test_a_rating_that_no_review_can_have_is_refused(api: Any, course: Course, rating: int) -> None:
    answered = api(LIST, id=ids.encode("Course", course.pk), rating=rating)
    assert answered.codes == ["BAD_USER_INPUT"]
    assert answered.errors[0]["message"] == f"A review has 1 to 5 stars; {rating} were asked for."
