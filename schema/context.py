"""Who is asking, from where, and the loaders of one request; and `Info`, which every resolver is typed with."""

from dataclasses import dataclass, field
from typing import TypeAlias

import strawberry

from courses.models import User
from schema.dataloaders.base import Loaders


@dataclass(frozen=True)
class Identity:
    """The person behind a request. `scopes` is None for a browser session, which may do all its person may."""

    user: User | None = None
    scopes: frozenset[str] | None = None


ANONYMOUS = Identity()


@dataclass
class Context:
    """What resolvers know of their request. Made anew for every operation."""

    identity: Identity = ANONYMOUS
    ip_address: str | None = None
    user_agent: str = ""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer)

    @property
    def viewer(self) -> User | None:
        return self.identity.user

    def identify(self, identity: Identity) -> None:
        """Name the person once the credentials were checked, which happens after the request was parsed."""
        self.identity = identity
        self.loaders = Loaders(identity.user)

    def has_scope(self, scope: str) -> bool:
        return self.identity.scopes is None or scope in self.identity.scopes


Info: TypeAlias = strawberry.Info[Context, None]
