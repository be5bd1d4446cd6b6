"""Who is asking, from where, and the loaders of one request; and `Info`, which every resolver is typed with."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry
from django.conf import settings

from courses.models import User
from courses.services.cost_buckets import Draw
from schema.dataloaders.base import Loaders
from schema.dataloaders.plans import Plan
from schema.execution.listening import Listener


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
    draw: Draw = field(default_factory=Draw)
    listener: Listener = field(default_factory=Listener)
    identify_again: Callable[[], Awaitable[Identity | None]] | None = None
    """For what lasts: who is asking now, or None when the credentials are no longer good."""
    compiles_reads: bool = field(default_factory=lambda: settings.COMPILED_READS)
    """Whether a query may be answered by compiled reads; not where they have been tried before."""
    requests: dict[Any, Hashable] = field(default_factory=dict)
    """What the arguments of declared fields ask for, by field and place in the document: worked out once."""
    plans: dict[Any, Plan] = field(default_factory=dict)
    """What is asked beneath root fields, by the place in the document: worked out once for who is asking."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer)

    @property
    def viewer(self) -> User | None:
        return self.identity.user

    def identify(self, identity: Identity, draw: Draw) -> None:
        """Name the person once the credentials were checked and the cost was paid: after the request was parsed."""
        self.identity = identity
        self.draw = draw
        self.loaders, self.plans = Loaders(identity.user), {}

    @property
    def person(self) -> User:
        """The signed-in person. Mutations, which nobody else can call, have one."""
        if self.identity.user is None:
            raise RuntimeError("Only what needs a signed-in person may ask who it is.")
        return self.identity.user

    def has_scope(self, scope: str) -> bool:
        return self.identity.scopes is None or scope in self.identity.scopes


Info: TypeAlias = strawberry.Info[Context, None]
