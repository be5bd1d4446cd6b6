"""Output types of people, as other people see them."""

from courses import models
from courses.constants import Scope
from courses.models.people import SHOWN_NAME
from courses.selectors.people import SeenUser
from schema.core.fields import column, computed
from schema.core.ids import Node, node
from schema.dataloaders import people as loaders


@node(models.User, by_pk=loaders.person_by_id, scope=Scope.COURSES_READ)
class User(Node):
    display_name: str = column(
        "shown_name",
        "Name that other people see.",
        columns=("display_name", "username"),
        in_sql=SHOWN_NAME,
    )

    @computed(
        "Name to sign in with. Null for everyone but the person and the platform's staff.",
        columns=("username", "viewer_may_see_account"),
    )
    def username(root: SeenUser) -> str | None:
        return root.username if root.viewer_may_see_account else None

    @computed(
        "E-mail address. Null for everyone but the person and the platform's staff.",
        columns=("email", "viewer_may_see_account"),
    )
    def email(root: SeenUser) -> str | None:
        return root.email if root.viewer_may_see_account else None

    @computed(
        "IANA time zone, such as Europe/Berlin. Null for everyone but the person and the platform's staff.",
        columns=("time_zone", "viewer_may_see_account"),
    )
    def time_zone(root: SeenUser) -> str | None:
        return root.time_zone if root.viewer_may_see_account else None
