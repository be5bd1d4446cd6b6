"""Writing courses and lessons: who may, what is refused, and what stays."""

from collections.abc import Callable
from decimal import Decimal
from importlib import import_module

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from courses import exceptions
from courses.constants import ResourceKind
from courses.models import Course, Lesson, LessonCompletion, Resource, User
from courses.services import course_authoring as services
from courses.services.course_authoring import ResourceDraft
from tests import factories

pytestmark = pytest.mark.django_db

SLIDES: ResourceDraft = {
    "title": "Slides",
    "kind": ResourceKind.DOCUMENT,
    "url": "https://example.org/slides.pdf",
}
TALK: ResourceDraft = {"title": "Talk", "kind": ResourceKind.VIDEO, "url": "https://example.org/talk"}


@pytest.fixture
def teacher() -> User:
    """Somebody with the right to teach."""
    teacher = factories.make_user()
    teacher.user_permissions.add(Permission.objects.get(codename="add_course"))
    return teacher


def test_who_creates_a_course_teaches_it(teacher):
    course = services.create_course(author=teacher, title="Tea", slug="tea")
    course.refresh_from_db()
    assert list(course.instructors.all()) == [teacher]
    assert (course.title, course.slug, course.description, course.is_published) == ("Tea", "tea", "", False)
    assert (course.price, course.currency) == (Decimal(0), "EUR")


def test_staff_of_the_platform_may_create_courses():
    staff = factories.make_staff()
    assert services.create_course(author=staff, title="Tea", slug="tea").pk


def test_without_the_right_to_teach_nobody_creates_a_course():
    with pytest.raises(exceptions.PermissionDenied) as refusal:
        services.create_course(author=factories.make_user(), title="Tea", slug="tea")
    assert refusal.value.message == (
        "Creating courses needs the right to teach. Please ask the staff of the platform for it."
    )
    assert not Course.objects.exists()


def test_a_slug_belongs_to_one_course(teacher):
    taken = factories.make_course(slug="tea")
    own = factories.make_course(instructors=(teacher,), slug="coffee")
    with pytest.raises(exceptions.Conflict) as refusal:
        services.create_course(author=teacher, title="Tea", slug="tea")
    assert refusal.value.message == "Another course has this slug. Please choose a different one."
    assert refusal.value.field == ("slug",)
    with pytest.raises(exceptions.Conflict):
        services.update_course(author=teacher, course_id=own.pk, slug="tea")
    own.refresh_from_db()
    assert own.slug == "coffee"
    assert set(Course.objects.all()) == {taken, own}


def test_everything_wrong_with_a_course_is_said_at_once(teacher):
    with pytest.raises(ValidationError) as error:
        services.create_course(author=teacher, title="", slug="a b", price=Decimal(-1), currency="euro")
    assert set(error.value.message_dict) == {"title", "slug", "price", "currency"}
    assert not Course.objects.exists()


def test_white_space_is_no_title(teacher):
    with pytest.raises(ValidationError) as error:
        services.create_course(author=teacher, title=" \n", slug="tea")
    assert error.value.message_dict == {"title": ["This field cannot be blank."]}
    assert not Course.objects.exists()


def test_an_edit_changes_what_is_given_and_nothing_else(teacher):
    course = factories.make_course(instructors=(teacher,), title="Tea", description="Leaves.", price=5)
    services.update_course(author=teacher, course_id=course.pk, description="")
    course.refresh_from_db()
    assert (course.title, course.description, course.price) == ("Tea", "", 5)


def test_lessons_come_at_the_end_with_their_resources(teacher):
    course = factories.make_course(instructors=(teacher,))
    services.create_lesson(author=teacher, course_id=course.pk, title="One")
    second = services.create_lesson(
        author=teacher, course_id=course.pk, title="Two", content="# Two", resources=[SLIDES, TALK]
    )
    assert list(course.lessons.order_by("order").values_list("order", "title")) == [(1, "One"), (2, "Two")]
    assert list(second.resources.order_by("pk").values("title", "kind", "url")) == [SLIDES, TALK]


def test_a_lesson_costs_the_same_number_of_statements_for_1_and_for_20_resources(teacher):
    course = factories.make_course(instructors=(teacher,))
    counted = []
    for resources in ([SLIDES], [SLIDES] * 20):
        with CaptureQueriesContext(connection) as statements:
            lesson = services.create_lesson(
                author=teacher, course_id=course.pk, title="One", resources=resources
            )
            services.update_lesson(author=teacher, lesson_id=lesson.pk, resources=[TALK, *resources])
        counted.append(len(statements))
    assert lesson.resources.count() == 21
    assert counted[0] == counted[1]


def test_a_new_lesson_lowers_the_progress_of_those_who_have_not_completed_the_course(teacher):
    course = factories.make_course(instructors=(teacher,))
    done = factories.make_lesson(course=course)
    factories.make_lesson(course=course)
    learner = factories.make_user()
    enrollment = factories.enroll(learner, course, progress_percentage=50)
    LessonCompletion.objects.create(user=learner, lesson=done)
    for expected in ("33.33", "25.00"):
        services.create_lesson(author=teacher, course_id=course.pk, title="One more")
        enrollment.refresh_from_db()
        assert enrollment.progress_percentage == Decimal(expected)


def test_a_resource_that_is_not_https_is_refused_with_its_place(teacher):
    course = factories.make_course(instructors=(teacher,))
    evil: ResourceDraft = {"title": "", "url": "javascript:alert(1)"}
    with pytest.raises(ValidationError) as error:
        services.create_lesson(author=teacher, course_id=course.pk, title="One", resources=[SLIDES, evil])
    assert set(error.value.message_dict) == {"resources.1.title", "resources.1.url"}
    assert not Lesson.objects.exists()
    assert not Resource.objects.exists()


def test_resources_with_the_same_address_keep_their_ids(teacher):
    lesson = factories.make_lesson(course=factories.make_course(instructors=(teacher,)), content="Text")
    slides = factories.make_resource(lesson=lesson, **SLIDES)
    notes = factories.make_resource(lesson=lesson, title="Notes", url="https://example.org/notes")
    removed = factories.make_resource(lesson=lesson, title="Old", url="https://example.org/old")
    services.update_lesson(
        author=teacher, lesson_id=lesson.pk, resources=[TALK, SLIDES | {"title": "New slides"}]
    )
    found = {resource.pk: resource.title for resource in lesson.resources.all()}
    assert found == {slides.pk: "New slides", notes.pk: "Talk"}
    assert removed.pk not in found
    lesson.refresh_from_db()
    assert lesson.content == "Text"


def test_resources_that_are_not_mentioned_stay(teacher):
    lesson = factories.make_lesson(course=factories.make_course(instructors=(teacher,)))
    slides = factories.make_resource(lesson=lesson)
    services.update_lesson(author=teacher, lesson_id=lesson.pk, duration_seconds=None, title="New title")
    assert list(lesson.resources.all()) == [slides]


@pytest.mark.parametrize(
    ("is_published", "refusal"), [(True, exceptions.PermissionDenied), (False, exceptions.NotFound)]
)
def test_only_instructors_edit_a_course_and_a_hidden_one_does_not_exist(is_published, refusal, teacher):
    lesson = factories.make_lesson(course=factories.make_course(is_published=is_published, title="Tea"))
    edits: dict[str, list[Callable[[], object]]] = {
        "courseId": [
            lambda: services.update_course(author=teacher, course_id=lesson.course_id, title="Mine"),
            lambda: services.create_lesson(author=teacher, course_id=lesson.course_id, title="Mine"),
        ],
        "lessonId": [lambda: services.update_lesson(author=teacher, lesson_id=lesson.pk, title="Mine")],
    }
    for field, attempts in edits.items():
        for edit in attempts:
            with pytest.raises(refusal) as refused:
                edit()
            assert refused.value.field == (field,)
    assert not Course.objects.filter(title="Mine").exists()
    assert not Lesson.objects.filter(title="Mine").exists()


def test_two_slugs_that_differ_by_case_are_one_to_the_database_too(teacher):
    factories.make_course(slug="tea")
    with pytest.raises(IntegrityError, match="unique_course_slug_whatever_case"):
        factories.make_course(slug="TEA")


def test_courses_of_before_whose_slugs_differ_by_case_are_told_apart(teacher):
    first = factories.make_course(slug="tea")
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX unique_course_slug_whatever_case")
        second = factories.make_course(slug="Tea")
        third = factories.make_course(slug="x" * 100)
        fourth = factories.make_course(slug="X" * 100)
        cursor.execute(import_module("courses.migrations.0006_slugs_whatever_case").TELL_APART)
    slugs = dict(Course.objects.values_list("pk", "slug"))
    assert [slugs[course.pk] for course in (first, second, third)] == ["tea", f"Tea-{second.pk}", "x" * 100]
    assert slugs[fourth.pk].endswith(f"X-{fourth.pk}")
    assert len(slugs[fourth.pk]) == 100
