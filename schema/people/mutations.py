"""Mutations of one's own account."""

import strawberry

from courses.services import erasure as services
from schema.context import Info
from schema.core import ids
from schema.core.reauthentication import confirm_password
from schema.core.user_errors import Payload, mutation


@strawberry.input(description="The viewer's consent to the erasure, proved by the password.")
class DeleteAccountInput:
    password: str = strawberry.field(description="Current password of the viewer.")


@strawberry.type(description="The account that was erased.")
class DeleteAccountPayload(Payload):
    deleted_user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Global id of the viewer. What stays refers to it, without a name."
    )


@strawberry.type
class PeopleMutation:
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
