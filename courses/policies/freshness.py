"""Freshness: what may be read from a replica, a few seconds late, and what is always read from the primary.

Whoever has written reads their own writes everywhere. This is about what others have written, and what the server has.
"""

import re

from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from django.contrib.sessions.models import Session

from courses import models

_MODELS = (
    # Attempts under way, and what decides about them: a learner sees the answers that are saved and the time that is
    # left, and nobody grades what is not handed in.
    models.AssessmentAttempt,
    models.AttemptAnswer,
    models.AttemptIntervention,
    models.Accommodation,
    models.GradeChange,
    # Credentials, and what a repeated mutation is told.
    models.AccessToken,
    models.PartnerGrant,
    models.GrantedSecret,
    models.IdempotencyKey,
    models.WebhookSecret,
    Client,
    EmailAddress,
    Session,
    Token,
)

ALWAYS_FRESH = (
    *(model._meta.db_table for model in _MODELS),
    "courses_costbucket",  # unlogged, as is the next: a replica has none of them
    "courses_lastwrite",
)
"""Tables that are read from the primary alone."""

_NAMES = re.compile(rf"\b({'|'.join(ALWAYS_FRESH)})\b")


def may_be_late(sql: str) -> bool:
    """Tell if a statement reads nothing that has to be fresh, by the tables that it names."""
    return _NAMES.search(sql) is None
