"""Partners: programs of others that act for people by OAuth 2.1 and OpenID Connect (django-allauth's provider).

Partners get the authorization code with PKCE, and client credentials; nothing of OAuth 2.0 that 2.1 has removed.
"""

import secrets
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from allauth.core.internal import ratelimit
from allauth.idp.oidc import views
from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.oauthlib.utils import convert_response, extract_params, respond_html_error
from allauth.idp.oidc.models import Client, Token
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.template.response import TemplateResponse
from oauthlib.oauth2.rfc6749.errors import FatalClientError, MismatchingRedirectURIError

from config.partner_grants import PartnerServer
from courses.models import User
from courses.services.partner_tokens import PARTNER_SCOPES
from schema.core import ids

GRANT_TYPES = (
    Client.GrantType.AUTHORIZATION_CODE,
    Client.GrantType.CLIENT_CREDENTIALS,
    Client.GrantType.REFRESH_TOKEN,
)


class InvalidResourceError(FatalClientError):
    """Request for a token of another API (RFC 8707)."""

    error = "invalid_target"
    description = "This server issues tokens for its own API only."


class MissingChallengeError(FatalClientError):
    """Missing PKCE challenge (RFC 7636), which OAuth 2.1 demands of every client."""

    error = "invalid_request"
    description = "Ask for a code (response_type=code) with a code_challenge, code_challenge_method=S256."


class PartnerAdapter(DefaultOIDCAdapter):
    """Descriptions of our scopes, and subject identifiers that are the ids of the API."""

    scope_display = DefaultOIDCAdapter.scope_display | {scope.value: scope.label for scope in PARTNER_SCOPES}

    def generate_client_secret(self) -> str:
        """Return 48 random bytes in letters that every client sends unchanged (RFC 6749, 2.3.1 encodes all others)."""
        return secrets.token_urlsafe(48)

    def get_user_sub(self, client: Client, user: User) -> str:
        return ids.encode("User", user.pk)

    def get_user_by_sub(self, client: Client, sub: str) -> User | None:
        return super().get_user_by_sub(client, str(ids.pk(sub, "User")))

    def is_introspection_allowed(self, token: Token, *, caller_client: Client) -> bool:
        """Return whether a token is active: nobody's whose person, or whose client's owner, is not."""
        person = token.user or token.client.owner
        return person is None or person.is_active

    def populate_introspection_response(self, *, response: dict[str, Any], token: Token) -> None:
        """Leave out scopes that were taken from the client since, as `recognise_partner_token` does."""
        allowed = token.client.get_scopes()
        response["scope"] = " ".join(scope for scope in token.get_scopes() if scope in allowed)
        if token.user is None and token.client.owner is not None:
            response["sub"] = self.get_user_sub(token.client, token.client.owner)

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
    """Consent page, on which a person lets a partner in. Without PKCE there is no code."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.GET
        try:
            PartnerAdapter().validate_resource_uris(uris=asked.getlist("resource"))
            if not _is_readable(asked.get("redirect_uri", "")):
                raise MismatchingRedirectURIError
            proves_itself = asked.get("code_challenge") and asked.get("code_challenge_method") == "S256"
            if asked.get("response_type") != "code" or not proves_itself:
                raise MissingChallengeError
        except FatalClientError as error:
            return _bad_request(respond_html_error(request, error=error))
        return _bad_request(super().get(request, *args, **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _bad_request(super().post(request, *args, **kwargs))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        address = urlsplit(self._request_info["redirect_uri"])
        return super().get_context_data(**kwargs) | {"partner_address": address.netloc}


class TokenView(views.TokenView):
    """Token endpoint, for codes, refresh tokens and client credentials."""

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            PartnerAdapter().validate_resource_uris(uris=request.POST.getlist("resource"))
        except InvalidResourceError as error:
            return JsonResponse(dict(error.twotuples), status=error.status_code)
        return super().post(request)

    def _create_token_response(self, request: HttpRequest, **_: Any) -> HttpResponse:
        return convert_response(*PartnerServer().create_token_response(*extract_params(request)))


class LogoutView(views.LogoutView):
    """Logout endpoint, to which partners send people."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refuse_return(request, request.GET) or _bad_request(super().get(request, *args, **kwargs))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return _refuse_return(request, request.POST) or _bad_request(super().post(request, *args, **kwargs))


def _refuse_return(request: HttpRequest, asked: QueryDict) -> HttpResponse | None:
    if _is_readable(asked.get("post_logout_redirect_uri", "")):
        return None
    return _bad_request(respond_html_error(request, error=MismatchingRedirectURIError()))


def _is_readable(uri: str) -> bool:
    """Return whether an address can be split into its parts, which django-allauth takes for granted."""
    try:
        _ = urlsplit(uri).port
    except ValueError:
        return False
    return True


def _bad_request(response: HttpResponse) -> HttpResponse:
    """Return the same page with the status 400 where django-allauth shows an error and says 200."""
    if response.status_code == HTTPStatus.OK and not isinstance(response, TemplateResponse):
        response.status_code = HTTPStatus.BAD_REQUEST
    return response


authorize = AuthorizationView.as_view()
logout = LogoutView.as_view()
token = ratelimit.decorator(app="allauth.idp.oidc", action="token")(TokenView.as_view())
