"""The enums of the domain as GraphQL publishes them: the same members, described by their labels.

In Python every enum value is its database value; GraphQL names are the members' names.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import strawberry
from django.db.models import TextChoices

from courses import constants

Choices = TypeVar("Choices", bound=type[TextChoices])


def _published(choices: Choices, descriptions: Mapping[str, str] = MappingProxyType({})) -> Choices:
    """Publish a set of choices, described by its docstring and by each member's label, or by `descriptions`."""
    description = " ".join((choices.__doc__ or "").split())
    published = strawberry.enum(choices, description=description)
    for value in published.__strawberry_definition__.values:  # type: ignore[attr-defined]
        value.description = descriptions.get(value.name, choices[value.name].label)
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
ScoringPolicy = _published(constants.ScoringPolicy)
TextMatch = _published(constants.TextMatch)
AttemptState = _published(constants.AttemptState)
AttemptEnd = _published(constants.AttemptEnd)
AttemptAction = _published(constants.AttemptAction)
GradingState = _published(constants.GradingState)
Correctness = _published(constants.Correctness)
RegradePolicy = _published(constants.RegradePolicy)
ItemWarning = _published(constants.ItemWarning)
EnrollmentStatus = _published(constants.EnrollmentStatus)
ResourceKind = _published(constants.ResourceKind)
ActivityType = _published(constants.ActivityType)
NotificationType = _published(constants.NotificationType)
