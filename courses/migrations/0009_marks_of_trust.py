"""User names that can be told apart, a mark on people vouched for, and what partners were granted."""

from itertools import islice

from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Length

import courses.models.people
from courses.utils.look_alikes import skeleton

LONGEST_SKELETON = 450
LONGEST_ADDRESS = 254
BATCH = 1_000


def tell_apart(apps, schema_editor):
    """Note how every name looks. Of people whose names look alike, the first keeps the look for itself."""
    people = apps.get_model("courses", "User").objects
    taken = set()
    rows = people.order_by("pk").only("pk", "username").iterator(BATCH)
    while batch := list(islice(rows, BATCH)):
        for person in batch:
            looks = skeleton(person.username)
            if looks in taken or len(looks) > LONGEST_SKELETON:
                looks = f"{looks[: LONGEST_SKELETON - 20]}#{person.pk}"
            taken.add(looks)
            person.name_skeleton = looks
        people.bulk_update(batch, ["name_skeleton"])


def vouch(apps, schema_editor):
    """Mark those who can only have been made by an administrator.

    Signing up gives nobody the rights of staff. It leaves a row of the address, which can only be removed by
    somebody who is signed in; so a person without a row who has never signed in did not sign up. Of the others
    without a row nothing is known, and they prove their address.
    """
    without_row = Q(emailaddress__isnull=True) & (Q(is_staff=True) | Q(is_superuser=True) | Q(last_login__isnull=True))
    known = apps.get_model("courses", "User").objects.filter(without_row).values("pk")
    apps.get_model("courses", "User").objects.filter(pk__in=known).update(is_vouched_for=True)


def doubt_cut_addresses(apps, schema_editor):
    """An address as long as its column, or without `@`, may be what was left of another: it is proved anew."""
    rows = apps.get_model("account", "EmailAddress").objects.annotate(length=Length("email"))
    rows.filter(Q(length__gte=LONGEST_ADDRESS) | ~Q(email__contains="@"), verified=True).update(verified=False)


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0008_words"),
        ("account", "0009_emailaddress_unique_primary_email"),
    ]

    operations = [
        migrations.AlterModelManagers(name="user", managers=[]),
        migrations.AddField(
            "user",
            "is_vouched_for",
            models.BooleanField(
                "vouched for",
                default=False,
                db_default=False,
                help_text="An administrator knows this person, who signs in without proving an address.",
            ),
        ),
        migrations.AddField("user", "name_skeleton", models.CharField(max_length=LONGEST_SKELETON, null=True)),
        migrations.RunPython(tell_apart, migrations.RunPython.noop),
        migrations.RunPython(vouch, migrations.RunPython.noop),
        migrations.RunPython(doubt_cut_addresses, migrations.RunPython.noop),
        migrations.AlterField(
            "user",
            "name_skeleton",
            courses.models.people.NameSkeletonField(
                max_length=LONGEST_SKELETON,
                unique=True,
                editable=False,
                help_text="How the user name looks: no two people have names that cannot be told apart.",
            ),
        ),
        migrations.CreateModel(
            "PartnerGrant",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_date", models.DateTimeField(auto_now_add=True, help_text="When it was created.")),
                ("updated_date", models.DateTimeField(auto_now=True, help_text="When it was last changed.")),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When a code or refresh token was used again. Null: none was.",
                        null=True,
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        migrations.CreateModel(
            "GrantedSecret",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the secret, in hexadecimal.", max_length=64, unique=True
                    ),
                ),
                (
                    "works_once",
                    models.BooleanField(help_text="True: a code or a refresh token. False: an access token."),
                ),
                ("expires_at", models.DateTimeField(db_index=True, help_text="When it is forgotten.")),
                (
                    "grant",
                    models.ForeignKey(
                        help_text="What it descends from.",
                        on_delete=models.CASCADE,
                        related_name="secrets",
                        to="courses.partnergrant",
                    ),
                ),
            ],
        ),
    ]
