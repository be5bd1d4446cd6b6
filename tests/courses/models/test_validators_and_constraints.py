"""Validators and CHECK constraints say the same: what a form takes the database takes, and the other way round."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, models, transaction
from django.db.models import CheckConstraint, F, Model, Q
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from courses.models import (
    AttemptIntervention,
    CourseStats,
    Export,
    GradeChange,
    IdempotencyKey,
    PendingEvent,
    PersistedQuery,
    TrustedDocument,
    UserStats,
)
from courses.utils.kept_versions import Immutable
from tests import factories

pytestmark = pytest.mark.django_db


def _columns(condition: Any) -> Iterator[str]:
    """The columns that a condition names."""
    if isinstance(condition, Q):
        for child in condition.children:
            if isinstance(child, tuple):
                yield child[0].partition("__")[0]
                yield from _columns(child[1])
            else:
                yield from _columns(child)
    elif isinstance(condition, F):
        yield condition.name  # type: ignore[attr-defined]  # the stubs do not have it
    elif hasattr(condition, "get_source_expressions"):
        for expression in condition.get_source_expressions():
            yield from _columns(expression)


def _constrained() -> list[Any]:
    """Every column that constraints are about which are about no other column: the others are states, not values."""
    found: set[tuple[Any, str]] = set()
    for model in apps.get_app_config("courses").get_models():
        if any(isinstance(each, Immutable) for each in model._meta.constraints):
            continue  # no form ever changes it
        checks = [each for each in model._meta.constraints if isinstance(each, CheckConstraint)]
        columns = [set(_columns(check.condition)) for check in checks]
        with_others = set().union(*(each for each in columns if len(each) > 1))
        found |= {(model, name) for each in columns if len(each) == 1 for name in each - with_others}
    by_name = sorted(found, key=lambda each: (each[0].__name__, each[1]))
    return [pytest.param(model, name, id=f"{model.__name__}.{name}") for model, name in by_name]


STRICTER_IN_PYTHON = {
    ("Resource", "url"): "whether a host name is one is not for a regular expression of the database to say",
    ("Notification", "action_url"): "likewise",
    ("Note", "tags"): "that no two tags are the same word takes comparing them with each other",
}
"""Where a form refuses what the database would take, and why. The other way round there is no exception."""

NEVER_GIVEN = {
    "AccessToken": {"digest", "scopes"},
    "AssessmentAttempt": {"attempt_number", "ended_by", "layout", "passing_score"},
    "AttemptAnswer": {"credit", "exact_points", "response"},
    "CourseStats": {"assessment_stats", "engagement_score", "revenue_data"},
    "Enrollment": {"currency", "price_paid", "progress_percentage", "status"},
    "Event": {"type"},
    "Export": {"kind"},
    "GradeChange": {"reason"},
    "IdempotencyKey": {"digest", "fingerprint"},
    "PendingEvent": {"type"},
    "PersistedQuery": {"digest", "text"},
    "Question": {"order"},
    "TrustedDocument": {"digest"},
    "UserStats": {"assessment_avg_score", "learning_habits"},
    "WebhookEndpoint": {"format", "types", "url"},
}
"""Columns that only our own code writes. There `full_clean` asks the constraints as well; the others have validators
that say the same without asking the database.
"""

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
"""Without NUL and lone surrogates: no string of a client may hold them, whatever it is for."""

INTEGERS = st.one_of(
    st.integers(-(2**40), 2**40),
    st.sampled_from([0, 1, 5, 6, 100, 101, 1_000, 1_001, 525_600, 525_601, 1_000_000, 1_000_001]),
    st.sampled_from([31_536_000, 31_536_001, 2**15, 2**31 - 1, 2**31]),
)
DECIMALS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-200, max_value=200),
    st.decimals(allow_nan=True, allow_infinity=True),
    st.sampled_from(
        [Decimal(text) for text in ("0", "-0", "1", "1.00001", "100", "100.01", "1e30", "1e-30")]
    ),
)
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), TEXTS
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=12), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=30,
)
ADDRESSES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["https://", "HTTPS://", "Https://", "http://", "ftp://", "javascript:", "//", "/", ""]),
    st.sampled_from(
        ["a.example", "A.example", "[::1]", "a example", "a", "\\a", "ä.example", "a.example:99999"]
    ),
    st.sampled_from(["", "/", "/x", "/x y", "/x\\y", "/\u00a0", "/\u2003", "?q=1#f"]),
    st.sampled_from(["", "\n", " ", "\u2028"]),
)


def _values(model: type[models.Model], field: Any) -> st.SearchStrategy[Any]:
    match field:
        case models.JSONField() if model.__name__ == "Note":
            return st.one_of(JSON.filter(lambda value: value is not None), st.lists(TEXTS, max_size=12))
        case models.JSONField():
            return JSON.filter(lambda value: value is not None)
        case ArrayField():
            return st.lists(_values(model, field.base_field), max_size=3)
        case models.URLField():
            return ADDRESSES
        case models.DecimalField():
            return DECIMALS
        case models.IntegerField():
            return INTEGERS
        case models.CharField() if field.name == "url":
            return ADDRESSES
        case models.CharField() if field.choices:
            return st.one_of(TEXTS, st.sampled_from([value for value, _ in field.flatchoices]))
        case models.CharField() | models.TextField():
            return st.one_of(
                TEXTS,
                st.text("AZaz\n ", min_size=2, max_size=4),
                st.text("0123456789abcdef", min_size=63, max_size=65),
            )
        case _:
            raise AssertionError(f"say how values of {field!r} are drawn")


def _is_given(model: type[models.Model], name: str) -> bool:
    return name not in NEVER_GIVEN.get(model.__name__, ())


def _is_clean(row: models.Model, name: str) -> bool:
    others = {field.name for field in row._meta.fields if field.name != name}
    ask = not _is_given(type(row), name)
    try:
        with transaction.atomic():
            row.full_clean(exclude=others, validate_unique=False, validate_constraints=ask)
    except ValidationError as error:
        # Its messages are not made: Django's for an item of an array fails over a percent sign.
        return not {name, "__all__"} & set(error.error_dict)
    except DataError:  # JSON that jsonb cannot hold, asked of a constraint
        return False
    return True


def _is_stored(row: models.Model, name: str, value: Any) -> bool:
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**{name: value})
    except (IntegrityError, DataError, ValidationError):
        return False
    return True


def _is_changed(field: Any, value: Any) -> bool:
    """Whether PostgreSQL would round a number, or cut blanks off that are too many: a form refuses to, silently."""
    if isinstance(field, models.DecimalField):
        return bool(-value.as_tuple().exponent > field.decimal_places)
    beyond = value[field.max_length :] if isinstance(field, models.CharField) and value else ""
    return bool(beyond) and not beyond.strip(" ")


@pytest.mark.parametrize(("model", "name"), _constrained())
@settings(
    deadline=None,
    print_blob=True,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_a_form_and_the_database_answer_alike(
    model: type[models.Model], name: str, rows: dict[type[models.Model], Any], data: Any
) -> None:
    field = model._meta.get_field(name)
    value = data.draw(_values(model, field))
    row = model._base_manager.get(pk=rows[model].pk)
    setattr(row, name, value)
    is_clean = _is_clean(row, name)
    is_stored = _is_stored(row, name, value)
    is_stricter = (model.__name__, name) in STRICTER_IN_PYTHON or not _is_given(model, name)
    if is_stored and (is_stricter or (not is_clean and _is_changed(field, value))):
        return
    assert is_clean == is_stored, (value, is_clean, is_stored)


@pytest.fixture
def rows(db: None) -> dict[type[models.Model], Any]:
    """A row of each model."""
    author, learner = factories.make_staff(), factories.make_user()
    course = factories.make_course(instructors=(author,))
    lesson = factories.make_lesson(course=course)
    assessment = factories.make_assessment(lesson=lesson)
    question = factories.single_choice(assessment)
    enrollment = factories.enroll(learner, course)
    attempt = factories.make_attempt(learner, assessment)
    answered = factories.pick(attempt, question, "right")
    made: list[Model] = [
        author,
        course,
        lesson,
        factories.make_resource(lesson=lesson),
        assessment,
        question,
        question.answers.all()[0],
        enrollment,
        attempt,
        answered,
        GradeChange.objects.create(attempt_answer=answered, changed_by=author, reason="manual"),
        factories.accommodate(learner, course),
        AttemptIntervention.objects.create(attempt=attempt, kind="extended"),
        factories.make_review(learner, course),
        factories.make_note(learner, lesson),
        factories.make_notification(learner),
        factories.make_activity(learner),
        factories.make_access_token(learner, "secret"),
        CourseStats.objects.get_or_create(course=course)[0],
        UserStats.objects.get_or_create(user=learner)[0],
        IdempotencyKey.objects.create(
            user=learner, digest="0" * 64, mutation="createNote", fingerprint="0" * 64
        ),
        factories.make_event(course),
        Export.objects.create(user=learner, principal="user:1", kind="attempts"),
        PendingEvent.objects.create(type="course.changed", subject_id=1, course_id=1),
        factories.make_webhook_endpoint(learner),
        PersistedQuery.objects.create(digest="0" * 64, text="{ __typename }"),
        TrustedDocument.objects.create(document_id="a", digest="0" * 64, text="{ __typename }"),
    ]
    return {type(row): row for row in made}
