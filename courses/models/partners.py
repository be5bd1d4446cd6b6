"""Grants of people to partners, remembered so that reuse of a one-time secret is noticed."""

from django.db import models

from courses.mixins import TimeStampedMixin


class PartnerGrant(TimeStampedMixin):
    """One consent of a person to a partner, from which a code and all later tokens descend."""

    ended_at = models.DateTimeField(
        null=True, blank=True, help_text="When a code or refresh token was used again. Null: none was."
    )

    def __str__(self) -> str:
        return f"Grant {self.pk}"


class GrantedSecret(models.Model):
    """Code or token of a grant. Only its digest is kept, also after it was used."""

    grant = models.ForeignKey(
        PartnerGrant, on_delete=models.CASCADE, related_name="secrets", help_text="What it descends from."
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, in hexadecimal.")
    works_once = models.BooleanField(help_text="True: a code or a refresh token. False: an access token.")
    expires_at = models.DateTimeField(db_index=True, help_text="When it is forgotten.")

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"
