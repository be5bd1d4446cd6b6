"""Addresses of webhooks: read in one way, and only hosts of the public internet.

The server asks whatever a partner writes down, so an address must not lead to what only the server can reach
(server-side request forgery). What is read here is what is checked and what is connected to: nothing reads the
address a second time.
"""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from courses import exceptions

IPAddress = IPv4Address | IPv6Address

LONGEST_URL = 2_000
LONGEST_NAME = 253
"""Characters of a host name, the most that DNS has."""

HTTP, HTTPS = "http", "https"
WELL_KNOWN_PORTS = {HTTP: 80, HTTPS: 443}
FREE_PORTS = range(1024, 65_535 + 1)
"""Ports beside the scheme's own: those below belong to other services, such as mail."""

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))

IPV4_THAT_ARE_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by a provider's customers; metadata of Alibaba Cloud
            "127.0.0.0/8",  # loopback
            "168.63.129.16/32",  # Azure's own, for its machines
            "169.254.0.0/16",  # link-local; metadata of most clouds
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments; metadata of Oracle Cloud
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays of 6to4
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
IPV6_UNICAST = ip_network("2000::/3")
"""All of IPv6 that is given out to the public. Unspecified, loopback, IPv4-mapped, IPv4-compatible, NAT64,
unique-local, link-local, site-local and multicast addresses are outside of it.
"""
IPV6_THAT_ARE_NOT_PUBLIC = tuple(
    map(
        ip_network,
        (
            "2001::/23",  # protocol assignments, Teredo among them
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4
            "2620:4f:8000::/48",  # AS112, which answers for private addresses
            "3fff::/20",  # documentation
        ),
    )
)

# Letters of RFC 3986. White space, backslashes, quotes, user information, zones and fragments have no place.
SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
URL = re.compile(
    rf"(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(?::(?P<port>[0-9]{{1,5}}))?"
    rf"(?P<path>/{SEGMENT})?(?P<query>\?(?:{SEGMENT}|\?)*)?",
    re.ASCII | re.IGNORECASE,  # without ASCII the Kelvin sign would be a letter k
)
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")

FORM = (
    "Write an address such as https://partner.example/events: https, a host name in ASCII (xn--... for other "
    "letters), no user name, no password and no fragment."
)


@dataclass(frozen=True)
class WebhookAddress:
    """Parts of a webhook's URL: `host` is in lower case and without brackets, `target` is the path with its query."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def literal(self) -> IPAddress | None:
        """The host as an IP address, if it is written as one."""
        return ip_address(self.host) if ":" in self.host or _ends_in_a_number(self.host) else None

    @property
    def authority(self) -> str:
        """The header Host."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == WELL_KNOWN_PORTS[self.scheme] else f"{host}:{self.port}"


def read_address(url: str, *, allow_loopback: bool) -> WebhookAddress:
    """Read a webhook's URL; http only where loopback is allowed. Raises Invalid."""
    if len(url) > LONGEST_URL:
        raise _invalid(f"Use an address of at most {LONGEST_URL:,} characters.")
    parts = URL.fullmatch(url)
    if parts is None:
        raise _invalid(FORM)
    scheme = parts["scheme"].lower()
    if scheme == HTTP and not allow_loopback:
        raise _invalid("Use https: what is sent to http can be read and changed on its way.")
    own_port = WELL_KNOWN_PORTS[scheme]
    port = int(parts["port"] or own_port)
    if port != own_port and port not in FREE_PORTS:
        raise _invalid(f"Use port {own_port}, or one from {FREE_PORTS[0]} to {FREE_PORTS[-1]}.")
    target = (parts["path"] or "/") + (parts["query"] or "")
    return WebhookAddress(scheme, _host(parts["host"].lower()), port, target)


def may_be_asked(address: IPAddress, *, scheme: str, allow_loopback: bool) -> bool:
    """Return whether a message may go to an IP address: public ones by https, loopback where that is allowed."""
    if allow_loopback and any(address in network for network in LOOPBACK):
        return True
    return scheme == HTTPS and is_public(address)


def is_public(address: IPAddress) -> bool:
    """Return whether an address is one of the public internet, and hides no other address in it.

    The networks are those of IANA's registries of special-purpose addresses. `is_global` of the standard library
    knows fewer of them, and others in each version of Python.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in IPV4_THAT_ARE_NOT_PUBLIC)
    if address.scope_id is not None or address not in IPV6_UNICAST:
        return False
    return not any(address in network for network in IPV6_THAT_ARE_NOT_PUBLIC)


def _host(text: str) -> str:
    """Return a host as it is looked up. An IP address has one spelling: `127.1`, `0x7f.1` and `017700000001` are
    refused, which some resolvers read as loopback, and so are names that end in a dot.
    """
    try:
        if text.startswith("["):
            return str(IPv6Address(text[1:-1]))
        if _ends_in_a_number(text):
            return str(IPv4Address(text))
    except ValueError:
        raise _invalid(FORM) from None
    if len(text) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in text.split(".")):
        raise _invalid(FORM)
    return text


def _ends_in_a_number(host: str) -> bool:
    """Return whether browsers and resolvers would take a host for an IPv4 address, in any spelling."""
    return NUMBER.fullmatch(host.rpartition(".")[2]) is not None


def _invalid(message: str) -> exceptions.Invalid:
    return exceptions.Invalid(message, field=["url"])
