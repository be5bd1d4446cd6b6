"""`helpful_count` equals the votes, whatever way votes come and go."""

import pytest
from django.db import IntegrityError, connection, transaction

from courses.models import Review, ReviewVote, User
from tests import factories


@pytest.fixture
def review(db: None) -> Review:
    course = factories.make_course()
    return factories.make_review(factories.make_learner(course), course)


def _voters(review: Review, number: int) -> list[User]:
    voters = [factories.make_user() for _ in range(number)]
    ReviewVote.objects.bulk_create(ReviewVote(user=voter, review=review) for voter in voters)
    return voters


def _count(review: Review) -> int:
    return Review.objects.get(pk=review.pk).helpful_count


def test_votes_are_counted_when_they_are_inserted_in_bulk(review: Review) -> None:
    _voters(review, 3)
    assert _count(review) == 3


def test_a_vote_that_is_there_already_does_not_count_again(review: Review) -> None:
    [voter] = _voters(review, 1)
    ReviewVote.objects.bulk_create([ReviewVote(user=voter, review=review)], ignore_conflicts=True)
    assert _count(review) == 1


def test_the_votes_of_a_deleted_person_count_no_more(review: Review) -> None:
    voters = _voters(review, 3)
    voters[0].delete()
    assert _count(review) == 2


def test_votes_are_counted_when_plain_sql_deletes_them(review: Review) -> None:
    _voters(review, 2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_reviewvote")
    assert _count(review) == 0


def test_a_wrong_count_is_put_right_by_the_next_vote(review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(helpful_count=999)
    _voters(review, 1)
    assert _count(review) == 1


def test_other_reviews_keep_their_count(review: Review) -> None:
    other = factories.make_review(factories.make_learner(review.course), review.course)
    _voters(other, 2)
    _voters(review, 1)
    assert (_count(other), _count(review)) == (2, 1)


def test_the_database_refuses_a_featured_review_that_is_not_approved(review: Review) -> None:
    with pytest.raises(IntegrityError, match="review_featured_is_approved"), transaction.atomic():
        Review.objects.filter(pk=review.pk).update(is_featured=True, is_approved=False)
