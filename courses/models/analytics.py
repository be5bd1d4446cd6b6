"""All models under the one import path of the specification, `courses.models.analytics`.

Each is defined in the module of its subject beside this one; nothing is defined here.
"""

from courses.models.accommodations import Accommodation
from courses.models.activity import UserActivity
from courses.models.archives import ActivityArchive, ArchivedParticipation, ArchivedSession
from courses.models.assessments import Answer, Assessment, Question
from courses.models.attempt_answers import AttemptAnswer, GradeChange
from courses.models.attempt_interventions import AttemptIntervention
from courses.models.attempts import AssessmentAttempt
from courses.models.catalog import Course, Enrollment, Lesson, LessonCompletion, Resource
from courses.models.documents import PersistedQuery, TrustedDocument
from courses.models.events import Event, PendingEvent
from courses.models.exports import Export
from courses.models.idempotency import IdempotencyKey
from courses.models.notes import Note
from courses.models.notifications import Notification
from courses.models.partners import GrantedSecret, PartnerGrant
from courses.models.people import AccessToken, User
from courses.models.question_versions import QuestionVersion
from courses.models.reviews import Review, ReviewVote
from courses.models.statistics import CourseStats, StatisticsChange, UserStats
from courses.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookSecret

__all__ = [
    "AccessToken",
    "Accommodation",
    "ActivityArchive",
    "Answer",
    "ArchivedParticipation",
    "ArchivedSession",
    "Assessment",
    "AssessmentAttempt",
    "AttemptAnswer",
    "AttemptIntervention",
    "Course",
    "CourseStats",
    "Enrollment",
    "Event",
    "Export",
    "GradeChange",
    "GrantedSecret",
    "IdempotencyKey",
    "Lesson",
    "LessonCompletion",
    "Note",
    "Notification",
    "PartnerGrant",
    "PendingEvent",
    "PersistedQuery",
    "Question",
    "QuestionVersion",
    "Resource",
    "Review",
    "ReviewVote",
    "StatisticsChange",
    "TrustedDocument",
    "User",
    "UserActivity",
    "UserStats",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
