"""Keys by which a mutation that is sent again is told from a new one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from courses.utils.model_helpers import StampField, defaults_to


class IdempotencyKey(models.Model):
    """Key of a mutation that was carried out, and its outcome. Nothing of its input can be read from it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="idempotency_keys",
        help_text="Who sent it.",
    )
    partner = models.CharField(
        max_length=100,
        blank=True,
        help_text="Client id of the partner that sent it for the person. Empty: the person.",
        **defaults_to(""),
    )
    digest = models.CharField(max_length=64, help_text="SHA-256 of the key, in hexadecimal.")
    mutation = models.CharField(max_length=100, help_text="Field that was carried out.")
    fingerprint = models.CharField(
        max_length=64, help_text="HMAC of its input, in hexadecimal, by a secret of the server."
    )
    outcome = models.JSONField(
        null=True, help_text="References and plain values of its payload. Null: there is a secret in it."
    )
    created_at = StampField(auto_now_add=True, db_index=True, help_text="When it was carried out.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "partner", "digest"], name="unique_idempotency_key"),
            models.CheckConstraint(
                name="idempotency_key_digest_is_sha256",
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="The digest must be SHA-256 in hexadecimal.",
            ),
            models.CheckConstraint(
                name="idempotency_key_fingerprint_is_sha256",
                condition=Q(fingerprint__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="The fingerprint must be an HMAC with SHA-256 in hexadecimal.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.mutation} {self.digest[:8]}…"
