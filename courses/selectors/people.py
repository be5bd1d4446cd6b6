"""People, narrowed to a viewer."""

from collections.abc import Collection
from typing import TypeAlias, TypedDict

from django.db.models import Q, QuerySet

from courses.models import AccessToken, Course, User
from courses.policies.participation import ALWAYS, NEVER, Viewer
from courses.policies.people import may_name_learner, may_see_person
from courses.utils.annotated_rows import WithAnnotations


class _Seen(TypedDict):
    viewer_may_see_account: bool


SeenUser: TypeAlias = WithAnnotations[User, _Seen]
"""A person with the annotations of `people_as_seen_by`."""


def people_as_seen_by(viewer: Viewer) -> QuerySet[SeenUser]:
    """Return people with `viewer_may_see_account`: whether the viewer is that person, or staff."""
    if viewer is None:
        return User.objects.annotate(viewer_may_see_account=NEVER)
    account = ALWAYS if viewer.is_staff else Q(pk=viewer.pk)
    return User.objects.annotate(viewer_may_see_account=account)


def own_account(viewer: Viewer) -> QuerySet[SeenUser]:
    """Return the viewer alone, as they see themselves."""
    people = people_as_seen_by(viewer)
    return people.filter(pk=viewer.pk) if viewer else people.none()


def people_visible_to(viewer: Viewer) -> QuerySet[SeenUser]:
    """Return the viewer, and everybody in a common course or with a visible review or note; all for staff."""
    return people_as_seen_by(viewer).filter(may_see_person(viewer))


def people_named(
    viewer: Viewer, course: Course, *, usernames: Collection[str], user_ids: Collection[int | None]
) -> QuerySet[User]:
    """Return the people whom the staff of a course names: anybody by user name, by id only whom they may name so."""
    by_id = Q(pk__in=[pk for pk in user_ids if pk]) & may_name_learner(viewer, course)
    return User.objects.filter(Q(username__in=usernames) | by_id)


def all_access_tokens_of(viewer: Viewer) -> QuerySet[AccessToken]:
    """Return the viewer's own tokens, revoked ones included."""
    return AccessToken.objects.filter(user=viewer) if viewer else AccessToken.objects.none()


def access_tokens_of(viewer: Viewer) -> QuerySet[AccessToken]:
    """Return the viewer's own tokens that were not revoked."""
    return all_access_tokens_of(viewer).filter(revoked_at=None)
