"""Writing reviews through the API: what a payload holds, and what it says when nothing was written."""

from typing import Any

import pytest

from courses.models import Course, Review, User
from schema.core import ids
from tests import factories
from tests.operations import operation
from tests.people import People

MUTATIONS = ("create_review", "update_review", "delete_review", "vote_review_helpful", "moderate_review")


@pytest.fixture
def review(course: Course, learner: User) -> Review:
    return factories.make_review(learner, course)


def _input(name: str, course: Course, review: Review) -> Any:
    review_id = ids.encode("Review", review.pk)
    return {
        "create_review": {
            "courseId": ids.encode("Course", course.pk),
            "rating": 5,
            "content": "Ten letters at least.",
        },
        "update_review": {"reviewId": review_id, "rating": 1},
        "delete_review": {"reviewId": review_id},
        "vote_review_helpful": {"reviewId": review_id, "helpful": True},
        "moderate_review": {"reviewId": review_id, "isApproved": False},
    }[name]


def _field(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def test_create_review_answers_with_the_review_that_waits_for_approval(
    api: Any, course: Course, learner: User, settings: Any
) -> None:
    settings.REVIEWS_NEED_APPROVAL = True
    payload = api(
        operation("create_review"),
        learner,
        input={
            "courseId": ids.encode("Course", course.pk),
            "rating": 4,
            "title": "Good",
            "content": " Ten letters at least. ",
        },
    )["createReview"]
    assert payload == {
        "review": {
            "id": ids.encode("Review", Review.objects.get().pk),
            "rating": 4,
            "title": "Good",
            "content": "Ten letters at least.",
            "helpfulCount": 0,
            "viewerFoundHelpful": False,
            "isVerifiedPurchase": True,
            "isApproved": False,
            "isFeatured": False,
            "moderationNotes": None,
        },
        "userErrors": [],
    }


def test_every_value_at_fault_is_told_with_its_path_and_nothing_is_written(
    api: Any, course: Course, learner: User
) -> None:
    payload = api(
        operation("create_review"),
        learner,
        input={"courseId": ids.encode("Course", course.pk), "rating": 6, "content": "short"},
    )["createReview"]
    assert payload["review"] is None
    told = {(error["code"], *error["field"]) for error in payload["userErrors"]}
    assert told == {("INVALID", "rating"), ("INVALID", "content")}
    assert not Review.objects.exists()


def test_what_an_update_leaves_out_stays(api: Any, review: Review) -> None:
    payload = api(
        operation("update_review"),
        review.user,
        input={"reviewId": ids.encode("Review", review.pk), "rating": 2},
    )["updateReview"]
    assert payload["userErrors"] == []
    assert (payload["review"]["rating"], payload["review"]["title"]) == (2, review.title)
    assert payload["review"]["content"] == review.content


def test_delete_review_answers_with_the_id_that_it_had(api: Any, review: Review) -> None:
    review_id = ids.encode("Review", review.pk)
    payload = api(operation("delete_review"), review.user, input={"reviewId": review_id})["deleteReview"]
    assert payload == {"deletedReviewId": review_id, "userErrors": []}
    assert not Review.objects.exists()


def test_a_vote_and_its_undoing_are_answered_with_the_count(api: Any, review: Review) -> None:
    voter, review_id = factories.make_user(), ids.encode("Review", review.pk)
    for helpful, count in ((True, 1), (True, 1), (False, 0)):
        vote = {"reviewId": review_id, "helpful": helpful}
        voted = api(operation("vote_review_helpful"), voter, input=vote)["voteReviewHelpful"]["review"]
        assert (voted["helpfulCount"], voted["viewerFoundHelpful"]) == (count, helpful)


def test_two_votes_of_one_person_in_one_request_count_once(api: Any, review: Review) -> None:
    vote = f'voteReviewHelpful(input: {{reviewId: "{ids.encode("Review", review.pk)}", helpful: true}})'
    document = (
        f"mutation {{ a: {vote} {{ review {{ helpfulCount }} }} b: {vote} {{ review {{ helpfulCount }} }} }}"
    )
    answer = api(document, factories.make_user())
    assert (answer["a"]["review"], answer["b"]["review"]) == ({"helpfulCount": 1}, {"helpfulCount": 1})


def test_a_moderators_decision_is_answered_with_the_review(api: Any, course: Course, review: Review) -> None:
    decision = {
        "reviewId": ids.encode("Review", review.pk),
        "isFeatured": True,
        "moderationNotes": "Well told.",
    }
    payload = api(operation("moderate_review"), course.instructors.get(), input=decision)["moderateReview"]
    assert payload["userErrors"] == []
    decided = payload["review"]
    assert (decided["isApproved"], decided["isFeatured"]) == (True, True)
    assert decided["moderationNotes"] == "Well told."


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        (
            "update_review",
            {"learner": None, "classmate": "PERMISSION_DENIED", "instructor": "PERMISSION_DENIED"}
            | {"learner_elsewhere": "PERMISSION_DENIED", "moderator": "PERMISSION_DENIED"},
        ),
        (
            "delete_review",
            {"learner": None, "classmate": "PERMISSION_DENIED", "instructor": "PERMISSION_DENIED"}
            | {"learner_elsewhere": "PERMISSION_DENIED", "moderator": None},
        ),
        (
            "vote_review_helpful",
            {"learner": "OWN_REVIEW", "classmate": None, "instructor": None, "learner_elsewhere": None}
            | {"moderator": None},
        ),
        (
            "moderate_review",
            {"learner": "PERMISSION_DENIED", "classmate": "PERMISSION_DENIED", "instructor": None}
            | {"learner_elsewhere": "PERMISSION_DENIED", "moderator": None},
        ),
    ],
)
def test_who_may_do_what_with_a_review(
    api: Any, course: Course, people: People, review: Review, name: str, codes: dict[str, str | None]
) -> None:
    for who, code in codes.items():
        before = Review.objects.values().get()
        payload = api(operation(name), people[who], input=_input(name, course, review))[_field(name)]
        assert [error["code"] for error in payload["userErrors"]] == ([code] if code else []), who
        if code:
            assert Review.objects.values().get() == before, who
        Review.objects.all().delete()
        Review(**before).save(force_insert=True)


@pytest.mark.parametrize("name", MUTATIONS)
def test_nobody_writes_reviews_without_signing_in(
    api: Any, course: Course, review: Review, name: str
) -> None:
    before = Review.objects.values().get()
    assert api(operation(name), input=_input(name, course, review)).codes == ["UNAUTHENTICATED"]
    assert Review.objects.values().get() == before


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_token_without_the_scope_writes_no_reviews(
    api: Any, course: Course, review: Review, name: str
) -> None:
    before = Review.objects.values().get()
    scopes = frozenset({"courses:read", "notes:write"})
    payload = api(operation(name), factories.make_staff(), scopes, input=_input(name, course, review))
    assert [error["code"] for error in payload[_field(name)]["userErrors"]] == ["TOKEN_SCOPE_MISSING"]
    assert Review.objects.values().get() == before


@pytest.mark.parametrize("name", MUTATIONS[1:])
def test_an_id_of_something_else_is_not_found(api: Any, course: Course, review: Review, name: str) -> None:
    given = _input(name, course, review) | {"reviewId": ids.encode("Note", review.pk)}
    [error] = api(operation(name), review.user, input=given)[_field(name)]["userErrors"]
    assert (error["code"], error["field"]) == ("NOT_FOUND", ["reviewId"])


@pytest.mark.parametrize(
    "stolen", ["isApproved: true", "isFeatured: true", "helpfulCount: 999", "isVerifiedPurchase: true"]
)
def test_an_author_cannot_give_what_only_others_may_give(api: Any, review: Review, stolen: str) -> None:
    review_id = ids.encode("Review", review.pk)
    answer = api(
        f'mutation {{ updateReview(input: {{reviewId: "{review_id}", {stolen}}}) {{ userErrors {{ code }} }} }}',
        review.user,
    )
    assert answer.data is None
