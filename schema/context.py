"""Request context: identity, client address and loaders; `Info`, as resolvers take it."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import strawberry
from django.conf import settings

from courses.models import User
from courses.services.cost_buckets import Draw
from courses.utils.wal_positions import ANYWHERE, WalPosition
from schema.dataloaders.base import Loaders
from schema.dataloaders.plans import Plan
from schema.execution.listening import Listener
from schema.execution.replicas import Replicas

if TYPE_CHECKING:
    from schema.core.compiled_reads import CompiledReads


@dataclass(frozen=True)
class Identity:
    """Authenticated person. `scopes` is None for a browser session, which may do all that its person may; `partner` is
    the id of the client that acts for the person by OAuth.
    """

    user: User | None = None
    scopes: frozenset[str] | None = None
    session_topic: str | None = None
    """Topic of the session's end; None for a token, of whose end the person's topic tells."""
    partner: str = ""
    """Client id of the partner that acts for the person; empty for the person."""
    access_token: int | None = None
    """Primary key of the personal access token that the request came with."""

    @property
    def principal(self) -> str | None:
        """Whoever is counted for what is asked: the person, whichever session or token they use, or a partner for each
        person; None for nobody.
        """
        if self.partner:
            return f"partner:{self.partner}:{self.user.pk if self.user else 'nobody'}"
        return f"user:{self.user.pk}" if self.user else None


ANONYMOUS = Identity()


@dataclass
class Context:
    """Context that resolvers have of their request. Made anew for every operation."""

    identity: Identity = ANONYMOUS
    ip_address: str | None = None
    user_agent: str = ""
    origin: str = ""
    """Address of this server as the client knows it, such as `https://courses.example`, before a path."""
    idempotency_key: str | None = None
    """Key in the request's header, for its one mutation."""
    draw: Draw = field(default_factory=Draw)
    listener: Listener = field(default_factory=Listener)
    replicas: Replicas | None = None
    """Servers to which reads may go that may be late."""
    read_after: WalPosition = ANYWHERE
    """Position that the client wants to see."""
    identify_again: Callable[[], Awaitable[Identity | None]] | None = None
    """Re-authentication for long-lived operations: the identity now, or None once the credentials are invalid."""
    compiles: bool = field(default_factory=lambda: settings.COMPILED_READS)
    """False disables compiling for an operation that it has failed to answer before."""
    reads: "CompiledReads | None" = None
    """Compiled operations of the document; None where the ordinary way has to execute it."""
    carried_out: list[Callable[[], Any]] = field(default_factory=list)
    """Outcome of the operation's one mutation, where it was carried out and its payload has yet to be shown."""
    requests: dict[Any, Hashable] = field(default_factory=dict)
    """Cache of the requests that arguments of declared fields make, by field and node of the document."""
    plans: dict[Any, Plan] = field(default_factory=dict)
    """Cache of the plans beneath root fields, by node of the document, for the scopes of this request."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.viewer)

    @property
    def viewer(self) -> User | None:
        return self.identity.user

    def identify(self, identity: Identity, draw: Draw) -> None:
        """Set the identity and the draw, once credentials are checked and the cost is paid: after parsing."""
        self.identity = identity
        self.draw = draw
        self.loaders, self.plans = Loaders(identity.user), {}

    @property
    def person(self) -> User:
        """The signed-in person. Always there in mutations, which nobody else can call."""
        if self.identity.user is None:
            raise RuntimeError("Only what needs a signed-in person may ask who it is.")
        return self.identity.user

    def has_scope(self, scope: str) -> bool:
        return self.identity.scopes is None or scope in self.identity.scopes


Info: TypeAlias = strawberry.Info[Context, None]
