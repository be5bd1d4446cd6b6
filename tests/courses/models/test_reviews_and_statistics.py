"""Reviews find out about the enrollment by themselves, and what changes statistics marks them stale."""

import pytest
from django.db import IntegrityError, transaction

from courses.constants import EnrollmentStatus
from courses.models import StatisticsChange
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("status", [EnrollmentStatus.ACTIVE, EnrollmentStatus.WITHDRAWN])
def test_a_review_of_somebody_ever_enrolled_is_verified(status: EnrollmentStatus) -> None:
    user, course = factories.make_user(), factories.make_course()
    factories.enroll(user, course, status=status)
    assert factories.make_review(user, course).is_verified_purchase


def test_claiming_a_verified_purchase_does_not_make_it_one() -> None:
    user, course = factories.make_user(), factories.make_course()
    factories.enroll(user, factories.make_course())
    review = factories.make_review(user, course, is_verified_purchase=True)
    review.refresh_from_db()
    assert not review.is_verified_purchase


def test_a_person_reviews_a_course_once() -> None:
    review = factories.make_review(factories.make_user(), factories.make_course())
    with pytest.raises(IntegrityError, match="unique_user_course_review"), transaction.atomic():
        factories.make_review(review.user, review.course)


def test_a_new_review_makes_the_statistics_of_its_course_stale_and_an_edit_does_not() -> None:
    review = factories.make_review(factories.make_user(), factories.make_course())
    assert list(StatisticsChange.objects.values_list("course_id", "user_id")) == [(review.course_id, None)]
    review.title = "Very good"
    review.save()
    assert StatisticsChange.objects.count() == 1
