"""Authorisation of tokens by scope. Every root field names one, published by a directive; deny by default."""

from collections.abc import Iterable

import strawberry
from graphql import GraphQLError
from strawberry.schema_directive import Location

from courses import exceptions
from courses.constants import Scope
from schema.context import Info


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Scope that an access token needs for this field; without it the answer is "
    "TOKEN_SCOPE_MISSING. A browser session needs no scope.",
)
class RequiresScope:
    scope: str = strawberry.directive_field(name="scope")


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    description="Field for browser sessions only. Access tokens are refused, whatever their scopes.",
)
class RequiresSession:
    pass


def require_signed_in(info: Info) -> None:
    """Raise a top-level error (UNAUTHENTICATED) when nobody is signed in."""
    if info.context.viewer is None:
        raise GraphQLError(
            "Sign in, or send `Authorization: Bearer <token>`.", extensions={"code": "UNAUTHENTICATED"}
        )


def require_scope(info: Info, scope: Scope) -> None:
    """Raise TokenScopeMissing when the request's token lacks the scope."""
    if not info.context.has_scope(scope):
        raise exceptions.TokenScopeMissing(lacks(scope))


def require_session(info: Info) -> None:
    """Raise TokenScopeMissing when the request came with a token: no scope is enough."""
    if info.context.identity.scopes is not None:
        raise exceptions.TokenScopeMissing(
            "No access token may do this, whatever its scopes. Please sign in with a browser."
        )


def scope_missing(scope: Scope) -> GraphQLError:
    """Build the top-level error (TOKEN_SCOPE_MISSING) of a field whose scope the request's token lacks."""
    return GraphQLError(lacks(scope), extensions={"code": exceptions.TokenScopeMissing.code})


def lacks(scope: Scope) -> str:
    """Say that a token lacks a scope."""
    return f"This token lacks the scope `{scope}`: make one that has it."


def require_scopes(info: Info, scopes: Iterable[str]) -> None:
    """Raise TokenScopeMissing when the request's token lacks one: no token can create a stronger one."""
    for scope in scopes:
        if not info.context.has_scope(scope):
            raise exceptions.TokenScopeMissing(
                f"This token lacks the scope `{scope}` itself.", field=["scopes"]
            )
