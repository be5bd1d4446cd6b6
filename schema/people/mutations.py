"""What people do with their own account."""

import strawberry

from courses.services import erasure as services
from schema.context import Info
from schema.core import ids
from schema.core.reauthentication import confirm_password
from schema.core.user_errors import Payload, mutation


@strawberry.input(description="The proof that it is the viewer who wants this.")
class DeleteAccountInput:
    password: str = strawberry.field(description="The viewer's password, once more.")


@strawberry.type(description="Who is no longer here.")
class DeleteAccountPayload(Payload):
    deleted_user_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the viewer had. What stays refers to it, under no name."
    )


@strawberry.type
class PeopleMutation:
    @mutation(
        scope=None,
        description="Erase the viewer's own account at once and for good: it cannot be brought back. What others "
        "need stays without the person; everything else goes.",
    )
    def delete_account(info: Info, input: DeleteAccountInput) -> DeleteAccountPayload:
        person = info.context.person
        confirm_password(info, input.password)
        services.erase_person(person=person)
        return DeleteAccountPayload(deleted_user_id=ids.encode("User", person.pk))
