"""Deciding which reviews other people see."""

from collections.abc import Mapping
from typing import Any

import pytest

from courses import exceptions
from courses.models import Course, Review
from courses.services.moderation import moderate_review
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return factories.make_course(instructors=(factories.make_user(),))


@pytest.fixture
def waiting(course: Course) -> Review:
    return factories.make_review(factories.make_learner(course), course, is_approved=False)


def _stored(review: Review) -> Mapping[str, Any]:
    return Review.objects.filter(pk=review.pk).values().get()


def _decision(review: Review) -> tuple[bool, bool, str]:
    stored = _stored(review)
    return stored["is_approved"], stored["is_featured"], stored["moderation_notes"]


def test_instructors_of_the_course_and_platform_staff_approve_feature_and_note(
    course: Course, waiting: Review
) -> None:
    instructor, moderator = course.instructors.get(), factories.make_staff()
    moderate_review(moderator=instructor, review_id=waiting.pk, is_approved=True)
    assert _decision(waiting) == (True, False, "")
    moderate_review(moderator=moderator, review_id=waiting.pk, is_featured=True, moderation_notes=" Kind. ")
    assert _decision(waiting) == (True, True, "Kind.")


def test_approving_and_featuring_go_together_in_one_decision(waiting: Review) -> None:
    moderate_review(
        moderator=factories.make_staff(), review_id=waiting.pk, is_approved=True, is_featured=True
    )
    assert _decision(waiting) == (True, True, "")


def test_a_review_that_loses_its_approval_is_featured_no_more(waiting: Review) -> None:
    Review.objects.filter(pk=waiting.pk).update(is_approved=True, is_featured=True)
    moderate_review(moderator=factories.make_staff(), review_id=waiting.pk, is_approved=False)
    assert _decision(waiting) == (False, False, "")


@pytest.mark.parametrize("decision", [{"is_featured": True}, {"is_featured": True, "is_approved": False}])
def test_featuring_what_is_not_approved_is_refused(waiting: Review, decision: dict[str, bool]) -> None:
    with pytest.raises(exceptions.Invalid) as refused:
        moderate_review(
            moderator=factories.make_staff(), review_id=waiting.pk, moderation_notes="No.", **decision
        )
    assert refused.value.field == ("isFeatured",)
    assert _decision(waiting) == (False, False, "")


def test_a_moderator_does_not_decide_on_a_review_of_their_own(course: Course) -> None:
    moderator = factories.make_staff()
    own = factories.make_review(moderator, course, is_approved=False)
    with pytest.raises(exceptions.PermissionDenied) as refused:
        moderate_review(moderator=moderator, review_id=own.pk, is_approved=True)
    assert refused.value.message == "You cannot moderate your own review. Please ask another moderator."
    assert _decision(own) == (False, False, "")


def test_people_who_see_the_review_but_do_not_moderate_it_are_refused(waiting: Review) -> None:
    Review.objects.filter(pk=waiting.pk).update(is_approved=True)
    elsewhere = factories.make_course(instructors=(factories.make_user(),)).instructors.get()
    for other in (factories.make_user(), factories.make_learner(waiting.course), elsewhere):
        with pytest.raises(exceptions.PermissionDenied) as refused:
            moderate_review(moderator=other, review_id=waiting.pk, is_approved=False)
        assert refused.value.field == ("reviewId",)
    assert _decision(waiting) == (True, False, "")


def test_people_who_do_not_see_the_review_learn_nothing_of_it(waiting: Review) -> None:
    elsewhere = factories.make_course(instructors=(factories.make_user(),)).instructors.get()
    for other in (factories.make_user(), elsewhere):
        for pk in (waiting.pk, waiting.pk + 1_000):
            with pytest.raises(exceptions.NotFound) as refused:
                moderate_review(moderator=other, review_id=pk, is_approved=True)
            assert refused.value.message == exceptions.NotFound.message
    assert _decision(waiting) == (False, False, "")
