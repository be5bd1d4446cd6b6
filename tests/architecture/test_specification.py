"""The models are what the specification says, and its examples run as printed."""

import inspect
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import validators
from django.core.exceptions import ValidationError
from django.db import models as django_models
from django.db.models import DateTimeField
from django.utils import timezone

from courses import mixins
from courses.models import analytics
from courses.models.analytics import (
    Answer,
    Assessment,
    AssessmentAttempt,
    AttemptAnswer,
    CourseStats,
    Question,
    UserActivity,
    UserStats,
)
from tests import factories
from tests.architecture.specification import MODELS, Field

FIELDS = [(model, name) for model, section in MODELS.items() for name in section.fields]


def _real(model: str, name: str) -> Any:
    return getattr(analytics, model)._meta.get_field(name)


def _limits(field: Any, kind: type[validators.BaseValidator]) -> list[Any]:
    return [each.limit_value for each in field.validators if isinstance(each, kind)]


@pytest.mark.parametrize("model", MODELS)
def test_the_class_has_the_bases(model: str) -> None:
    for base in MODELS[model].bases:
        assert issubclass(getattr(analytics, model), getattr(mixins, base))


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_the_field_is_of_the_kind(model: str, name: str) -> None:
    expected, field = MODELS[model].fields[name], _real(model, name)
    assert isinstance(field, getattr(django_models, expected.kind))
    assert hasattr(getattr(analytics, model), name)
    if expected.alias_of:
        assert field is _real(model, expected.alias_of)


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_the_field_is_as_long_and_as_wide(model: str, name: str) -> None:
    expected, field = MODELS[model].fields[name], _real(model, name)
    if expected.max_length:
        assert field.max_length == expected.max_length
    if expected.digits:
        assert (field.max_digits, field.decimal_places) == expected.digits
    if expected.minimum_length:
        assert expected.minimum_length in _limits(field, validators.MinLengthValidator)
    if expected.choices:
        assert tuple(field.choices) == expected.choices


@pytest.mark.parametrize(
    ("model", "name", "number"),
    [
        (model, name, number)
        for model, section in MODELS.items()
        for name, field in section.fields.items()
        for number in (field.minimum, field.maximum)
        if number is not None
    ],
)
def test_the_number_is_accepted_at_its_limit_and_refused_beyond(model: str, name: str, number: int) -> None:
    expected, field = MODELS[model].fields[name], _real(model, name)
    beyond = number - 1 if number == expected.minimum else number + 1
    field.run_validators(number)
    with pytest.raises(ValidationError):
        field.run_validators(beyond)


@pytest.mark.parametrize(("model", "name"), FIELDS)
def test_the_field_cascades_is_stamped_and_optional_as_printed(model: str, name: str) -> None:
    expected: Field = MODELS[model].fields[name]
    field = _real(model, name)
    if expected.cascades:
        assert field.remote_field.on_delete is django_models.CASCADE
    if expected.is_set_on_add:
        assert field.auto_now_add
    if expected.is_optional:
        assert field.blank
        assert field.null or field.get_internal_type() == "TextField"


@pytest.mark.parametrize(
    ("model", "member"), [(model, member) for model, section in MODELS.items() for member in section.members]
)
def test_the_method_or_property_exists(model: str, member: str) -> None:
    assert inspect.getattr_static(getattr(analytics, model), member) is not None


@pytest.mark.parametrize(
    ("model", "index"), [(model, index) for model, section in MODELS.items() for index in section.indexes]
)
def test_the_index_exists_with_exactly_these_fields(model: str, index: tuple[str, ...]) -> None:
    whole = [each for each in getattr(analytics, model)._meta.indexes if each.condition is None]
    assert list(index) in [each.fields for each in whole]


@pytest.mark.parametrize(
    ("model", "name"), [(model, name) for model, section in MODELS.items() for name in section.unique]
)
def test_the_unique_constraint_exists_by_name(model: str, name: str) -> None:
    constraints = {each.name: each for each in getattr(analytics, model)._meta.constraints}
    assert constraints[name].fields == MODELS[model].unique[name]
    assert constraints[name].condition is None


def test_the_time_stamps_are_kept_by_the_mixin() -> None:
    created, updated = (
        mixins.TimeStampedMixin._meta.get_field(f"{name}_date") for name in ("created", "updated")
    )
    assert isinstance(created, DateTimeField)
    assert isinstance(updated, DateTimeField)
    assert created.auto_now_add
    assert updated.auto_now


@pytest.mark.django_db
def test_the_examples_of_creation_processing_and_queries_run_as_printed() -> None:
    lesson = factories.make_lesson()
    user = get_user_model().objects.create_user("learner")

    # Assessment creation
    assessment = Assessment.objects.create(
        lesson=lesson,
        title="Final Exam",
        passing_score=80,
        max_attempts=2,
        time_limit=60
    )  # fmt: skip
    question = Question.objects.create(
        assessment=assessment,
        question_text="What is the capital of France?",
        question_type="multiple_choice",
        points=5
    )  # fmt: skip
    Answer.objects.bulk_create([
        Answer(question=question, answer_text="Paris", is_correct=True),
        Answer(question=question, answer_text="London", is_correct=False),
        Answer(question=question, answer_text="Berlin", is_correct=False),
    ])  # fmt: skip
    assert question.order == 1
    assert list(question.get_answers().values_list("text", "order")) == [
        ("Paris", 1),
        ("London", 2),
        ("Berlin", 3),
    ]

    # Attempt processing
    submitted_answers = {question.pk: {"selected_answer": question.answers.get(is_correct=True).pk}}
    attempt = AssessmentAttempt.objects.create(
        user=user,
        assessment=assessment
    )  # fmt: skip
    for question_id, answer_data in submitted_answers.items():
        AttemptAnswer.objects.create(
            attempt=attempt,
            question_id=question_id,
            selected_answer_id=answer_data.get('selected_answer'),
            text_answer=answer_data.get('text_answer', '')
        )  # fmt: skip
    attempt.is_completed = True
    attempt.end_time = timezone.now()
    attempt.save()  # Automatic score calculation and pass/fail determination
    attempt.refresh_from_db()
    assert (attempt.attempt_number, attempt.score, attempt.max_score, attempt.is_passed) == (1, 5, 5, True)

    # Analytics queries
    course = lesson.course
    CourseStats.objects.create(course=course, total_students=4, completion_count=1)
    stats = CourseStats.objects.select_related('course').get(course=course)  # fmt: skip
    completion_rate = (stats.completion_count / stats.total_students) * 100
    assert completion_rate == 25
    UserStats.objects.create(user=user, activity_streak=3)
    user_stats = UserStats.objects.get(user=user)
    learning_streak = user_stats.activity_streak
    assert learning_streak == 3
    activity = UserActivity.objects.create(
        user=user,
        activity_type='complete_lesson',
        course=course,
        lesson=lesson,
        data={'time_spent': 1800, 'score': 85}
    )  # fmt: skip
    assert activity.created_date is not None
