"""People, narrowed to a viewer."""

from collections.abc import Collection
from typing import TypeAlias, TypedDict

from django.db.models import BooleanField, Func, Q, QuerySet
from django.db.models.expressions import RawSQL

from courses.models import AccessToken, Course, User
from courses.models.people import NAME_WORDS
from courses.policies.participation import ALWAYS, NEVER, Viewer
from courses.policies.people import may_name_learner, may_see_person
from courses.selectors.search import words_query
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


def is_called(search: str, person: str) -> Q:
    """Return a predicate: every word of the search begins one of the name that others see. `person` is the column.

    People are looked up once in the index of names, and hashed: where PostgreSQL expects few rows to choose from, it
    would fold the name of each anew, or compare each with everybody found.
    """
    called = User.objects.alias(words=NAME_WORDS).filter(words=words_query(search)).values("pk")
    sql, values = called.query.sql_with_params()
    found = RawSQL(f"SELECT unnest(ARRAY({sql}))", values)  # noqa: S611 - of a queryset
    among = Func(
        person, found, template="(%(expressions)s) IS TRUE", arg_joiner=" IN ", output_field=BooleanField()
    )
    return Q(among)


def all_access_tokens_of(viewer: Viewer) -> QuerySet[AccessToken]:
    """Return the viewer's own tokens, revoked ones included."""
    return AccessToken.objects.filter(user=viewer) if viewer else AccessToken.objects.none()


def access_tokens_of(viewer: Viewer) -> QuerySet[AccessToken]:
    """Return the viewer's own tokens that were not revoked."""
    return all_access_tokens_of(viewer).filter(revoked_at=None)
