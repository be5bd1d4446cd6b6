"""The enums of the domain as GraphQL publishes them: the same members, described by their labels.

In Python every enum value is its database value; GraphQL names are the members' names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import strawberry
from django.db.models import TextChoices

from courses import constants
from schema.core.upstream import values_of_enum

Choices = TypeVar("Choices", bound=type[TextChoices])


def _published(choices: Choices, descriptions: Mapping[str, str] = MappingProxyType({})) -> Choices:
    """Publish a set of choices, described by its docstring, and each member by its label or by `descriptions`."""
    description = " ".join((choices.__doc__ or "").split())
    published = strawberry.enum(choices, description=description)
    for value in values_of_enum(published):
        value.description = descriptions.get(value.name, f"{choices[value.name].label}.")
    return published


QuestionType = _published(
    constants.QuestionType,
    {
        "MULTIPLE_CHOICE": "Pick one choice, or several where several are right.",
        "TRUE_FALSE": "Say whether a statement is true.",
        "SHORT_ANSWER": "Write a word, a phrase or a number.",
        "ESSAY": "Write at length; a person grades it.",
        "MATCHING": "Pair each prompt with its match.",
        "FILL_BLANK": "Fill the blanks of a text.",
    },
)
Selection = _published(constants.Selection)
ScoringPolicy = _published(
    constants.ScoringPolicy,
    {
        "RIGHT_MINUS_WRONG": "Credit is (right picks - wrong picks) / number of right choices, and never below 0.",
        "ALL_OR_NOTHING": "Credit is 1 for exactly the right picks, otherwise 0.",
        "EVERY_DECISION": "Credit is the share of choices rightly picked or rightly left alone, 0 to 1.",
    },
)
TextMatch = _published(
    constants.TextMatch,
    {
        "IGNORE_CASE": "Equal, ignoring case.",
        "EXACT": "Equal, case included.",
        "WILDCARD": "Equal, ignoring case, where * stands for any run of characters and \\* for a star.",
    },
)
AttemptState = _published(constants.AttemptState)
AttemptEnd = _published(constants.AttemptEnd)
AttemptAction = _published(constants.AttemptAction)
GradingState = _published(constants.GradingState)
Correctness = _published(
    constants.Correctness,
    {
        "CORRECT": "Full credit: credit 1.",
        "PARTIAL": "Partial credit: between 0 and 1.",
        "INCORRECT": "No credit: credit 0.",
        "UNANSWERED": "No answer was given: credit 0.",
        "PENDING": "Waits for a person to grade it: no credit yet.",
    },
)
RegradePolicy = _published(constants.RegradePolicy)
ItemWarning = _published(constants.ItemWarning)
EnrollmentStatus = _published(
    constants.EnrollmentStatus,
    {
        "ACTIVE": "Enrolled, with lessons to complete.",
        "COMPLETED": "Enrolled, after every lesson was completed.",
        "WITHDRAWN": "Withdrawn: the learner has left the course.",
    },
)
ResourceKind = _published(
    constants.ResourceKind,
    {
        "DOCUMENT": "Text document to read.",
        "VIDEO": "Video to watch.",
        "AUDIO": "Audio recording to listen to.",
        "LINK": "Page on the web.",
        "OTHER": "Any other material.",
    },
)
ActivityType = _published(
    constants.ActivityType,
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
NotificationType = _published(
    constants.NotificationType,
    {
        "COURSE_UPDATE": "Update of a course's content.",
        "REMINDER": "Reminder to go on learning.",
        "ACHIEVEMENT": "Milestone that was reached, such as a completed course.",
        "ANNOUNCEMENT": "Announcement by the staff of a course.",
        "FEEDBACK": "Feedback, such as a graded attempt.",
        "CUSTOM": "Any other notification.",
    },
)
