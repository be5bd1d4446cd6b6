"""From where a request came: what is believed of it and what is not."""

import pytest

from schema.network.client_address import client_address, readable_user_agent

PROXY = "10.0.0.5"


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "hops", "expected"),
    [
        ("203.0.113.9", [], 1, "203.0.113.9"),
        ("203.0.113.9", ["6.6.6.6"], 1, "203.0.113.9"),
        (PROXY, ["198.51.100.7"], 1, "198.51.100.7"),
        (PROXY, ["6.6.6.6, 198.51.100.7"], 1, "198.51.100.7"),
        (PROXY, ["6.6.6.6", "198.51.100.7"], 1, "198.51.100.7"),
        (PROXY, ["6.6.6.6, 198.51.100.7, 10.0.0.9"], 2, "198.51.100.7"),
        (PROXY, ["198.51.100.7"], 2, PROXY),
        (PROXY, [], 1, PROXY),
        (PROXY, ["198.51.100.7:5123"], 1, "198.51.100.7"),
        (PROXY, ["[2001:db8::1]:5123"], 1, "2001:db8::1"),
        (PROXY, ["::ffff:198.51.100.7"], 1, "198.51.100.7"),
        ("::ffff:10.0.0.5", ["198.51.100.7"], 1, "198.51.100.7"),
        (PROXY, ["'; DROP TABLE"], 1, PROXY),
        (PROXY, ["198.51.100.7, "], 1, PROXY),
        (PROXY, ["198.51.100.7"], 0, PROXY),
        (None, ["198.51.100.7"], 1, None),
        ("testclient", [], 1, None),
    ],
)
def test_only_what_a_trusted_proxy_wrote_is_believed(settings, peer, forwarded_for, hops, expected):
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    settings.TRUSTED_PROXY_HOPS = hops

    assert client_address(peer, forwarded_for) == expected


def test_a_user_agent_loses_control_characters_and_what_is_longer_than_512():
    assert readable_user_agent("a\x00b\r\nc\x1b[31m\x9f") == "abc[31m"
    assert readable_user_agent("x" * 30_000) == "x" * 512
    assert readable_user_agent(None) == ""


def test_resolvers_know_the_address(post):
    assert post("{ address }").json()["data"] == {"address": "203.0.113.9"}
