"""`rating_counts` and `average_rating` of a course equal its approved reviews, whatever way reviews come and go."""

from decimal import Decimal

import pytest
from django.db import connection

from courses.models import Course, Review
from tests import factories
from tests.concurrency import WRITERS, at_once


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


def _rate(course: Course, *ratings: int, is_approved: bool = True) -> list[Review]:
    return [
        factories.make_review(factories.make_user(), course, rating=rating, is_approved=is_approved)
        for rating in ratings
    ]


def _stored(course: Course) -> tuple[list[int], Decimal]:
    stored = Course.objects.get(pk=course.pk)
    return stored.rating_counts, stored.average_rating


def test_a_course_without_reviews_has_no_ratings(course: Course) -> None:
    assert _stored(course) == ([0, 0, 0, 0, 0], Decimal(0))


def test_each_number_of_stars_is_counted_and_the_mean_is_rounded_half_up(course: Course) -> None:
    _rate(course, 1, 5, 5, 4, 4, 4, 4, 4)
    assert _stored(course) == ([1, 0, 0, 5, 2], Decimal("3.88"))  # 31 / 8 = 3.875


def test_only_approved_reviews_count(course: Course) -> None:
    [waiting] = _rate(course, 2, is_approved=False)
    assert _stored(course) == ([0, 0, 0, 0, 0], Decimal(0))
    Review.objects.filter(pk=waiting.pk).update(is_approved=True)
    assert _stored(course) == ([0, 1, 0, 0, 0], Decimal("2.00"))
    Review.objects.filter(pk=waiting.pk).update(is_approved=False)
    assert _stored(course) == ([0, 0, 0, 0, 0], Decimal(0))


def test_a_changed_rating_counts_anew(course: Course) -> None:
    [review, _] = _rate(course, 2, 3)
    Review.objects.filter(pk=review.pk).update(rating=5)
    assert _stored(course) == ([0, 0, 1, 0, 1], Decimal("4.00"))


def test_a_review_that_is_moved_counts_for_its_new_course_alone(course: Course) -> None:
    [review] = _rate(course, 4)
    other = factories.make_course()
    Review.objects.filter(pk=review.pk).update(course=other)
    assert (_stored(course)[0], _stored(other)[0]) == ([0, 0, 0, 0, 0], [0, 0, 0, 1, 0])


def test_reviews_of_a_deleted_person_count_no_more(course: Course) -> None:
    [review, _] = _rate(course, 2, 3)
    review.user.delete()
    assert _stored(course)[0] == [0, 0, 1, 0, 0]


def test_reviews_written_and_deleted_in_bulk_are_counted(course: Course) -> None:
    other = factories.make_course()
    people = [factories.make_user() for _ in range(4)]
    Review.objects.bulk_create(
        Review(user=person, course=to, rating=rating, content="Well made.", is_approved=True)
        for person, to, rating in zip(people, (course, course, other, course), (1, 1, 2, 3), strict=True)
    )
    assert (_stored(course)[0], _stored(other)[0]) == ([2, 0, 1, 0, 0], [0, 1, 0, 0, 0])
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM courses_review WHERE rating = 1")
    assert _stored(course)[0] == [0, 0, 1, 0, 0]


def test_wrong_counts_stay_until_a_rating_changes_and_are_then_put_right(course: Course) -> None:
    [review] = _rate(course, 4)
    Course.objects.filter(pk=course.pk).update(rating_counts=[9, 9, 9, 9, 9])
    Review.objects.filter(pk=review.pk).update(title="Another title")
    assert _stored(course)[0] == [9, 9, 9, 9, 9]
    _rate(course, 1)
    assert _stored(course)[0] == [1, 0, 0, 1, 0]


def test_a_course_is_deleted_with_its_reviews(course: Course) -> None:
    _rate(course, 1, 2)
    course.delete()
    assert (Course.objects.count(), Review.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_every_review_that_is_approved_at_the_same_moment_counts() -> None:
    course = factories.make_course()
    reviews = _rate(course, *[3] * WRITERS, is_approved=False)
    assert at_once(lambda number: Review.objects.filter(pk=reviews[number].pk).update(is_approved=True)) == []
    assert _stored(course)[0] == [0, 0, WRITERS, 0, 0]
