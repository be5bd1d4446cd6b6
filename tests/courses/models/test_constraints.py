"""The database itself refuses what validators would: every CHECK constraint is tried by a direct update."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from courses.models import (
    AttemptIntervention,
    CourseStats,
    Export,
    GradeChange,
    IdempotencyKey,
    PendingEvent,
    PersistedQuery,
    QuestionVersion,
    StatisticsChange,
    TrustedDocument,
    UserActivity,
    UserStats,
)
from tests import factories

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def _attempt() -> Any:
    return factories.make_attempt(factories.make_user(), factories.make_assessment())


def _completed() -> Any:
    return factories.make_attempt(factories.make_user(), factories.make_assessment(), is_completed=True)


def _attempt_answer() -> Any:
    attempt = _attempt()
    return factories.pick(attempt, factories.single_choice(attempt.assessment), "right")


def _waiting() -> Any:
    attempt = _attempt()
    return factories.answer(attempt, factories.essay(attempt.assessment), {"text": "Thoughts."})


def _answer() -> Any:
    return factories.single_choice(factories.make_assessment()).answers.first()


MAKE: dict[str, Callable[[], Any]] = {
    "accommodation": lambda: factories.accommodate(
        factories.make_user(), factories.make_assessment(), opens_at=NOW, time_factor=2
    ),
    "access_token": lambda: factories.make_access_token(factories.make_user(), "cat_secret"),
    "activity": lambda: UserActivity.objects.create(user=factories.make_user(), activity_type="view_course"),
    "answer": _answer,
    "assessment": factories.make_assessment,
    "attempt": _attempt,
    "completed": _completed,
    "attempt_answer": _attempt_answer,
    "waiting": _waiting,
    "course": factories.make_course,
    "course_stats": lambda: CourseStats.objects.create(course=factories.make_course()),
    "enrollment": lambda: factories.enroll(factories.make_user(), factories.make_course()),
    "erased": lambda: factories.make_user(erased_at=NOW, is_active=False, email=""),
    "delivery": lambda: factories.make_delivery(factories.make_webhook_endpoint(factories.make_user())),
    "endpoint": lambda: factories.make_webhook_endpoint(factories.make_user()),
    "event": lambda: factories.make_event(factories.make_course()),
    "export": lambda: Export.objects.create(user=factories.make_user(), principal="user:1", kind="attempts"),
    "grade_change": lambda: GradeChange.objects.create(attempt_answer=_attempt_answer(), reason="manual"),
    "idempotency_key": lambda: IdempotencyKey.objects.create(
        user=factories.make_user(), digest="0" * 64, mutation="createNote", fingerprint="0" * 64
    ),
    "pending_event": lambda: PendingEvent.objects.create(type="course.changed", subject_id=1, course_id=1),
    "intervention": lambda: AttemptIntervention.objects.create(
        attempt=_attempt(), kind="extended", old_deadline_at=NOW
    ),
    "lesson": factories.make_lesson,
    "note": lambda: factories.make_note(factories.make_user(), factories.make_lesson()),
    "notification": lambda: factories.make_notification(factories.make_user()),
    "persisted_query": lambda: PersistedQuery.objects.create(digest="0" * 64, text="{ serverTime }"),
    "question": lambda: factories.make_question(factories.make_assessment()),
    "resource": factories.make_resource,
    "review": lambda: factories.make_review(factories.make_user(), factories.make_course()),
    "statistics_change": lambda: StatisticsChange.objects.create(course=factories.make_course()),
    "trusted_document": lambda: TrustedDocument.objects.create(
        document_id="1", digest="0" * 64, text="{ serverTime }"
    ),
    "user_stats": lambda: UserStats.objects.create(user=factories.make_user()),
    "webhook_delivery": lambda: factories.make_delivery(
        factories.make_webhook_endpoint(factories.make_user(), secret=False)
    ),
    "webhook_endpoint": lambda: factories.make_webhook_endpoint(factories.make_user(), secret=False),
}

REFUSED: list[tuple[str, str, dict[str, Any]]] = [
    ("accommodation", "accommodation_factor_in_range", {"time_factor": "0.9"}),
    ("accommodation", "accommodation_factor_in_range", {"time_factor": "10.0001"}),
    ("accommodation", "accommodation_minutes_in_range", {"time_factor": None, "extra_minutes": 525_601}),
    ("accommodation", "accommodation_attempts_in_range", {"extra_attempts": 1_001}),
    ("accommodation", "accommodation_time_is_one_setting", {"extra_minutes": 5}),
    ("accommodation", "accommodation_opens_before_it_closes", {"closes_at": NOW}),
    ("access_token", "access_token_scopes_are_array", {"scopes": {}}),
    ("access_token", "access_token_digest_is_sha256", {"digest": "secret"}),
    ("activity", "activity_type_is_known", {"activity_type": "sleep"}),
    ("activity", "activity_data_is_object", {"data": []}),
    ("activity", "activity_data_is_small", {"data": {"text": "x" * 4096}}),
    ("activity", "activity_data_is_shallow", {"data": {"1": {"2": {"3": {"4": {"5": {}}}}}}}),
    ("activity", "activity_data_is_shallow", {"data": {"1": [[[[[]]]]]}}),
    ("answer", "answer_credit_in_range", {"credit": "1.0001"}),
    ("answer", "answer_credit_in_range", {"credit": "-1.0001", "is_correct": False}),
    ("answer", "answer_credit_of_right_not_negative", {"credit": "-0.0001"}),
    ("delivery", "webhook_delivery_status_is_known", {"status": "lost", "next_try_at": None}),
    ("delivery", "webhook_delivery_pending_has_next_try", {"next_try_at": None}),
    ("delivery", "webhook_delivery_pending_has_next_try", {"status": "failed"}),
    ("delivery", "webhook_delivery_tried_has_date", {"tries": 1}),
    ("delivery", "webhook_delivery_tried_has_date", {"last_tried_at": NOW}),
    ("endpoint", "webhook_endpoint_url_is_http", {"url": "ftp://partner.example/"}),
    ("endpoint", "webhook_endpoint_types_are_known", {"types": ["attempt.lost"]}),
    ("endpoint", "webhook_endpoint_format_is_known", {"format": "xml"}),
    ("endpoint", "webhook_endpoint_disabled_has_reason", {"is_enabled": False}),
    ("endpoint", "webhook_endpoint_disabled_has_reason", {"disabled_reason": "None."}),
    ("endpoint", "webhook_endpoint_has_one_credential", {"access_token_id": 1, "partner": "p"}),
    ("event", "event_type_is_known", {"type": "attempt.lost"}),
    ("export", "export_kind_is_known", {"kind": "everything"}),
    ("export", "export_status_is_known", {"status": "lost", "expires_at": NOW}),
    ("export", "export_ready_has_count", {"status": "ready", "expires_at": NOW}),
    ("export", "export_ready_has_count", {"object_count": 1}),
    ("export", "export_ended_expires", {"status": "failed"}),
    ("persisted_query", "persisted_query_digest_is_sha256", {"digest": "0" * 63}),
    ("persisted_query", "persisted_query_text_in_range", {"text": "x" * 32_769}),
    ("trusted_document", "trusted_document_digest_is_sha256", {"digest": "0" * 63}),
    ("pending_event", "pendingevent_type_is_known", {"type": "attempt.lost"}),
    ("idempotency_key", "idempotency_key_digest_is_sha256", {"digest": "0" * 63}),
    ("idempotency_key", "idempotency_key_fingerprint_is_sha256", {"fingerprint": "G" * 64}),
    ("answer", "answer_tolerance_not_negative", {"tolerance": -1}),
    ("answer", "answer_text_match_is_known", {"text_match": "fuzzy"}),
    ("assessment", "assessment_passing_score_in_percent", {"passing_score": 101}),
    ("assessment", "assessment_max_attempts_in_range", {"max_attempts": 0}),
    ("assessment", "assessment_max_attempts_in_range", {"max_attempts": 1_001}),
    ("assessment", "assessment_time_limit_in_range", {"time_limit": 525_601}),
    ("assessment", "assessment_opens_before_it_closes", {"opens_at": NOW, "closes_at": NOW}),
    ("attempt", "attempt_completed_has_end", {"is_completed": True}),
    ("attempt", "attempt_completed_has_end", {"end_time": NOW}),
    ("attempt", "attempt_completed_has_end", {"ended_by": "timer"}),
    ("completed", "attempt_completed_has_end", {"is_completed": False}),
    ("completed", "attempt_completed_has_end", {"ended_by": None}),
    ("completed", "attempt_completed_has_end", {"time_taken_seconds": None}),
    ("completed", "attempt_ended_by_is_known", {"ended_by": "cat"}),
    ("attempt", "attempt_number_positive", {"attempt_number": 0}),
    ("attempt", "attempt_passing_score_in_percent", {"passing_score": 101}),
    ("attempt", "attempt_score_within_maximum", {"score": 1}),
    ("attempt", "attempt_exact_score_within_maximum", {"exact_score": "0.000000000000000001"}),
    ("attempt", "attempt_exact_score_within_maximum", {"exact_score": "-0.5"}),
    ("attempt", "attempt_deadline_after_start", {"deadline_at": NOW - timedelta(days=1)}),
    ("attempt", "attempt_layout_is_object", {"layout": []}),
    ("attempt_answer", "attempt_answer_credit_is_share", {"credit": -1, "is_correct": False}),
    (
        "attempt_answer",
        "attempt_answer_exact_points_in_range",
        {"exact_points": "1000000.000000000000000001"},
    ),
    ("attempt_answer", "attempt_answer_exact_points_in_range", {"exact_points": "-0.5"}),
    ("attempt_answer", "attempt_answer_correct_by_credit", {"credit": "0.5"}),
    ("attempt_answer", "attempt_answer_correct_by_credit", {"credit": None}),
    ("attempt_answer", "attempt_answer_correct_by_credit", {"is_correct": None}),
    ("waiting", "attempt_answer_correct_by_credit", {"points_earned": 1}),
    ("waiting", "attempt_answer_correct_by_credit", {"is_correct": True}),
    ("attempt_answer", "attempt_answer_response_is_object", {"response": [1]}),
    ("course", "course_price_not_negative", {"price": -1}),
    ("course", "course_currency_is_code", {"currency": "eur"}),
    ("course_stats", "course_stats_engagement_in_range", {"engagement_score": "100.01"}),
    ("course_stats", "course_stats_assessments_are_object", {"assessment_stats": []}),
    ("course_stats", "course_stats_revenue_is_object", {"revenue_data": "EUR"}),
    ("enrollment", "enrollment_status_is_known", {"status": "lost"}),
    ("enrollment", "enrollment_progress_in_percent", {"progress_percentage": "100.01"}),
    ("enrollment", "enrollment_progress_in_percent", {"progress_percentage": -1}),
    ("enrollment", "enrollment_completed_has_date", {"status": "completed"}),
    ("enrollment", "enrollment_completed_has_date", {"completed_date": NOW}),
    ("enrollment", "enrollment_price_not_negative", {"price_paid": -1}),
    ("enrollment", "enrollment_currency_is_code", {"currency": "€"}),
    ("erased", "person_erased_is_nobody", {"is_active": True}),
    ("erased", "person_erased_is_nobody", {"is_staff": True}),
    ("erased", "person_erased_is_nobody", {"is_superuser": True}),
    ("erased", "person_erased_is_nobody", {"email": "ada@example.org"}),
    ("erased", "person_erased_is_nobody", {"first_name": "Ada"}),
    ("erased", "person_erased_is_nobody", {"last_name": "Lovelace"}),
    ("grade_change", "grade_change_reason_is_known", {"reason": "mood"}),
    ("grade_change", "grade_change_credit_is_share", {"new_credit": 2}),
    ("grade_change", "grade_change_points_in_range", {"old_points": "-0.5"}),
    ("grade_change", "grade_change_points_in_range", {"new_points": "1000000.5"}),
    ("intervention", "intervention_kind_is_known", {"kind": "praised"}),
    ("intervention", "intervention_never_shortens", {"new_deadline_at": NOW - timedelta(seconds=1)}),
    ("lesson", "lesson_duration_in_range", {"duration_seconds": 31_536_001}),
    ("note", "note_content_not_blank", {"content": ""}),
    ("note", "note_content_not_blank", {"content": "\u200b \u3164"}),
    ("note", "note_tags_are_array", {"tags": {}}),
    ("note", "note_tags_are_texts", {"tags": ["good", 1]}),
    ("note", "note_tags_are_texts", {"tags": [["nested"]]}),
    ("note", "note_tags_are_texts", {"tags": [""]}),
    ("note", "note_tags_are_texts", {"tags": ["x" * 51]}),
    ("note", "note_tags_are_texts", {"tags": ["fine", "\U000e0001 \u200b"]}),
    ("note", "note_tags_are_few", {"tags": [str(number) for number in range(11)]}),
    ("notification", "notification_type_is_known", {"notification_type": "spam"}),
    ("notification", "notification_read_has_date", {"is_read": True}),
    ("notification", "notification_read_has_date", {"read_date": NOW}),
    ("notification", "notification_url_is_safe", {"action_url": "javascript:alert(1)"}),
    ("notification", "notification_url_is_safe", {"action_url": "http://example.org/"}),
    ("notification", "notification_url_is_safe", {"action_url": "//example.org/"}),
    ("notification", "notification_url_is_safe", {"action_url": "/\\example.org/"}),
    ("notification", "notification_url_is_safe", {"action_url": "/courses/1\nx"}),
    ("question", "question_points_in_range", {"points": 0}),
    ("question", "question_points_in_range", {"points": 1_000_001}),
    ("question", "question_order_in_range", {"order": 1_001}),
    ("question", "question_type_is_known", {"question_type": "riddle"}),
    ("question", "question_scoring_is_known", {"scoring": "luck"}),
    ("resource", "resource_kind_is_known", {"kind": "smell"}),
    ("resource", "resource_url_is_https", {"url": "ftp://example.org/"}),
    ("resource", "resource_url_is_https", {"url": "HTTPS://example.org/"}),
    ("review", "review_rating_in_stars", {"rating": 0}),
    ("review", "review_rating_in_stars", {"rating": 6}),
    ("review", "review_featured_is_approved", {"is_featured": True, "is_approved": False}),
    ("statistics_change", "statistics_change_is_of_one", {"course": None}),
    ("user_stats", "user_stats_average_in_percent", {"assessment_avg_score": "100.01"}),
    ("user_stats", "user_stats_habits_are_object", {"learning_habits": []}),
    ("webhook_delivery", "webhook_delivery_status_is_known", {"status": "lost", "next_try_at": None}),
    ("webhook_delivery", "webhook_delivery_pending_has_next_try", {"next_try_at": None}),
    ("webhook_delivery", "webhook_delivery_pending_has_next_try", {"status": "delivered"}),
    ("webhook_delivery", "webhook_delivery_tried_has_date", {"tries": 1}),
    ("webhook_delivery", "webhook_delivery_tried_has_date", {"last_tried_at": NOW}),
    ("webhook_endpoint", "webhook_endpoint_url_is_http", {"url": "ftp://partner.example/"}),
    ("webhook_endpoint", "webhook_endpoint_url_is_http", {"url": "https://partner.example/ a"}),
    ("webhook_endpoint", "webhook_endpoint_types_are_known", {"types": ["course.lost"]}),
    ("webhook_endpoint", "webhook_endpoint_format_is_known", {"format": "xml"}),
    ("webhook_endpoint", "webhook_endpoint_disabled_has_reason", {"is_enabled": False}),
    ("webhook_endpoint", "webhook_endpoint_disabled_has_reason", {"disabled_reason": "Off."}),
    ("webhook_endpoint", "webhook_endpoint_has_one_credential", {"access_token_id": 1, "partner": "p"}),
]

ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("accommodation", {"time_factor": 10, "extra_attempts": 1_000, "closes_at": NOW + timedelta(seconds=1)}),
    ("accommodation", {"time_factor": None, "extra_minutes": 525_600}),
    ("activity", {"data": {"1": {"2": {"3": {"4": {"deep": 5}}}}}}),
    ("answer", {"credit": 1, "tolerance": 0}),
    ("answer", {"credit": -1, "is_correct": False}),
    ("assessment", {"passing_score": 0, "max_attempts": 1}),
    ("attempt_answer", {"credit": "0.9999999999", "is_correct": False}),
    ("waiting", {"response": None}),
    ("enrollment", {"status": "completed", "completed_date": NOW, "progress_percentage": 100}),
    ("enrollment", {"status": "withdrawn"}),
    ("note", {"tags": ["x" * 50, *(str(number) for number in range(9))]}),
    ("note", {"tags": []}),
    ("notification", {"is_read": True, "read_date": NOW}),
    ("notification", {"action_url": ""}),
    ("notification", {"action_url": "/"}),
    ("notification", {"action_url": "/courses/1?tab=notes"}),
    ("notification", {"action_url": "https://example.org/x"}),
    ("review", {"rating": 1}),
    ("webhook_delivery", {"status": "delivered", "next_try_at": None, "tries": 1, "last_tried_at": NOW}),
    ("webhook_delivery", {"status": "failed", "next_try_at": None}),
    ("webhook_endpoint", {"is_enabled": False, "disabled_reason": "Off.", "types": ["course.changed"]}),
]


@pytest.mark.parametrize(("thing", "constraint", "values"), REFUSED)
def test_the_database_refuses(thing: str, constraint: str, values: dict[str, Any]) -> None:
    row = MAKE[thing]()
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**values)


NEVER_ADDED: list[tuple[str, dict[str, Any]]] = [
    ("question_version_number_positive", {"number": 0}),
    ("question_version_content_is_object", {"content": []}),
    ("question_version_shown_is_object", {"shown": "text"}),
    ("question_version_digest_is_sha256", {"digest": "1" * 63}),
    ("question_version_digest_is_sha256", {"digest": "G" * 64}),
    ("unique_question_version_number", {"number": 1}),
    ("unique_question_version_content", {"digest": "0" * 64}),
]
"""Rows that are never updated are tried when they are added."""


@pytest.mark.parametrize(("thing", "values"), ACCEPTED)
def test_the_database_accepts_what_lies_just_inside(thing: str, values: dict[str, Any]) -> None:
    row = MAKE[thing]()
    assert type(row)._base_manager.filter(pk=row.pk).update(**values) == 1


def test_every_check_constraint_is_tried_above() -> None:
    named = {
        constraint.name
        for model in apps.get_app_config("courses").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
    }
    tried = {constraint for _, constraint, _ in REFUSED} | {
        constraint for constraint, _ in NEVER_ADDED if not constraint.startswith("unique")
    }
    assert named - {"attempt_answer_graded_by_has_date"} == tried


@pytest.mark.parametrize(("constraint", "values"), NEVER_ADDED)
def test_the_database_refuses_to_add_a_version(constraint: str, values: dict[str, Any]) -> None:
    question = factories.single_choice(factories.make_assessment())
    given = {"number": 1, "content": {}, "shown": {}, "digest": "0" * 64}
    QuestionVersion.objects.create(question=question, **given)
    given |= {"number": 2, "digest": "1" * 64} | values
    with pytest.raises(IntegrityError, match=f'"{constraint}"'), transaction.atomic():
        QuestionVersion.objects.create(question=question, **given)


def test_the_database_refuses_a_grader_without_a_moment() -> None:
    row, grader = _attempt_answer(), factories.make_user()
    with pytest.raises(IntegrityError, match="attempt_answer_graded_by_has_date"), transaction.atomic():
        type(row).objects.filter(pk=row.pk).update(graded_by=grader)
