"""Documents of GraphQL that clients name instead of sending them."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Length

from courses.utils.model_helpers import StampField

LONGEST_KEPT_TEXT = 32_768
"""Maximum length of a persisted query, in characters."""

_IS_SHA256 = Q(digest__regex=r"^[0-9a-f]{64}$")


class PersistedQuery(models.Model):
    """Document that a client registered with its hash, kept while it is used."""

    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the text, in hexadecimal.")
    text = models.TextField(help_text="The document, as the client sent it.")
    used_at = StampField(
        auto_now_add=True, db_index=True, help_text="When it was last used, give or take ten minutes."
    )

    class Meta:
        verbose_name_plural = "persisted queries"
        constraints = [
            models.CheckConstraint(
                name="persisted_query_digest_is_sha256",
                condition=_IS_SHA256,
                violation_error_message="The digest must be SHA-256 in hexadecimal.",
            ),
            models.CheckConstraint(
                name="persisted_query_text_in_range",
                condition=models.lookups.LessThanOrEqual(Length("text"), LONGEST_KEPT_TEXT),
                violation_error_message=f"A document may have {LONGEST_KEPT_TEXT} characters.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"


class TrustedDocument(models.Model):
    """Document of a client of our own, from the manifest of its build."""

    document_id = models.CharField(max_length=200, unique=True, help_text="The id in the manifest.")
    text = models.TextField(help_text="The document, as in the manifest.")
    digest = models.CharField(
        max_length=64, db_index=True, help_text="SHA-256 of the document in normal form, in hexadecimal."
    )
    created_date = StampField(auto_now_add=True, help_text="When it was first trusted.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trusted_document_digest_is_sha256",
                condition=_IS_SHA256,
                violation_error_message="The digest must be SHA-256 in hexadecimal.",
            ),
        ]

    def __str__(self) -> str:
        return self.document_id
