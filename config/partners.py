"""Partners: programs of others that act for people by OAuth 2.1 and OpenID Connect (django-allauth's provider).

Partners get the authorization code with PKCE, and client credentials; nothing of OAuth 2.0 that 2.1 has removed.
"""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from allauth.core.internal import ratelimit
from allauth.idp.oidc import views
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.oauthlib.utils import respond_html_error
from allauth.idp.oidc.models import Client
from django.http import HttpRequest, HttpResponse
from oauthlib.oauth2.rfc6749.errors import FatalClientError

from courses.models import User
from courses.services.partner_tokens import PARTNER_SCOPES
from schema.core import ids

GRANT_TYPES = (
    Client.GrantType.AUTHORIZATION_CODE,
    Client.GrantType.CLIENT_CREDENTIALS,
    Client.GrantType.REFRESH_TOKEN,
)


class InvalidResourceError(FatalClientError):
    """RFC 8707: the token is wanted for somebody else's API."""

    error = "invalid_target"
    description = "This server issues tokens for its own API only."


class MissingChallengeError(FatalClientError):
    """RFC 7636, which OAuth 2.1 demands of every client."""

    error = "invalid_request"
    description = "Ask for a code (response_type=code) with a code_challenge, code_challenge_method=S256."


class PartnerAdapter(DefaultOIDCAdapter):
    """Says what our scopes mean, and names people by the ids of the API."""

    scope_display = DefaultOIDCAdapter.scope_display | {scope.value: scope.label for scope in PARTNER_SCOPES}

    def get_user_sub(self, client: Client, user: User) -> str:
        return ids.encode("User", user.pk)

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        return super().get_user_by_sub(client, str(ids.pk(sub, "User")))

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        del data["device_authorization_endpoint"]
        data["grant_types_supported"] = [grant.value for grant in GRANT_TYPES]
        data["response_types_supported"] = [Client.ResponseType.CODE.value]
        data["scopes_supported"] = list(self.scope_display)

    def validate_resource_uris(self, *, uris: Iterable[str], **_: Any) -> None:
        ours = {f"{self.get_issuer()}{path}" for path in ("/graphql", "/graphql/")}
        if not ours.issuperset(uris):
            raise InvalidResourceError


class AuthorizationView(views.AuthorizationView):
    """Where a person lets a partner in. Without PKCE there is no code."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET
        proves_itself = asked.get("code_challenge") and asked.get("code_challenge_method") == "S256"
        if asked.get("response_type") == "code" and proves_itself:
            return super().get(request, *args, **kwargs)
        response: HttpResponse = respond_html_error(request, error=MissingChallengeError())
        response.status_code = HTTPStatus.BAD_REQUEST
        return response


authorize = AuthorizationView.as_view()
token = ratelimit.decorator(app="allauth.idp.oidc", action="token")(views.token)
