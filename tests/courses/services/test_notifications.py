"""Telling people things, announcing to courses, and reading."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import EnrollmentStatus, NotificationType
from courses.models import Course, Notification, User
from courses.services.notifications import announce, mark_all_read, mark_read, notify
from courses.utils.clock import database_now
from tests import factories


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course(instructors=(factories.make_user(),))


@pytest.mark.parametrize("count", [1, 20])
def test_any_number_of_people_is_told_with_one_insert(
    db: None, count: int, django_assert_num_queries: Any
) -> None:
    people = [factories.make_user() for _ in range(count)]
    with django_assert_num_queries(2):  # insert, and telling all processes
        notify(recipients=people, type=NotificationType.REMINDER, title="Soon", message="It begins.")
    told = Notification.objects.values_list("user", "notification_type", "title", "message", "is_read")
    assert sorted(told) == [(person.pk, "reminder", "Soon", "It begins.", False) for person in people]


def test_nobody_is_told_twice(db: None) -> None:
    person = factories.make_user()
    notify(recipients=[person, person], type=NotificationType.CUSTOM, title="Once", message="Only.")
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("url", ["http://example.org/", "javascript:alert(1)", "//example.org", "courses/1"])
def test_a_notification_leads_to_https_or_a_path_on_this_site_only(course: Course, url: str) -> None:
    person = factories.make_learner(course)
    with pytest.raises(ValidationError):
        notify(recipients=[person], type=NotificationType.CUSTOM, title="x", message="x", action_url=url)
    with pytest.raises(ValidationError):
        announce(author=course.instructors.get(), course_id=course.pk, title="x", message="x", action_url=url)
    assert not Notification.objects.exists()


class TestAnnounce:
    """An announcement reaches a whole course."""

    def test_everybody_who_takes_the_course_is_told_with_one_insert(
        self, course: Course, django_assert_num_queries: Any
    ) -> None:
        learners = [factories.make_learner(course) for _ in range(20)]
        finished = factories.make_user()
        factories.enroll(finished, course, status=EnrollmentStatus.COMPLETED, completed_date=database_now())
        factories.enroll(factories.make_user(), course, status=EnrollmentStatus.WITHDRAWN)
        factories.make_learner(factories.make_course())
        author = course.instructors.get()
        with django_assert_num_queries(5):  # savepoint, course, insert, telling all processes, release
            count = announce(
                author=author,
                course_id=course.pk,
                title=" Exam ",
                message="On Monday.",
                action_url="/courses/1",
            )
        told = Notification.objects.filter(course=course, notification_type="announcement", is_read=False)
        assert count == 21
        assert set(told.values_list("user", flat=True)) == {*(one.pk for one in learners), finished.pk}
        assert set(told.values_list("title", "message", "action_url")) == {
            ("Exam", "On Monday.", "/courses/1")
        }

    @pytest.mark.parametrize("who", ["learner", "stranger", "teacher elsewhere"])
    def test_only_the_staff_of_the_course_announces(self, course: Course, who: str) -> None:
        elsewhere = factories.make_course(instructors=(factories.make_user(),))
        people = {
            "learner": factories.make_learner(course),
            "stranger": factories.make_user(),
            "teacher elsewhere": elsewhere.instructors.get(),
        }
        _assert_refused(exceptions.PermissionDenied, "courseId", people[who], course)

    def test_a_draft_that_cannot_be_seen_is_not_there(self, course: Course) -> None:
        Course.objects.update(is_published=False)
        _assert_refused(exceptions.NotFound, "courseId", factories.make_user(), course)

    def test_platform_staff_announces_to_any_course(self, course: Course) -> None:
        factories.make_learner(course)
        staff = factories.make_staff()
        assert announce(author=staff, course_id=course.pk, title="News", message="News.") == 1

    @pytest.mark.parametrize(
        "fields", [{"title": " "}, {"message": "\n"}, {"title": "x" * 256}, {"message": "x" * 50_001}]
    )
    def test_title_and_message_are_there_and_not_too_long(
        self, course: Course, fields: dict[str, str]
    ) -> None:
        factories.make_learner(course)
        texts = {"title": "News", "message": "There is news."} | fields
        with pytest.raises((ValidationError, exceptions.Invalid)):
            announce(author=course.instructors.get(), course_id=course.pk, **texts)
        assert not Notification.objects.exists()


class TestReading:
    """Reading is noted with its moment, which never moves."""

    def test_reading_again_keeps_the_first_moment(self, db: None) -> None:
        reader = factories.make_user()
        notification = factories.make_notification(reader)
        first = mark_read(reader=reader, notification_id=notification.pk)
        assert first.is_read
        assert first.read_date is not None
        again = mark_read(reader=reader, notification_id=notification.pk)
        assert again.read_date == first.read_date

    def test_other_peoples_notifications_are_not_there(self, db: None) -> None:
        notification = factories.make_notification(factories.make_user())
        for reader in (factories.make_user(), factories.make_staff()):
            with pytest.raises(exceptions.NotFound) as refused:
                mark_read(reader=reader, notification_id=notification.pk)
            assert refused.value.field == ("notificationId",)
        assert not Notification.objects.get().is_read

    def test_all_at_once_has_dates_too_and_counts_what_was_unread(self, db: None) -> None:
        reader, other = factories.make_user(), factories.make_user()
        read = factories.make_notification(reader)
        moment = mark_read(reader=reader, notification_id=read.pk).read_date
        for _ in range(3):
            factories.make_notification(reader)
        factories.make_notification(other)
        assert mark_all_read(reader=reader) == 3
        assert mark_all_read(reader=reader) == 0
        assert not Notification.objects.filter(user=reader, read_date=None).exists()
        assert Notification.objects.get(pk=read.pk).read_date == moment
        assert not Notification.objects.get(user=other).is_read

    def test_all_of_one_course_leaves_the_rest_unread(self, course: Course) -> None:
        reader = factories.make_learner(course)
        factories.make_notification(reader, course=course)
        other = factories.make_notification(reader)
        assert mark_all_read(reader=reader, course_id=course.pk) == 1
        assert Notification.objects.get(is_read=False) == other


def _assert_refused(refusal: type[exceptions.Refusal], field: str, author: User, course: Course) -> None:
    factories.make_learner(course)
    with pytest.raises(refusal) as refused:
        announce(author=author, course_id=course.pk, title="News", message="There is news.")
    assert refused.value.field == (field,)
    assert not Notification.objects.exists()
