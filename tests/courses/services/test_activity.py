"""Recording activity: what the server notices, and what a client may say of its own person."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import exceptions
from courses.constants import ActivityType
from courses.models import Course, StatisticsChange, User, UserActivity
from courses.services.activity import record, record_activity
from tests import factories


@pytest.fixture
def course(db: None) -> Course:
    return factories.make_course()


@pytest.fixture
def learner(course: Course) -> User:
    return factories.make_learner(course)


@pytest.mark.parametrize("part", ["assessment", "resource"])
def test_what_a_part_belongs_to_is_filled_in(course: Course, learner: User, part: str) -> None:
    lesson = factories.make_lesson(course=course)
    thing = getattr(factories, f"make_{part}")(lesson=lesson)
    activity = record(actor=learner, type=ActivityType.TAKE_QUIZ, **{part: thing})
    stored = UserActivity.objects.get()
    assert stored == activity
    assert (stored.user, stored.course, stored.lesson) == (learner, course, lesson)
    assert getattr(stored, part) == thing
    assert stored.data == {}


def test_recording_makes_the_statistics_of_the_person_and_of_the_course_stale(
    course: Course, learner: User
) -> None:
    StatisticsChange.objects.all().delete()
    record(actor=learner, type=ActivityType.VIEW_COURSE, course=course)
    changes = StatisticsChange.objects.values_list("course", "user")
    assert sorted(changes, key=str) == [(course.pk, None), (None, learner.pk)]


def test_recording_costs_the_same_whatever_the_history(
    course: Course, learner: User, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        with django_assert_num_queries(3):  # one insert, and the savepoint around it
            record(actor=learner, type=ActivityType.VIEW_COURSE, course=course)


def test_an_activity_without_a_course_makes_only_the_persons_statistics_stale(learner: User) -> None:
    StatisticsChange.objects.all().delete()
    record_activity(actor=learner, type=ActivityType.POST_COMMENT)
    assert StatisticsChange.objects.get().user == learner


@pytest.mark.parametrize("data", [[1], "text", 5, {"a": {"b": {"c": {"d": {"e": {}}}}}}, {"a": "x" * 4096}])
def test_the_server_cannot_record_data_that_no_activity_holds_either(learner: User, data: Any) -> None:
    with pytest.raises(ValidationError):
        record(actor=learner, type=ActivityType.VIEW_COURSE, data=data)
    assert not UserActivity.objects.exists()


class TestByClients:
    """What `record_activity` accepts and refuses."""

    def test_parts_of_one_course_are_recorded_together(self, course: Course, learner: User) -> None:
        resource = factories.make_resource(lesson=factories.make_lesson(course=course))
        record_activity(
            actor=learner,
            type=ActivityType.DOWNLOAD_RESOURCE,
            course_id=course.pk,
            lesson_id=resource.lesson_id,
            resource_id=resource.pk,
            data={"time_spent": 30},
        )
        stored = UserActivity.objects.get()
        assert (stored.user, stored.course, stored.resource) == (learner, course, resource)
        assert stored.data == {"time_spent": 30}

    @pytest.mark.parametrize(
        "type", [ActivityType.TAKE_QUIZ, ActivityType.GIVE_REVIEW, ActivityType.COMPLETE_LESSON]
    )
    def test_nobody_can_claim_what_the_server_records(
        self, course: Course, learner: User, type: ActivityType
    ) -> None:
        _assert_refused(exceptions.PermissionDenied, "type", actor=learner, type=type, course_id=course.pk)

    @pytest.mark.parametrize(
        ("type", "field"),
        [
            (ActivityType.VIEW_COURSE, "courseId"),
            (ActivityType.START_LESSON, "lessonId"),
            (ActivityType.DOWNLOAD_RESOURCE, "resourceId"),
        ],
    )
    def test_an_activity_names_what_it_is_about(self, learner: User, type: ActivityType, field: str) -> None:
        _assert_refused(exceptions.Required, field, actor=learner, type=type)

    @pytest.mark.parametrize("part", ["course", "lesson", "resource", "assessment"])
    def test_what_cannot_be_seen_cannot_be_named(self, learner: User, part: str) -> None:
        hidden: dict[str, Any] = {"course": factories.make_course(is_published=False)}
        hidden["lesson"] = factories.make_lesson(course=hidden["course"])
        hidden["resource"] = factories.make_resource(lesson=hidden["lesson"])
        hidden["assessment"] = factories.make_assessment(lesson=hidden["lesson"])
        named = {f"{part}_id": hidden[part].pk}
        _assert_refused(
            exceptions.NotFound, f"{part}Id", actor=learner, type=ActivityType.POST_COMMENT, **named
        )

    def test_a_resource_is_for_people_who_take_part(self, course: Course) -> None:
        resource = factories.make_resource(lesson=factories.make_lesson(course=course))
        _assert_refused(
            exceptions.NotFound,
            "resourceId",
            actor=factories.make_user(),
            type=ActivityType.DOWNLOAD_RESOURCE,
            resource_id=resource.pk,
        )

    @pytest.mark.parametrize(
        ("parts", "field"),
        [
            (("course", "other lesson"), "courseId"),
            (("course", "other resource"), "courseId"),
            (("course", "other assessment"), "courseId"),
            (("lesson", "other resource"), "resourceId"),
            (("lesson", "other assessment"), "assessmentId"),
            (("resource", "other assessment"), "assessmentId"),
        ],
    )
    def test_parts_belong_together(
        self, course: Course, learner: User, parts: tuple[str, str], field: str
    ) -> None:
        other = factories.make_course()
        factories.enroll(learner, other)
        things: dict[str, int] = {}
        for prefix, where in (("", course), ("other ", other)):
            lesson = factories.make_lesson(course=where)
            things[f"{prefix}course"] = where.pk
            things[f"{prefix}lesson"] = lesson.pk
            things[f"{prefix}resource"] = factories.make_resource(lesson=lesson).pk
            things[f"{prefix}assessment"] = factories.make_assessment(lesson=lesson).pk
        named = {f"{name.split()[-1]}_id": things[name] for name in parts}
        _assert_refused(exceptions.Invalid, field, actor=learner, type=ActivityType.POST_COMMENT, **named)

    @pytest.mark.parametrize(
        "data",
        [
            pytest.param([], id="an array"),
            pytest.param("text", id="a text"),
            pytest.param({"a": "x" * 4090}, id="more than 4 KB"),
            pytest.param({"a": "ä" * 2045}, id="more than 4 KB in bytes"),
            pytest.param({str(number): 1e300 for number in range(20)}, id="more than 4 KB as stored"),
            pytest.param({"a": float("nan")}, id="no number"),
            pytest.param({"a": {"b": {"c": {"d": {"e": {}}}}}}, id="six levels"),
        ],
    )
    def test_data_is_a_small_shallow_object(self, course: Course, learner: User, data: Any) -> None:
        _assert_refused(
            exceptions.Invalid,
            "data",
            actor=learner,
            type=ActivityType.VIEW_COURSE,
            course_id=course.pk,
            data=data,
        )

    @pytest.mark.parametrize("data", [{"a": "x" * 4087}, {"a": {"b": {"c": {"d": []}}}}])
    def test_data_may_reach_its_limits(self, course: Course, learner: User, data: Any) -> None:
        record_activity(actor=learner, type=ActivityType.VIEW_COURSE, course_id=course.pk, data=data)
        assert UserActivity.objects.get().data == data


def _assert_refused(refusal: type[exceptions.Refusal], field: str, **arguments: Any) -> None:
    """It is refused for that field, and nothing was written."""
    StatisticsChange.objects.all().delete()
    with pytest.raises(refusal) as refused:
        record_activity(**arguments)
    assert refused.value.field == (field,)
    assert refused.value.message
    assert not UserActivity.objects.exists()
    assert not StatisticsChange.objects.exists()
