"""Client address behind trusted proxies, and user agent."""

import re
from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from django.conf import settings

Address: TypeAlias = IPv4Address | IPv6Address

MAX_USER_AGENT_LENGTH = 512

_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_WITH_PORT = re.compile(r"\[(?P<v6>[^\]]+)\](?::\d+)?|(?P<v4>[\d.]+):\d+")


def address_of(peer: tuple[str, int] | None, forwarded_for: str | None) -> str | None:
    """Return the address of a request, of which the server names the `peer` and its port."""
    return client_address(peer[0] if peer else None, [forwarded_for] if forwarded_for else [])


def client_address(peer: str | None, forwarded_for: Sequence[str]) -> str | None:
    """Return the client's IP address, or None when it is unknown.

    `peer` is the peer address of the socket and `forwarded_for` the `X-Forwarded-For` headers in their order. They are
    trusted only when the peer is one of TRUSTED_PROXIES, and then only the entry that TRUSTED_PROXY_HOPS proxies have
    written, counted from the right: everything left of it is the client's own claim.
    """
    socket_address = _parsed(peer or "")
    if socket_address is None or not _is_trusted_proxy(socket_address):
        return str(socket_address) if socket_address else None
    entries = [entry.strip() for header in forwarded_for for entry in header.split(",")]
    hops = settings.TRUSTED_PROXY_HOPS
    vouched_for = _parsed(entries[-hops]) if 0 < hops <= len(entries) else None
    return str(vouched_for or socket_address)


def readable_user_agent(header: str | None) -> str:
    """Return the user agent without control characters, truncated to the length that is stored."""
    return _CONTROL_CHARACTERS.sub("", header or "")[:MAX_USER_AGENT_LENGTH]


def _is_trusted_proxy(address: Address) -> bool:
    return any(address in _network(network) for network in settings.TRUSTED_PROXIES)


@lru_cache(maxsize=64)
def _network(text: str) -> IPv4Network | IPv6Network:
    return ip_network(text, strict=False)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Address | None:
    """Parse an address with or without a port, and unwrap IPv4 inside IPv6; None for anything else."""
    if match := _WITH_PORT.fullmatch(text):
        text = match["v6"] or match["v4"]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
