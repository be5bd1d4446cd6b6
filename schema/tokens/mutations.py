"""Making and revoking access tokens."""

from datetime import datetime

import strawberry

from courses.services import access_tokens as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.permissions import Scope, require_scopes
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import tokens as loaders
from schema.tokens.types import AccessToken


@strawberry.input(description="The token to make.")
class CreateAccessTokenInput:
    name: str = strawberry.field(description="What it is for, in your own words: 1 to 100 characters.")
    scopes: list[str] = strawberry.field(
        description="What it may be used for. A token can make tokens with its own scopes only."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="When it stops working; null: never."
    )


@strawberry.type(description="The token, and its secret: shown once, and kept nowhere.")
class CreateAccessTokenPayload(Payload):
    access_token_id: strawberry.Private[int | None] = None
    access_token: AccessToken | None = declared(loaders.access_token_of_payload, "The token.")
    secret: str | None = strawberry.field(
        default=None, description="Send it as `Authorization: Bearer <secret>`. It cannot be read again."
    )


@strawberry.input(description="The token to revoke.")
class RevokeAccessTokenInput:
    access_token_id: strawberry.ID = strawberry.field(description="A token of the viewer.")


@strawberry.type(description="The token, which works no more.")
class RevokeAccessTokenPayload(Payload):
    access_token_id: strawberry.Private[int | None] = None
    access_token: AccessToken | None = declared(loaders.access_token_of_payload, "The token.")


@strawberry.type
class AccessMutation:
    @mutation(
        scope=Scope.TOKENS_WRITE, description="Make an access token for programs that act for the viewer."
    )
    def create_access_token(info: Info, input: CreateAccessTokenInput) -> CreateAccessTokenPayload:
        require_scopes(info, input.scopes)
        made = services.create_access_token(
            owner=info.context.person, name=input.name, scopes=input.scopes, expires_at=input.expires_at
        )
        return CreateAccessTokenPayload(access_token_id=made.token.pk, secret=made.secret)

    @mutation(scope=Scope.TOKENS_WRITE, description="End an access token at once.")
    def revoke_access_token(info: Info, input: RevokeAccessTokenInput) -> RevokeAccessTokenPayload:
        token_id = ids.required_pk(input.access_token_id, "AccessToken", "accessTokenId")
        services.revoke_access_token(owner=info.context.person, token_id=token_id)
        return RevokeAccessTokenPayload(access_token_id=token_id)
