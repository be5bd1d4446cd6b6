"""Reviews and votes written by many people, or by one person in many tabs, at the same moment."""

import pytest

from courses import exceptions
from courses.models import Review, ReviewVote, UserActivity
from courses.services import reviews
from tests import factories
from tests.concurrency import WRITERS, at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def review() -> Review:
    course = factories.make_course()
    return factories.make_review(factories.make_learner(course), course)


def _counts(review: Review) -> tuple[int, int]:
    return Review.objects.get(pk=review.pk).helpful_count, ReviewVote.objects.filter(review=review).count()


def test_one_person_who_reviews_from_many_tabs_writes_one_review() -> None:
    course = factories.make_course()
    author = factories.make_learner(course)

    def write(number: int) -> None:
        reviews.create_review(
            author=author, course_id=course.pk, rating=1 + number % 5, content=f"Text number {number}."
        )

    raised = at_once(write)
    assert {type(error) for error in raised} == {exceptions.AlreadyReviewed}
    assert len(raised) == WRITERS - 1
    assert Review.objects.count() == 1
    assert UserActivity.objects.count() == 1


def test_every_vote_of_many_people_counts(review: Review) -> None:
    voters = [factories.make_user() for _ in range(WRITERS)]

    def vote(number: int) -> None:
        reviews.vote_review_helpful(voter=voters[number], review_id=review.pk, helpful=True)

    assert at_once(vote) == []
    assert _counts(review) == (WRITERS, WRITERS)


def test_votes_inserted_past_the_service_count_too(review: Review) -> None:
    voters = [factories.make_user() for _ in range(WRITERS)]
    assert at_once(lambda number: ReviewVote(user=voters[number], review=review).save()) == []
    assert _counts(review) == (WRITERS, WRITERS)


def test_one_person_who_votes_from_many_tabs_has_one_vote(review: Review) -> None:
    voter = factories.make_user()
    raised = at_once(
        lambda _: reviews.vote_review_helpful(voter=voter, review_id=review.pk, helpful=True) and None
    )
    assert raised == []
    assert _counts(review) == (1, 1)


def test_the_count_equals_the_votes_when_some_vote_and_others_take_it_back(review: Review) -> None:
    voters = [factories.make_user() for _ in range(WRITERS)]
    ReviewVote.objects.bulk_create(ReviewVote(user=voter, review=review) for voter in voters[::2])

    def change(number: int) -> None:
        reviews.vote_review_helpful(voter=voters[number], review_id=review.pk, helpful=bool(number % 2))

    assert at_once(change) == []
    assert _counts(review) == (WRITERS // 2, WRITERS // 2)


def test_the_count_equals_the_votes_when_voters_are_deleted_meanwhile(review: Review) -> None:
    voters = [factories.make_user() for _ in range(WRITERS)]
    ReviewVote.objects.bulk_create(ReviewVote(user=voter, review=review) for voter in voters[::2])

    def vote_or_leave(number: int) -> None:
        if number % 2:
            reviews.vote_review_helpful(voter=voters[number], review_id=review.pk, helpful=True)
        else:
            voters[number].delete()

    assert at_once(vote_or_leave) == []
    assert _counts(review) == (WRITERS // 2, WRITERS // 2)


def test_votes_on_a_review_that_is_deleted_meanwhile_are_counted_or_not_found(review: Review) -> None:
    voters = [factories.make_user() for _ in range(WRITERS)]

    def vote_or_delete(number: int) -> None:
        if number == 0:
            reviews.delete_review(actor=review.user, review_id=review.pk)
        else:
            reviews.vote_review_helpful(voter=voters[number], review_id=review.pk, helpful=True)

    assert {type(error) for error in at_once(vote_or_delete)} <= {exceptions.NotFound}
    assert not Review.objects.exists()
    assert not ReviewVote.objects.exists()
