"""Addresses of webhooks: how URLs are read, and which IP addresses are public."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from courses import exceptions
from courses.rules.webhook_addresses import (
    IPV4_THAT_ARE_NOT_PUBLIC,
    IPV6_THAT_ARE_NOT_PUBLIC,
    IPV6_UNICAST,
    LONGEST_URL,
    WebhookAddress,
    is_public,
    may_be_asked,
    read_address,
)
from tests.courses.webhook_addresses import INNER_ADDRESSES, PUBLIC_ADDRESSES, URLS_OF_OTHER_FORM

MORE_THAN_THE_LIBRARY = [
    ip_network(text)
    for text in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "2001::/23",
        "2620:4f:8000::/48",
        "3fff::/20",
        "64:ff9b::/96",
    )
]
"""Networks that are refused though the standard library of some version calls them global."""


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://partner.example", WebhookAddress("https", "partner.example", 443, "/")),
        ("HTTPS://Partner.EXAMPLE:443/", WebhookAddress("https", "partner.example", 443, "/")),
        ("https://a.example:8443/x%20y/?k=/?v", WebhookAddress("https", "a.example", 8443, "/x%20y/?k=/?v")),
        ("https://a.example?k=@", WebhookAddress("https", "a.example", 443, "/?k=@")),
        ("https://xn--bcher-kva.example/", WebhookAddress("https", "xn--bcher-kva.example", 443, "/")),
        ("https://1.1.1.1/", WebhookAddress("https", "1.1.1.1", 443, "/")),
        (
            "https://[2606:4700:0:0::1111]:1024/",
            WebhookAddress("https", "2606:4700::1111", 1024, "/"),
        ),
    ],
)
def test_urls_are_read_into_what_is_connected_to(url: str, read: WebhookAddress) -> None:
    assert read_address(url, allow_loopback=False) == read


@pytest.mark.parametrize(
    ("url", "authority"),
    [
        ("https://Partner.example/", "partner.example"),
        ("https://partner.example:443/", "partner.example"),
        ("https://partner.example:8443/", "partner.example:8443"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]"),
        ("https://[2606:4700::1111]:8443/", "[2606:4700::1111]:8443"),
    ],
)
def test_the_host_header_names_the_port_unless_it_is_the_schemes_own(url: str, authority: str) -> None:
    assert read_address(url, allow_loopback=False).authority == authority


@pytest.mark.parametrize("url", URLS_OF_OTHER_FORM)
def test_urls_of_any_other_form_are_refused(url: str) -> None:
    for allow_loopback in (False, True):
        with pytest.raises(exceptions.Invalid) as refused:
            read_address(url, allow_loopback=allow_loopback)
        assert refused.value.field == ("url",)


def test_the_longest_url_is_read_and_one_longer_is_refused() -> None:
    longest = "https://partner.example/".ljust(LONGEST_URL, "x")

    assert len(read_address(longest, allow_loopback=False).target) == LONGEST_URL - len(
        "https://partner.example"
    )
    with pytest.raises(exceptions.Invalid, match="2,000 characters"):
        read_address(longest + "x", allow_loopback=False)


def test_http_is_read_only_where_loopback_is_allowed() -> None:
    with pytest.raises(exceptions.Invalid, match="Use https"):
        read_address("http://localhost:8000/", allow_loopback=False)

    read = read_address("http://localhost:8000/", allow_loopback=True)

    assert read == WebhookAddress("http", "localhost", 8000, "/")


@pytest.mark.parametrize("text", INNER_ADDRESSES)
def test_addresses_that_only_the_server_can_reach_are_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize("text", PUBLIC_ADDRESSES)
def test_addresses_of_the_internet_are_asked_by_https_alone(text: str) -> None:
    for allow_loopback in (False, True):
        assert may_be_asked(ip_address(text), scheme="https", allow_loopback=allow_loopback)
        assert not may_be_asked(ip_address(text), scheme="http", allow_loopback=allow_loopback)


@pytest.mark.parametrize("text", INNER_ADDRESSES)
def test_where_loopback_is_allowed_nothing_else_is(text: str) -> None:
    address = ip_address(text)
    is_loopback = text == "::1" or text.startswith("127.")

    for scheme in ("http", "https"):
        assert may_be_asked(address, scheme=scheme, allow_loopback=True) is is_loopback
        assert not may_be_asked(address, scheme=scheme, allow_loopback=False)


EDGES = st.sampled_from([*IPV4_THAT_ARE_NOT_PUBLIC, *IPV6_THAT_ARE_NOT_PUBLIC, IPV6_UNICAST]).flatmap(
    lambda network: st.sampled_from(
        [
            network.network_address,
            network.broadcast_address,
            *([network.network_address - 1] if int(network.network_address) else []),
            *([network.broadcast_address + 1] if int(network.broadcast_address) < 2**32 - 1 else []),
        ]
    )
)
HIDING = st.ip_addresses(v=4).flatmap(
    lambda inner: st.sampled_from(
        [
            IPv6Address(int(inner)),
            IPv6Address((0xFFFF << 32) | int(inner)),
            IPv6Address((0x2002 << 112) | (int(inner) << 80)),
            IPv6Address((0x20010000 << 96) | (int(inner) ^ 0xFFFFFFFF)),
            IPv6Address((0x0064FF9B << 96) | int(inner)),
            IPv6Address((0x0064FF9B0001 << 80) | int(inner)),
        ]
    )
)


@settings(max_examples=1_000)
@given(
    st.one_of(
        st.ip_addresses(),
        st.integers(0, 2**128 - 1).map(IPv6Address),
        st.integers(0, 2**125 - 1).map(lambda number: IPv6Address((1 << 125) | number)),
        EDGES,
        HIDING,
    )
)
@example(IPv4Address("255.255.255.255"))
def test_an_address_is_public_if_the_standard_library_says_so_and_it_hides_no_other(
    address: IPv4Address | IPv6Address,
) -> None:
    hides = isinstance(address, IPv6Address) and (
        address.ipv4_mapped or address.sixtofour or address.teredo or int(address) < 2**32
    )
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
        or any(address in network for network in MORE_THAN_THE_LIBRARY if network.version == address.version)
    )

    assert is_public(address) is (address.is_global and not special and not hides)
