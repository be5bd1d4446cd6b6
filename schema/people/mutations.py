"""Mutations of one's own account."""

import strawberry

from courses import models
from courses.services import erasure as services
from courses.services import profiles
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import LEFT_OUT_STAYS, changes, like
from schema.core.permissions import Scope
from schema.core.reauthentication import confirm_password
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import people as loaders
from schema.people.types import User


@strawberry.input(description="The viewer's consent to the erasure, proved by the password.")
class DeleteAccountInput:
    password: str = strawberry.field(description="Current password of the viewer.")


@strawberry.type(description="The account that was erased.")
class DeleteAccountPayload(Payload):
    deleted_user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the viewer. What stays refers to it, without a name."
    )


@strawberry.input(description=f"Changes to the viewer's own profile. {LEFT_OUT_STAYS}")
class UpdateProfileInput:
    display_name: str | None = like(models.User, "display_name")
    time_zone: str | None = like(models.User, "time_zone")


@strawberry.type(description="The viewer, as others see them now.")
class UpdateProfilePayload(Payload):
    user_id: strawberry.Private[int | None] = None
    user: User | None = declared(loaders.user_of, "Viewer as stored now, with the private fields filled.")


@strawberry.type
class PeopleMutation:
    @mutation(
        scope=Scope.COURSES_WRITE,
        description="Change the viewer's display name or time zone. Streaks follow the new time zone at once.",
    )
    def update_profile(info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:
        person = profiles.update_profile(person=info.context.person, **changes(input))
        return UpdateProfilePayload(user_id=person.pk)

    @mutation(
        scope=None,
        description="Erase the viewer's account, with immediate effect and irreversibly. What others need stays "
        "in anonymous form; everything else is deleted.",
    )
    def delete_account(info: Info, input: DeleteAccountInput) -> DeleteAccountPayload:
        person = info.context.person
        confirm_password(info, input.password)
        services.erase_person(person=person)
        return DeleteAccountPayload(deleted_user_id=ids.encode("User", person.pk))
