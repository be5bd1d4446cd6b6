"""Issuer of partners' tokens: django-allauth's, with a record of the secrets that descend from each consent."""

from datetime import timedelta
from typing import Any

from allauth.idp.oidc import app_settings
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.oauthlib.server import generate_access_token, generate_refresh_token
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.models import Client
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError
from oauthlib.openid import Server

from courses.models import PartnerGrant
from courses.services.partner_grants import Issued, begin_grant, end_grant_of, extend_grant, lock_grant


class PartnerRequestValidator(OAuthLibRequestValidator):
    """Validator that detects reuse of codes and refresh tokens. For one request, inside its transaction."""

    _grant: PartnerGrant | None = None

    def validate_code(self, client_id: str, code: str, client: Client, request: Request, *_: Any) -> bool:
        is_valid: bool = super().validate_code(client_id, code, client, request)
        if not is_valid:
            end_grant_of(secret=code)
        return is_valid

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Request, *_: Any) -> bool:
        self._grant = lock_grant(secret=refresh_token)  # before looking: of two at once, one comes second
        is_valid: bool = super().validate_refresh_token(refresh_token, client, request)
        if not is_valid:
            end_grant_of(secret=refresh_token)
        return is_valid

    def save_bearer_token(self, token: dict[str, Any], request: Request, *_: Any) -> None:
        used = request.code if request.grant_type == "authorization_code" else None
        if get_validator_context().refresh_token and self._grant is None:
            used = request.refresh_token  # from before grants were remembered
        if used:
            self._grant = begin_grant(code=_works_once(used))
            if self._grant is None:
                raise InvalidGrantError(request=request)
        super().save_bearer_token(token, request)
        if self._grant is not None:
            access = Issued(token["access_token"], timedelta(seconds=token["expires_in"]), works_once=False)
            renewal = [_works_once(token["refresh_token"])] if "refresh_token" in token else []
            extend_grant(grant=self._grant, issued=[access, *renewal])


class PartnerServer(Server):
    """oauthlib's server with our validator, and otherwise as django-allauth sets it up."""

    def __init__(self) -> None:
        super().__init__(
            request_validator=PartnerRequestValidator(),
            token_generator=generate_access_token,
            refresh_token_generator=generate_refresh_token,
            token_expires_in=app_settings.ACCESS_TOKEN_EXPIRES_IN,
        )


def _works_once(secret: str) -> Issued:
    return Issued(secret, timedelta(seconds=app_settings.REFRESH_TOKEN_EXPIRES_IN), works_once=True)
