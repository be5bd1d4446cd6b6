"""Enums of the domain as GraphQL publishes them: the same members, described by their labels.

In Python every enum value is its database value; GraphQL names are the members' names.
"""

from collections.abc import Mapping
from types import MappingProxyType

import strawberry
from django.db.models import TextChoices

from courses.constants import (
    ActivityType,
    AttemptAction,
    AttemptEnd,
    AttemptState,
    Correctness,
    DeliveryStatus,
    EnrollmentAction,
    EnrollmentStatus,
    EventFormat,
    EventType,
    ExportKind,
    ExportStatus,
    GradeChangeReason,
    GradingState,
    ItemWarning,
    NotificationType,
    QuestionType,
    RegradePolicy,
    ResourceKind,
    ScoringPolicy,
    Selection,
    TextMatch,
)
from schema.core.upstream import values_of_enum


def _publish(choices: type[TextChoices], descriptions: Mapping[str, str] = MappingProxyType({})) -> None:
    """Publish a set of choices, described by its docstring, and each member by its label or by `descriptions`."""
    description = " ".join((choices.__doc__ or "").split())
    published = strawberry.enum(choices, description=description)
    for value in values_of_enum(published):
        value.description = descriptions.get(value.name, f"{choices[value.name].label}.")


_publish(
    QuestionType,
    {
        "MULTIPLE_CHOICE": "Pick one choice, or several where several are right.",
        "TRUE_FALSE": "Say whether a statement is true.",
        "SHORT_ANSWER": "Write a word, a phrase or a number.",
        "ESSAY": "Write at length; a person grades it.",
        "MATCHING": "Pair each prompt with its match.",
        "FILL_BLANK": "Fill the blanks of a text.",
    },
)
_publish(Selection)
_publish(
    ScoringPolicy,
    {
        "RIGHT_MINUS_WRONG": "Credit is (right picks - wrong picks) / number of right choices, and never below 0.",
        "ALL_OR_NOTHING": "Credit is 1 for exactly the right picks, otherwise 0.",
        "EVERY_DECISION": "Credit is the share of choices rightly picked or rightly left alone, 0 to 1.",
        "WEIGHTED": "Credit is the sum of `Answer.credit` of the picks, at least 0 and at most 1. Wrong choices may "
        "have credits below 0.",
    },
)
_publish(
    TextMatch,
    {
        "IGNORE_CASE": "Equal, ignoring case.",
        "EXACT": "Equal, case included.",
        "WILDCARD": "Equal, ignoring case, where * stands for any run of characters and \\* for a star.",
    },
)
_publish(AttemptState)
_publish(AttemptEnd)
_publish(AttemptAction)
_publish(GradingState)
_publish(GradeChangeReason)
_publish(
    Correctness,
    {
        "CORRECT": "Full credit: credit 1.",
        "PARTIAL": "Partial credit: between 0 and 1.",
        "INCORRECT": "No credit: credit 0.",
        "UNANSWERED": "No answer was given: credit 0.",
        "PENDING": "Waits for a person to grade it: no credit yet.",
    },
)
_publish(RegradePolicy)
_publish(ItemWarning)
_publish(EnrollmentAction)
_publish(
    EnrollmentStatus,
    {
        "ACTIVE": "Enrolled, with lessons to complete.",
        "COMPLETED": "Enrolled, after every lesson was completed.",
        "WITHDRAWN": "Withdrawn: the learner has left the course.",
    },
)
_publish(EventType)
_publish(
    ResourceKind,
    {
        "DOCUMENT": "Text document to read.",
        "VIDEO": "Video to watch.",
        "AUDIO": "Audio recording to listen to.",
        "LINK": "Page on the web.",
        "OTHER": "Any other material.",
    },
)
_publish(
    ActivityType,
    {
        "VIEW_COURSE": "View of a course's page. Needs a course.",
        "START_LESSON": "Start of a lesson. Needs a lesson.",
        "COMPLETE_LESSON": "Completion of a lesson; recorded by the server only.",
        "DOWNLOAD_RESOURCE": "Download of a resource. Needs a resource.",
        "TAKE_QUIZ": "Attempt at an assessment; recorded by the server only.",
        "POST_COMMENT": "Comment by the person.",
        "GIVE_REVIEW": "Review of a course; recorded by the server only.",
    },
)
_publish(
    NotificationType,
    {
        "COURSE_UPDATE": "Update of a course's content.",
        "REMINDER": "Reminder to go on learning.",
        "ACHIEVEMENT": "Milestone that was reached, such as a completed course.",
        "ANNOUNCEMENT": "Announcement by the staff of a course.",
        "FEEDBACK": "Feedback, such as a graded attempt.",
        "CUSTOM": "Any other notification.",
    },
)
_publish(ExportKind)
_publish(ExportStatus)
_publish(EventFormat)
_publish(DeliveryStatus)
