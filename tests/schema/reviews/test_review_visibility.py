"""Who sees which reviews, and what of them: one table of viewers for each thing."""

from typing import Any

import pytest

from courses.models import Course, Review
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import EVERYBODY, People

STAFF = ("instructor", "moderator", "admin")


def _review(people: People, course: Course, **fields: Any) -> Review:
    return factories.make_review(people["learner"], course, moderation_notes="Looked at.", **fields)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize(
    ("is_approved", "is_published", "seen_by"),
    [
        (True, True, EVERYBODY),
        (False, True, ("learner", *STAFF)),
        (True, False, ("learner", "classmate", *STAFF)),
    ],
)
def test_an_approved_review_is_everybodys_and_others_are_their_authors_and_the_staffs(
    api: Any,
    people: People,
    course: Course,
    who: str,
    is_approved: bool,
    is_published: bool,
    seen_by: tuple[str, ...],
) -> None:
    review = _review(people, course, is_approved=is_approved)
    Course.objects.filter(pk=course.pk).update(is_published=is_published)
    seen = api(
        "query ($review: ID!, $course: ID!) {"
        " node(id: $review) { id } course(id: $course) { reviews { totalCount edges { node { id } } } } }",
        people[who],
        review=ids.encode("Review", review.pk),
        course=ids.encode("Course", course.pk),
    )
    listed = seen["course"]["reviews"]["totalCount"] if seen["course"] else 0
    sees_course_only = who == "classmate" and not is_published
    expected = who in seen_by and not sees_course_only
    assert (seen["node"] is not None, listed) == (expected, int(expected))


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_notes_of_moderators_are_null_for_everybody_else(
    api: Any, people: People, course: Course, who: str
) -> None:
    review = _review(people, course)
    answer = api(
        "query ($id: ID!) { node(id: $id) { ... on Review { moderationNotes } } }",
        people[who],
        id=ids.encode("Review", review.pk),
    )
    assert answer["node"]["moderationNotes"] == ("Looked at." if who in STAFF else None)


def test_an_author_does_not_read_the_notes_on_their_own_review_as_staff_either(
    api: Any, course: Course
) -> None:
    moderator = factories.make_staff()
    review = factories.make_review(moderator, course, moderation_notes="Looked at.")
    answer = api(
        "query ($id: ID!) { node(id: $id) { ... on Review { moderationNotes } } }",
        moderator,
        id=ids.encode("Review", review.pk),
    )
    assert answer["node"]["moderationNotes"] is None


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_moderation_queue_holds_what_the_viewer_decides_and_is_empty_for_others(
    api: Any, people: People, course: Course, who: str
) -> None:
    waiting = _review(people, course, is_approved=False)
    factories.make_review(people["classmate"], course)
    answer = api(operation("review_moderation_queue"), people[who], first=10)["reviewModerationQueue"]
    expected = [ids.encode("Review", waiting.pk)] if who in STAFF else []
    assert [edge["node"]["id"] for edge in answer["edges"]] == expected
    assert answer["totalCount"] == len(expected)


def test_the_moderation_queue_shows_the_oldest_first_and_can_be_narrowed_to_a_course(
    api: Any, course: Course
) -> None:
    moderator, other = factories.make_staff(), factories.make_course()
    waiting = [
        factories.make_review(factories.make_learner(place), place, is_approved=False)
        for place in (course, other, course, course)
    ]
    factories.make_review(moderator, course, is_approved=False)

    def queue(**variables: Any) -> Any:
        found = api(operation("review_moderation_queue"), moderator, **variables)["reviewModerationQueue"]
        return [edge["node"]["id"] for edge in found["edges"]], found["pageInfo"]

    everything = [ids.encode("Review", review.pk) for review in waiting]
    in_course = [everything[0], everything[2], everything[3]]
    course_id = ids.encode("Course", course.pk)
    assert queue(first=10)[0] == everything
    first_page, info = queue(first=2, courseId=course_id)
    assert (first_page, info["hasNextPage"]) == (in_course[:2], True)
    second_page, info = queue(first=2, courseId=course_id, after=info["endCursor"])
    assert (second_page, info["hasNextPage"]) == (in_course[2:], False)
    assert queue(first=10, courseId=ids.encode("Lesson", course.pk))[0] == []


@pytest.mark.parametrize(
    ("who", "code", "message"),
    [
        ("anonymous", "PERMISSION_DENIED", "Please sign in to review this course."),
        ("learner_elsewhere", "NOT_ENROLLED", "You are not enrolled in this course. Please enroll first."),
        ("classmate", None, None),
        (
            "learner",
            "ALREADY_REVIEWED",
            "You have reviewed this course already. You can edit your review instead.",
        ),
        ("instructor", "PERMISSION_DENIED", "You teach this course, so you cannot review it."),
        ("moderator", "NOT_ENROLLED", "You are not enrolled in this course. Please enroll first."),
    ],
)
def test_whether_the_viewer_may_review_is_told_in_the_words_of_the_refusal(
    api: Any, people: People, course: Course, who: str, code: str | None, message: str | None
) -> None:
    _review(people, course)
    course_id = ids.encode("Course", course.pk)
    told = api(
        "query ($id: ID!) { course(id: $id) { viewerMayReview { allowed code message } } }",
        people[who],
        id=course_id,
    )["course"]["viewerMayReview"]
    assert told == {"allowed": code is None, "code": code, "message": message}
    if who == "anonymous":
        return
    review = {"courseId": course_id, "rating": 5, "content": "Ten letters at least."}
    [*refused] = api(operation("create_review"), people[who], input=review)["createReview"]["userErrors"]
    assert [(error["code"], error["message"]) for error in refused] == ([(code, message)] if code else [])


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_viewers_own_review_is_shown_approved_or_not(
    api: Any, people: People, course: Course, who: str
) -> None:
    review = _review(people, course, is_approved=False)
    answer = api(
        "query ($id: ID!) { course(id: $id) { viewerReview { id isApproved } } }",
        people[who],
        id=ids.encode("Course", course.pk),
    )
    own = {"id": ids.encode("Review", review.pk), "isApproved": False}
    assert answer["course"]["viewerReview"] == (own if who == "learner" else None)


@pytest.mark.parametrize("who", EVERYBODY)
def test_the_summary_counts_approved_reviews_only_and_says_the_same_to_everybody(
    api: Any, people: People, course: Course, who: str
) -> None:
    for rating, is_approved in ((5, True), (4, True), (4, True), (1, False)):
        factories.make_review(factories.make_learner(course), course, rating=rating, is_approved=is_approved)
    answer = api(
        "query ($id: ID!) { course(id: $id) {"
        " reviewSummary { count averageRating histogram { rating count } } } }",
        people[who],
        id=ids.encode("Course", course.pk),
    )
    assert answer["course"]["reviewSummary"] == {
        "count": 3,
        "averageRating": "4.33",
        "histogram": [
            {"rating": rating, "count": count} for rating, count in ((5, 1), (4, 2), (3, 0), (2, 0), (1, 0))
        ],
    }


def test_a_course_without_approved_reviews_has_no_average(api: Any, course: Course) -> None:
    factories.make_review(factories.make_learner(course), course, is_approved=False)
    answer = api(
        "query ($id: ID!) { course(id: $id) { reviewSummary { count averageRating histogram { count } } } }",
        id=ids.encode("Course", course.pk),
    )
    empty = {"count": 0, "averageRating": None, "histogram": [{"count": 0}] * 5}
    assert answer["course"]["reviewSummary"] == empty
