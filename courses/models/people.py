"""People, and the access tokens of their programs."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from courses.mixins import TimeStampedMixin
from courses.rules.words import VISIBLE, is_blank
from courses.utils.constraints import json_is
from courses.utils.folding import SeparatedWords
from courses.utils.look_alikes import skeleton
from courses.utils.model_helpers import defaults_to
from courses.utils.statistics_inputs import StatisticsOwner
from courses.validators import validate_not_blank, validate_time_zone

LONGEST_SKELETON = 450


SHOWN_NAME = models.Case(
    models.When(Q(display_name__regex=VISIBLE), then="display_name"),
    default="username",
    output_field=models.CharField(),
)
"""The same as `User.shown_name`, as an expression."""

NAME_WORDS = SearchVector(SeparatedWords(SHOWN_NAME), config="simple")
"""Search vector of the name that other people see, as it is indexed."""


class PersonManager(UserManager["User"]):
    """Factory of accounts: by sign-up and by administrators."""

    use_in_migrations = False

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **fields: Any
    ) -> "User":
        """Create a superuser, whose address needs no proof: the creator vouches for it.

        Raises ValidationError for a user name that looks like somebody else's.
        """
        self.model(username=username).refuse_look_alike()
        return super().create_superuser(username, email, password, **{"is_vouched_for": True} | fields)


class NameSkeletonField(models.CharField):
    """Skeleton of the user name in the same row, computed on every save.

    In databases that are older than the rule, people have names alike. Theirs end in `#` and a number.
    """

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Recompute the value where the name has changed."""
        looks: str = skeleton(model_instance.username)  # type: ignore[attr-defined]
        kept: str = getattr(model_instance, self.attname)
        if kept.partition("#")[0] != looks:
            setattr(model_instance, self.attname, looks)
        return super().pre_save(model_instance, add)


class User(AbstractUser):
    """A person: learner, instructor of some courses, or staff of the platform."""

    username = models.CharField(
        "username",
        max_length=150,
        unique=True,
        validators=[AbstractUser.username_validator, validate_not_blank],
        error_messages={"unique": "A user with that username already exists."},
        help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
    )
    name_skeleton = NameSkeletonField(
        max_length=LONGEST_SKELETON,
        unique=True,
        editable=False,
        help_text="How the user name looks: no two people have names that cannot be told apart.",
    )
    is_vouched_for = models.BooleanField(
        "vouched for",
        **defaults_to(False),
        help_text="An administrator knows this person, who signs in without proving an address.",
    )
    display_name = models.CharField(
        max_length=150,
        blank=True,
        **defaults_to(""),
        validators=[validate_not_blank],
        help_text="The name that other people see. Empty: the user name is shown.",
    )
    time_zone = models.CharField(
        max_length=64,
        **defaults_to("UTC"),
        validators=[validate_time_zone],
        help_text="The time zone in which the person's days begin, for example Europe/Berlin.",
    )

    erased_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="When the account was erased and this row became a stub. Null: it was not.",
    )

    objects: ClassVar[PersonManager] = PersonManager()

    class Meta(AbstractUser.Meta):
        indexes = [GinIndex(NAME_WORDS, name="person_words")]
        constraints = [
            models.CheckConstraint(
                name="person_erased_is_nobody",
                condition=Q(erased_at__isnull=True)
                | Q(is_active=False, is_staff=False, is_superuser=False)
                & Q(email="", first_name="", last_name=""),
                violation_error_message="This account was erased. It cannot be used again.",
            ),
            StatisticsOwner(name="person_has_statistics", columns=["time_zone"]),
        ]

    def __str__(self) -> str:
        return self.shown_name

    def clean(self) -> None:
        """Reject a user name that looks like somebody else's."""
        super().clean()
        try:
            if self.username:  # a form has cleared a rejected one already
                self.refuse_look_alike()
        except ValidationError as refusal:
            raise ValidationError({"username": refusal}) from None

    def refuse_look_alike(self) -> None:
        """Raise ValidationError unless the user name can be told apart from those of all others."""
        looks = skeleton(self.username)
        if self.name_skeleton.partition("#")[0] == looks:
            return
        if len(looks) > LONGEST_SKELETON:
            raise ValidationError("Please choose a shorter user name.", code="max_length")
        if User.objects.filter(name_skeleton=looks).exclude(pk=self.pk).exists():
            raise ValidationError(
                "Somebody has this user name, or one that looks like it. Please choose another one.",
                code="username_taken",
            )

    @property
    def shown_name(self) -> str:
        """Name that other people see: the display name, or else the user name."""
        return self.username if is_blank(self.display_name) else self.display_name


class AccessToken(TimeStampedMixin):
    """A secret by which a program acts for a person, limited to its scopes. Only a digest is stored."""

    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        related_name="access_tokens",
        help_text="The person it acts for.",
    )
    name = models.CharField(
        max_length=100,
        validators=[validate_not_blank],
        help_text="Name that tells what the token is for, 1 to 100 characters.",
    )
    prefix = models.CharField(
        max_length=16, help_text="First characters of the secret, to tell tokens apart."
    )
    digest = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the secret, in hexadecimal.")
    scopes = models.JSONField(**defaults_to(list), help_text="What it may be used for: an array of scopes.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Time of expiry. Null: it never expires."
    )
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="Time of the last use. Null: it was never used."
    )
    revoked_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was revoked. Null: it was not."
    )

    class Meta:
        indexes = [models.Index(fields=["user", "-created_date"], name="access_token_by_user")]
        constraints = [
            models.CheckConstraint(
                name="access_token_scopes_are_array",
                condition=json_is("scopes", "array"),
                violation_error_message="Please give the scopes as a list.",
            ),
            models.CheckConstraint(
                name="access_token_digest_is_sha256",
                condition=Q(digest__regex=r"^[0-9a-f]{64}$"),
                violation_error_message="The digest must be SHA-256 in hexadecimal.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"
