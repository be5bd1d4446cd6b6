"""Mutations that create and revoke access tokens."""

from datetime import datetime

import strawberry

from courses import models
from courses.services import access_tokens as services
from schema.context import Info
from schema.core import ids
from schema.core.fields import declared
from schema.core.inputs import like, required_like
from schema.core.permissions import Scope, require_scopes
from schema.core.user_errors import Payload, mutation
from schema.dataloaders import tokens as loaders
from schema.tokens.types import AccessToken


@strawberry.input(description="An access token to create.")
class CreateAccessTokenInput:
    name: str = required_like(models.AccessToken, "name")
    scopes: list[str] = strawberry.field(
        description="Scopes, at least one, such as `courses:read`. A request that itself uses a token can give "
        "only scopes of that token."
    )
    expires_at: datetime | None = like(models.AccessToken, "expires_at", default=None)


@strawberry.type(description="The new token, and its secret, which is returned only once.")
class CreateAccessTokenPayload(Payload):
    shown_once = (
        "This token has been created already, and its secret is not shown again. If you did not get it, please revoke "
        "the token and create another one, with a new idempotency key."
    )
    access_token_id: strawberry.Private[int | None] = None
    access_token: AccessToken | None = declared(
        loaders.access_token_of_payload, "Access token as it was stored."
    )
    secret: str | None = strawberry.field(
        default=None,
        description="Secret, to send as `Authorization: Bearer <secret>`. It is stored only as a digest and "
        "cannot be read again.",
    )


@strawberry.input(description="The access token to revoke.")
class RevokeAccessTokenInput:
    access_token_id: strawberry.ID = strawberry.field(
        description="Global id of an access token of the viewer."
    )


@strawberry.type(description="The access token, revoked for good.")
class RevokeAccessTokenPayload(Payload):
    access_token_id: strawberry.Private[int | None] = None
    access_token: AccessToken | None = declared(loaders.access_token_of_payload, "Access token, now revoked.")


@strawberry.type
class AccessMutation:
    @mutation(
        scope=Scope.TOKENS_WRITE,
        description="Create an access token, by which a program acts for the viewer.",
    )
    def create_access_token(info: Info, input: CreateAccessTokenInput) -> CreateAccessTokenPayload:
        require_scopes(info, input.scopes)
        made = services.create_access_token(
            owner=info.context.person, name=input.name, scopes=input.scopes, expires_at=input.expires_at
        )
        return CreateAccessTokenPayload(access_token_id=made.token.pk, secret=made.secret)

    @mutation(
        scope=Scope.TOKENS_WRITE, description="Revoke an access token with immediate effect. Idempotent."
    )
    def revoke_access_token(info: Info, input: RevokeAccessTokenInput) -> RevokeAccessTokenPayload:
        token_id = ids.required_pk(input.access_token_id, "AccessToken", "accessTokenId")
        services.revoke_access_token(owner=info.context.person, token_id=token_id)
        return RevokeAccessTokenPayload(access_token_id=token_id)
