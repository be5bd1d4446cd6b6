"""Output types of access tokens, for their owner. No type holds a secret or its digest."""

from datetime import datetime

from courses import models
from courses.constants import Scope
from schema.core.fields import column
from schema.core.ids import Node, node
from schema.dataloaders import tokens as loaders


@node(models.AccessToken, by_pk=loaders.access_token_by_id, scope=Scope.TOKENS_WRITE)
class AccessToken(Node):
    name: str
    prefix: str
    scopes: list[str] = column("scopes", "Scopes that limit the token, such as `courses:read`.")
    created_at: datetime = column("created_date")
    last_used_at: datetime | None
    expires_at: datetime | None
