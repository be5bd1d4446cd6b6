"""Factory of one more row of every model, each with relations of its own."""

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any

from courses import models
from courses.models.question_versions import current_versions
from tests import factories

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

_numbers = count(1)


def _attempt() -> models.AssessmentAttempt:
    assessment = factories.make_assessment()
    factories.single_choice(assessment)
    return factories.make_attempt(factories.make_learner(assessment.lesson.course), assessment)


def _attempt_answer() -> models.AttemptAnswer:
    attempt = _attempt()
    return factories.pick(attempt, attempt.assessment.questions.get(), "right")


def _review() -> models.Review:
    return factories.make_review(factories.make_user(), factories.make_course())


def _archive() -> models.ActivityArchive:
    return models.ActivityArchive.objects.create(digest=f"{next(_numbers):064x}", before=NOON, row_count=1)


def _archived_session() -> models.ArchivedSession:
    return models.ArchivedSession.objects.create(
        archive=_archive(),
        user=factories.make_user(),
        started=NOON,
        ended=NOON,
        time_spent_seconds=60,
        activity_counts=[1],
    )


def _activity() -> models.UserActivity:
    assessment = factories.make_assessment()
    return models.UserActivity.objects.create(
        user=factories.make_user(),
        activity_type="take_quiz",
        course=assessment.lesson.course,
        lesson=assessment.lesson,
        assessment=assessment,
    )


def _question_version() -> models.QuestionVersion:
    question = factories.single_choice(factories.make_assessment())
    current_versions([question])
    return question.versions.get()


MAKERS: dict[type, Callable[[], Any]] = {
    models.Accommodation: lambda: factories.accommodate(
        factories.make_user(), factories.make_assessment(), granted_by=factories.make_user()
    ),
    models.AttemptIntervention: lambda: models.AttemptIntervention.objects.create(
        attempt=_attempt(), kind="closed", made_by=factories.make_user()
    ),
    models.AccessToken: lambda: factories.make_access_token(factories.make_user(), f"cat_{next(_numbers)}"),
    models.ActivityArchive: _archive,
    models.Answer: lambda: factories.short_answer(factories.make_assessment(), "Tea").answers.get(),
    models.ArchivedParticipation: lambda: models.ArchivedParticipation.objects.create(
        archive=_archive(), user=factories.make_user(), course=factories.make_course(), last_activity=NOON
    ),
    models.ArchivedSession: _archived_session,
    models.Assessment: factories.make_assessment,
    models.AssessmentAttempt: _attempt,
    models.AttemptAnswer: _attempt_answer,
    models.Course: lambda: factories.make_course(instructors=(factories.make_user(),)),
    models.CourseStats: lambda: models.CourseStats.objects.create(course=factories.make_course()),
    models.Enrollment: lambda: factories.enroll(factories.make_user(), factories.make_course()),
    models.Event: lambda: factories.make_event(factories.make_course()),
    models.Export: lambda: models.Export.objects.create(
        user=factories.make_user(), principal=f"user:{next(_numbers)}", kind="attempts"
    ),
    models.GradeChange: lambda: models.GradeChange.objects.create(
        attempt_answer=_attempt_answer(), changed_by=factories.make_user(), reason="manual"
    ),
    models.GrantedSecret: lambda: models.GrantedSecret.objects.create(
        grant=models.PartnerGrant.objects.create(),
        digest=f"{next(_numbers):064x}",
        works_once=True,
        expires_at=NOON,
    ),
    models.PartnerGrant: models.PartnerGrant.objects.create,
    models.QuestionVersion: _question_version,
    models.IdempotencyKey: lambda: models.IdempotencyKey.objects.create(
        user=factories.make_user(), digest="0" * 64, mutation="createNote", fingerprint="0" * 64
    ),
    models.Lesson: factories.make_lesson,
    models.LessonCompletion: lambda: models.LessonCompletion.objects.create(
        user=factories.make_user(), lesson=factories.make_lesson()
    ),
    models.Note: lambda: factories.make_note(
        factories.make_user(), factories.make_lesson(), is_private=False
    ),
    models.Notification: lambda: factories.make_notification(
        factories.make_user(), course=factories.make_course()
    ),
    models.PendingEvent: lambda: models.PendingEvent.objects.create(
        type="course.changed", subject_id=1, course_id=1
    ),
    models.PersistedQuery: lambda: models.PersistedQuery.objects.create(
        digest=f"{next(_numbers):064x}", text="{ serverTime }"
    ),
    models.Question: lambda: factories.single_choice(factories.make_assessment()),
    models.Resource: factories.make_resource,
    models.Review: _review,
    models.ReviewVote: lambda: models.ReviewVote.objects.create(user=factories.make_user(), review=_review()),
    models.StatisticsChange: lambda: models.StatisticsChange.objects.create(course=factories.make_course()),
    models.TrustedDocument: lambda: models.TrustedDocument.objects.create(
        document_id=f"{next(_numbers)}", digest="0" * 64, text="{ serverTime }"
    ),
    models.User: factories.make_user,
    models.UserActivity: _activity,
    models.UserStats: lambda: models.UserStats.objects.create(user=factories.make_user()),
    models.WebhookDelivery: lambda: factories.make_delivery(
        factories.make_webhook_endpoint(factories.make_user()), status="failed"
    ),
    models.WebhookEndpoint: lambda: factories.make_webhook_endpoint(
        factories.make_user(), course=factories.make_course()
    ),
    models.WebhookSecret: lambda: factories.make_webhook_endpoint(factories.make_user()).secrets.get(),
}
