"""Profiles: what people say of themselves."""

from typing import TypedDict, Unpack

from django.db import transaction

from courses.models import User
from courses.rules.words import trimmed
from courses.services.authorship import assign


class ProfileChanges(TypedDict, total=False):
    """Changes of one's own profile. A missing key keeps its value."""

    display_name: str
    time_zone: str


@transaction.atomic
def update_profile(*, person: User, **changes: Unpack[ProfileChanges]) -> User:
    """Change the parts of one's own profile that are given. With a blank display name the user name is shown.

    Days begin in the new time zone at once, for streaks are computed when they are read. Raises a ValidationError that
    names the fields.
    """
    stored = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    if "display_name" in changes:
        changes["display_name"] = trimmed(changes["display_name"])
    assign(stored, changes)
    stored.clean_fields(exclude={field.name for field in User._meta.fields} - set(changes))
    stored.save(update_fields=list(changes))
    return stored
