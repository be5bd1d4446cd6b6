"""Reviewing a course, editing and deleting a review, and finding one helpful."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import ActivityType, EnrollmentStatus
from courses.models import Course, Review, ReviewVote, StatisticsChange, User, UserActivity
from courses.services import reviews
from tests import factories

pytestmark = pytest.mark.django_db

TEXTS = {"title": "Good", "content": "Ten letters at least."}


@pytest.fixture
def course() -> Course:
    return factories.make_course(instructors=(factories.make_user(),))


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


@pytest.fixture
def review(course: Course, learner: User) -> Review:
    return factories.make_review(learner, course, is_featured=True)


def _stored(review: Review) -> Mapping[str, Any]:
    return Review.objects.filter(pk=review.pk).values().get()


class TestCreateReview:
    @pytest.mark.parametrize("needed", [True, False])
    def test_a_new_review_waits_for_approval_where_the_platform_asks_for_it(
        self, course: Course, learner: User, settings: Any, needed: bool
    ) -> None:
        settings.REVIEWS_NEED_APPROVAL = needed
        review = reviews.create_review(author=learner, course_id=course.pk, rating=4, **TEXTS)
        stored = _stored(review)
        assert stored["is_approved"] is not needed
        assert stored["is_featured"] is False
        assert stored["is_verified_purchase"] is True
        assert stored["rating"] == 4

    def test_white_space_around_the_texts_is_not_kept(self, course: Course, learner: User) -> None:
        review = reviews.create_review(
            author=learner, course_id=course.pk, rating=4, title=" Good\n", content="\n 0123456789 \n"
        )
        assert (review.title, review.content) == ("Good", "0123456789")

    def test_whoever_has_left_the_course_may_still_review_it(self, course: Course, learner: User) -> None:
        learner.enrollments.update(status=EnrollmentStatus.WITHDRAWN)
        review = reviews.create_review(author=learner, course_id=course.pk, rating=1, **TEXTS)
        assert _stored(review)["is_verified_purchase"] is True

    def test_staff_of_the_platform_who_take_the_course_may_review_it(self, course: Course) -> None:
        moderator = factories.make_staff()
        factories.enroll(moderator, course)
        assert reviews.create_review(author=moderator, course_id=course.pk, rating=5, **TEXTS).pk

    def test_the_review_is_recorded_as_an_activity_and_makes_statistics_stale(
        self, course: Course, learner: User
    ) -> None:
        StatisticsChange.objects.all().delete()
        reviews.create_review(author=learner, course_id=course.pk, rating=5, **TEXTS)
        activity = UserActivity.objects.get()
        assert activity.activity_type == ActivityType.GIVE_REVIEW
        assert (activity.user, activity.course) == (learner, course)
        assert StatisticsChange.objects.filter(course=course).exists()
        assert StatisticsChange.objects.filter(user=learner).exists()

    def _refused(self, kind: type[Exception], author: User, course_id: int, **fields: Any) -> Any:
        before = Review.objects.count()
        with pytest.raises(kind) as refused:
            reviews.create_review(author=author, course_id=course_id, **{"rating": 5} | TEXTS | fields)
        assert Review.objects.count() == before
        assert not UserActivity.objects.exists()
        return refused.value

    def test_a_second_review_of_the_same_course_is_refused(self, course: Course, review: Review) -> None:
        refusal = self._refused(exceptions.AlreadyReviewed, review.user, course.pk)
        assert refusal.message == "You have reviewed this course already. You can edit your review instead."
        assert refusal.field == ("courseId",)

    def test_whoever_never_took_the_course_is_refused(self, course: Course) -> None:
        refusal = self._refused(exceptions.NotEnrolled, factories.make_user(), course.pk)
        assert refusal.message == "You are not enrolled in this course. Please enroll first."
        assert refusal.field == ("courseId",)

    def test_an_instructor_of_the_course_is_refused_even_when_enrolled(self, course: Course) -> None:
        instructor = course.instructors.get()
        factories.enroll(instructor, course)
        refusal = self._refused(exceptions.PermissionDenied, instructor, course.pk)
        assert refusal.message == "You teach this course, so you cannot review it."

    def test_a_course_that_is_hidden_and_one_that_is_missing_are_one_answer(self, learner: User) -> None:
        draft = factories.make_course(is_published=False)
        hidden = self._refused(exceptions.NotFound, learner, draft.pk)
        missing = self._refused(exceptions.NotFound, learner, draft.pk + 1_000)
        assert (hidden.message, hidden.field) == (missing.message, missing.field)

    @pytest.mark.parametrize(
        ("fields", "at_fault"),
        [
            ({"rating": 0}, "rating"),
            ({"rating": 6}, "rating"),
            ({"content": "         1        "}, "content"),
            ({"content": "012345678"}, "content"),
            ({"title": "x" * 256}, "title"),
        ],
    )
    def test_a_value_out_of_range_is_refused_by_the_name_of_its_field(
        self, course: Course, learner: User, fields: dict[str, Any], at_fault: str
    ) -> None:
        error = self._refused(ValidationError, learner, course.pk, **fields)
        assert list(error.message_dict) == [at_fault]


class TestUpdateReview:
    @pytest.mark.parametrize("needed", [True, False])
    def test_an_edited_review_waits_for_approval_again_and_is_featured_no_more(
        self, review: Review, settings: Any, needed: bool
    ) -> None:
        settings.REVIEWS_NEED_APPROVAL = needed
        reviews.update_review(author=review.user, review_id=review.pk, content="Something else.")
        stored = _stored(review)
        assert stored["content"] == "Something else."
        assert stored["is_approved"] is not needed
        assert stored["is_featured"] is False

    def test_new_stars_alone_are_an_edit_too(self, review: Review, settings: Any) -> None:
        settings.REVIEWS_NEED_APPROVAL = True
        reviews.update_review(author=review.user, review_id=review.pk, rating=1)
        stored = _stored(review)
        assert (stored["rating"], stored["is_approved"]) == (1, False)
        assert (stored["title"], stored["content"]) == (review.title, review.content)

    def test_the_same_again_changes_nothing(self, review: Review) -> None:
        before = _stored(review)
        reviews.update_review(
            author=review.user, review_id=review.pk, rating=review.rating, content=f" {review.content} "
        )
        assert _stored(review) == before

    def test_the_votes_and_the_notes_of_moderators_stay(self, review: Review) -> None:
        Review.objects.filter(pk=review.pk).update(moderation_notes="Looked at twice.")
        reviews.vote_review_helpful(voter=factories.make_user(), review_id=review.pk, helpful=True)
        reviews.update_review(author=review.user, review_id=review.pk, rating=1)
        stored = _stored(review)
        assert (stored["helpful_count"], stored["moderation_notes"]) == (1, "Looked at twice.")

    def test_a_review_of_somebody_else_is_refused_and_stays(self, course: Course, review: Review) -> None:
        before = _stored(review)
        for other in (factories.make_learner(course), course.instructors.get(), factories.make_staff()):
            with pytest.raises(exceptions.PermissionDenied) as refused:
                reviews.update_review(author=other, review_id=review.pk, rating=1)
            assert refused.value.message == "Only its author can edit a review."
        assert _stored(review) == before

    def test_an_unseen_review_and_a_missing_one_are_one_answer(self, review: Review) -> None:
        Review.objects.filter(pk=review.pk).update(is_approved=False, is_featured=False)
        stranger = factories.make_user()
        for pk in (review.pk, review.pk + 1_000):
            with pytest.raises(exceptions.NotFound) as refused:
                reviews.update_review(author=stranger, review_id=pk, rating=1)
            assert refused.value.field == ("reviewId",)

    def test_a_value_out_of_range_leaves_the_review_as_it_was(self, review: Review) -> None:
        before = _stored(review)
        with pytest.raises(ValidationError) as refused:
            reviews.update_review(author=review.user, review_id=review.pk, rating=6, content="short")
        assert set(refused.value.message_dict) == {"rating", "content"}
        assert _stored(review) == before


class TestDeleteReview:
    def test_deleting_a_review_deletes_its_votes_and_makes_statistics_stale(
        self, course: Course, review: Review
    ) -> None:
        reviews.vote_review_helpful(voter=factories.make_user(), review_id=review.pk, helpful=True)
        StatisticsChange.objects.all().delete()
        reviews.delete_review(actor=review.user, review_id=review.pk)
        assert not Review.objects.exists()
        assert not ReviewVote.objects.exists()
        assert StatisticsChange.objects.get().course == course

    def test_after_deleting_a_review_its_author_may_write_another(
        self, course: Course, review: Review
    ) -> None:
        reviews.delete_review(actor=review.user, review_id=review.pk)
        assert reviews.create_review(author=review.user, course_id=course.pk, rating=2, **TEXTS).pk

    def test_staff_of_the_platform_may_delete_any_review(self, review: Review) -> None:
        reviews.delete_review(actor=factories.make_staff(), review_id=review.pk)
        assert not Review.objects.exists()

    def test_everybody_else_is_refused_the_instructor_included(self, course: Course, review: Review) -> None:
        for other in (factories.make_learner(course), course.instructors.get()):
            with pytest.raises(exceptions.PermissionDenied) as refused:
                reviews.delete_review(actor=other, review_id=review.pk)
            assert refused.value.message == "Only its author can delete a review."
        assert Review.objects.filter(pk=review.pk).exists()


class TestVoteReviewHelpful:
    def _count(self, review: Review) -> tuple[int, int]:
        return _stored(review)["helpful_count"], review.votes.count()

    def test_voting_twice_is_voting_once_and_can_be_undone(self, review: Review) -> None:
        voter = factories.make_user()
        for helpful, count in ((True, 1), (True, 1), (False, 0), (False, 0), (True, 1)):
            voted = reviews.vote_review_helpful(voter=voter, review_id=review.pk, helpful=helpful)
            assert voted.helpful_count == count
            assert self._count(review) == (count, count)

    def test_a_vote_does_not_count_as_an_edit(self, review: Review) -> None:
        before: datetime = _stored(review)["updated_date"]
        reviews.vote_review_helpful(voter=factories.make_user(), review_id=review.pk, helpful=True)
        assert _stored(review)["updated_date"] == before

    @pytest.mark.parametrize("helpful", [True, False])
    def test_voting_on_ones_own_review_is_refused(self, review: Review, helpful: bool) -> None:
        with pytest.raises(exceptions.OwnReview) as refused:
            reviews.vote_review_helpful(voter=review.user, review_id=review.pk, helpful=helpful)
        assert refused.value.message == "You cannot vote on your own review."
        assert refused.value.field == ("reviewId",)
        assert self._count(review) == (0, 0)

    def test_a_review_that_the_voter_cannot_see_is_not_found(self, course: Course, review: Review) -> None:
        Review.objects.filter(pk=review.pk).update(is_approved=False, is_featured=False)
        with pytest.raises(exceptions.NotFound):
            reviews.vote_review_helpful(
                voter=factories.make_learner(course), review_id=review.pk, helpful=True
            )
        assert self._count(review) == (0, 0)
