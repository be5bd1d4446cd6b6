"""Sending of webhooks: to receivers that do anything, within the time, and nowhere that only the server can reach."""

import ssl
import tracemalloc
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from ipaddress import ip_address
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from standardwebhooks import Webhook

from courses import exceptions
from courses.rules.webhook_signatures import secret_of, signature_headers
from courses.rules.webhook_tries import LONGEST_WAIT
from courses.services.webhook_sending import MOST_ADDRESSES, Problem, Sent, refuse_url, send
from tests.courses.services.webhook_receiver import (
    answering,
    dripping,
    hanging,
    receiving,
    repeating,
    saying,
    sipping,
)
from tests.courses.webhook_addresses import INNER_ADDRESSES, PUBLIC_ADDRESSES, URLS_OF_OTHER_FORM

BODY = b'{"type":"attempt.completed"}'
SHORT = 0.4
"""Seconds of a try whose receiver never ends."""
SOON = 5.0
"""Seconds after which such a try has ended on the slowest machine."""
slow = pytest.mark.slow
HTTPS = "https://{}:8443/"


@pytest.fixture
def _loopback(settings: Any) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = True


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """IP addresses to which a connection was tried; none is made."""
    addresses: list[str] = []

    def connect_tcp(self: object, host: str, *arguments: object, **options: object) -> httpcore.NetworkStream:
        addresses.append(host)
        raise httpcore.ConnectError

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    return addresses


def having(*addresses: str) -> Callable[[str], Sequence[str]]:
    """Resolve every name to these addresses."""
    return lambda _: addresses


# ---------------------------------------------------------------- answers


@slow
@pytest.mark.usefixtures("_loopback")
def test_a_receiver_gets_the_message_as_it_was_signed() -> None:
    secret = secret_of(b"k" * 32)
    headers = signature_headers("evt_7", datetime.now(UTC), BODY, [secret])

    with receiving(answering("204 No Content", body=b"")) as receiver:
        sent = send(receiver.url(path="/a%20b?x=1"), BODY, headers | {"Content-Type": "application/json"})

    assert sent == Sent(204)
    assert sent.is_success
    head, _, body = receiver.requests[0].decode().partition("\r\n\r\n")
    request_line, *lines = head.split("\r\n")
    assert request_line == "POST /a%20b?x=1 HTTP/1.1"
    received = dict(line.split(": ", 1) for line in lines)
    assert received == {
        "Host": f"127.0.0.1:{receiver.port}",
        "User-Agent": "courses-webhooks",
        "Connection": "close",
        "Content-Type": "application/json",
        "Content-Length": str(len(BODY)),
        **headers,
    }
    assert Webhook(secret).verify(body, received) == {"type": "attempt.completed"}


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    ("status", "is_success"),
    [(200, True), (299, True), (304, False), (404, False), (410, False), (500, False)],
)
def test_the_status_is_told_and_2xx_is_success(status: int, is_success: bool) -> None:
    with receiving(answering(f"{status} Whatever")) as receiver:
        sent = send(receiver.url(), BODY, {})

    assert sent == Sent(status)
    assert sent.is_success is is_success


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"])
def test_a_redirect_is_not_followed(status: str) -> None:
    with (
        receiving(answering("200 OK")) as inner,
        receiving(answering(status, f"Location: {inner.url()}")) as receiver,
    ):
        sent = send(receiver.url(), BODY, {})

    assert sent == Sent(int(status[:3]))
    assert inner.connections == 0
    assert receiver.connections == 1


@slow
@pytest.mark.usefixtures("_loopback")
def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving(answering("200 OK")) as proxy, receiving(answering("202 Accepted")) as receiver:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(path=""))
            monkeypatch.setenv(name.lower(), proxy.url(path=""))
        sent = send(receiver.url(), BODY, {})

    assert sent == Sent(202)
    assert proxy.connections == 0


def _in(seconds: int) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    ("value", "shortest", "longest"),
    [
        ("0", timedelta(), timedelta()),
        ("120", timedelta(seconds=120), timedelta(seconds=120)),
        ("86401", LONGEST_WAIT, LONGEST_WAIT),
        ("9" * 5_000, LONGEST_WAIT, LONGEST_WAIT),
        (lambda: _in(600), timedelta(seconds=580), timedelta(seconds=600)),
        (lambda: _in(-600), timedelta(), timedelta()),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_WAIT, LONGEST_WAIT),
    ],
    ids=["none", "seconds", "over a day", "digits", "date", "past", "far"],
)
def test_retry_after_is_read_in_seconds_and_as_a_date_up_to_a_day(
    value: str | Callable[[], str], shortest: timedelta, longest: timedelta
) -> None:
    text = value if isinstance(value, str) else value()

    with receiving(answering("503 Unavailable", f"Retry-After: {text}")) as receiver:
        sent = send(receiver.url(), BODY, {})

    assert sent.status == 503
    assert sent.retry_after is not None
    assert shortest <= sent.retry_after <= longest


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("value", ["", "-1", "1.5", "soon", "1e9", "²", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_any_other_retry_after_is_none(value: str) -> None:
    with receiving(answering("429 Too Many", f"Retry-After: {value}")) as receiver:
        assert send(receiver.url(), BODY, {}) == Sent(429)


# ---------------------------------------------------------------- receivers that do not answer


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    "behave",
    [
        hanging,
        dripping(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        dripping(b"HTTP/1.1 "),
        dripping(b""),
        repeating(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["hangs", "drips a header", "drips a status", "drips from the first byte", "continues for ever"],
)
def test_a_receiver_without_an_answer_ends_with_the_time_of_the_try(
    behave: Callable[..., None],
) -> None:
    with receiving(behave) as receiver:
        began = monotonic()
        sent = send(receiver.url(), BODY, {}, seconds=SHORT)
        took = monotonic() - began

    assert sent == Sent(problem=Problem.TIMEOUT)
    assert took < SOON


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_receiver_that_sips_the_message_ends_with_the_time_of_the_try(scheme: str, tmp_path: Path) -> None:
    server, client = _contexts(tmp_path, "127.0.0.1")
    with receiving(sipping, tls=server if scheme == "https" else None, reads=False) as receiver:
        began = monotonic()
        sent = send(receiver.url(scheme=scheme), b"x" * 40_000_000, {}, seconds=SHORT, tls=client)
        took = monotonic() - began

    assert sent == Sent(problem=Problem.TIMEOUT)
    assert took < SOON


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    "behave",
    [hanging, dripping(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb")],
    ids=["hangs", "drips a greeting"],
)
def test_tls_that_is_never_agreed_on_ends_with_the_time_of_the_try(behave: Callable[..., None]) -> None:
    with receiving(behave, reads=False) as receiver:
        began = monotonic()
        sent = send(receiver.url(scheme="https"), BODY, {}, seconds=SHORT)
        took = monotonic() - began

    assert sent == Sent(problem=Problem.TIMEOUT)
    assert took < SOON


@pytest.mark.usefixtures("asked")
def test_a_look_up_that_hangs_ends_with_the_time_of_the_try() -> None:
    over = Event()

    def resolve(host: str) -> list[str]:
        over.wait(timeout=60)
        return ["1.1.1.1"]

    began = monotonic()
    sent = send("https://partner.example/", BODY, {}, seconds=SHORT, resolve=resolve)
    took = monotonic() - began
    over.set()

    assert sent == Sent(problem=Problem.NO_PUBLIC_ADDRESS)
    assert took < SOON


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    "behave",
    [
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort"),
        saying(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n"),
        saying(b"HTTP/1.1 200 OK\r\n\r\nuntil the end"),
    ],
    ids=["drips", "breaks off", "is no chunk", "has no length"],
)
def test_the_status_counts_however_the_body_goes_on(behave: Callable[..., None]) -> None:
    with receiving(behave) as receiver:
        began = monotonic()
        sent = send(receiver.url(), BODY, {}, seconds=SHORT)
        took = monotonic() - began

    assert sent == Sent(200)
    assert took < SOON


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    ("behave", "outcome"),
    [
        (repeating(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n", b"x" * 62_500), Sent(200)),
        (repeating(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65_536), Sent(200)),
        (
            repeating(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"10000\r\n" + b"x" * 65_536 + b"\r\n",
            ),
            Sent(200),
        ),
        (repeating(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x" * 65_536), Sent(problem=Problem.BAD_ANSWER)),
        (repeating(b"HTTP/1.1 200 OK\r\n", b"X-More: x\r\n" * 6_000), Sent(problem=Problem.BAD_ANSWER)),
        (repeating(b"", b"x" * 65_536), Sent(problem=Problem.BAD_ANSWER)),
    ],
    ids=["10 MB", "endless", "endless chunks", "endless header", "endless headers", "endless status"],
)
def test_a_large_answer_costs_neither_memory_nor_time(behave: Callable[..., None], outcome: Sent) -> None:
    with receiving(behave) as receiver:
        send(receiver.url(), BODY, {})  # loads what is loaded once
        tracemalloc.start()
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        began = monotonic()
        sent = send(receiver.url(), BODY, {})
        took = monotonic() - began
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert sent == outcome
    assert took < SOON
    assert peak - before < 1_000_000


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize(
    "behave",
    [
        saying(b""),
        saying(b"HTTP/1.1 200"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Le"),
        saying(b"SSH-2.0-OpenSSH_9.6\r\n"),
        saying(b"220 mail.example ESMTP\r\n"),
        saying(b"HTTP/1.1 999999 OK\r\n\r\n"),
        saying(b"HTTP/1.1 2xx OK\r\n\r\n"),
        saying(b"HTTP/2 200 OK\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        saying(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        saying(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"),
        saying(b"\x00\xff" * 500),
        saying(b"\x15\x03\x01\x00\x02\x02\x46"),
    ],
)
def test_a_receiver_that_breaks_off_or_speaks_no_http_is_a_problem(behave: Callable[..., None]) -> None:
    with receiving(behave) as receiver:
        assert send(receiver.url(), BODY, {}) == Sent(problem=Problem.BAD_ANSWER)


@pytest.mark.usefixtures("_loopback")
def test_a_port_where_nobody_listens_is_a_problem() -> None:
    assert send("http://127.0.0.1:1024/", BODY, {}) == Sent(problem=Problem.NOT_CONNECTED)


# ---------------------------------------------------------------- TLS


def _contexts(directory: Path, *names: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return contexts of a server whose certificate has these names, and of a client that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    alternatives = [
        x509.IPAddress(ip_address(name)) if name[0].isdigit() else x509.DNSName(name) for name in names
    ]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    file = directory / "receiver.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + pem
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cadata=pem.decode())


@slow
@pytest.mark.usefixtures("_loopback")
def test_tls_and_the_host_header_keep_the_name_while_the_address_is_connected_to(tmp_path: Path) -> None:
    server, client = _contexts(tmp_path, "partner.example")
    names: list[str | None] = []
    server.sni_callback = lambda _tls, name, _context: names.append(name)

    with receiving(answering("200 OK"), host="127.0.0.2", tls=server) as receiver:
        url = receiver.url("Partner.example", "https")
        sent = send(url, BODY, {}, resolve=having("127.0.0.2"), tls=client)

    assert sent == Sent(200)
    assert names == ["partner.example"]
    assert f"\r\nHost: partner.example:{receiver.port}\r\n".encode() in receiver.requests[0]


@slow
@pytest.mark.usefixtures("_loopback")
def test_an_address_in_place_of_a_name_is_what_its_certificate_is_for(tmp_path: Path) -> None:
    server, client = _contexts(tmp_path, "127.0.0.1")

    with receiving(answering("200 OK"), tls=server) as receiver:
        assert send(receiver.url(scheme="https"), BODY, {}, tls=client) == Sent(200)
        assert send(receiver.url("localhost", "https"), BODY, {}, tls=client) == Sent(
            problem=Problem.NOT_SECURE
        )


@slow
@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_of_another_name_or_authority_is_a_problem_and_nothing_is_sent(
    is_trusted: bool, tmp_path: Path
) -> None:
    server, client = _contexts(tmp_path, "other.example" if is_trusted else "partner.example")

    with receiving(answering("200 OK"), tls=server) as receiver:
        url = receiver.url("partner.example", "https")
        sent = send(url, BODY, {}, resolve=having("127.0.0.1"), tls=client if is_trusted else None)

    assert sent == Sent(problem=Problem.NOT_SECURE)
    assert receiver.requests == []


@slow
@pytest.mark.usefixtures("_loopback")
def test_http_where_tls_is_asked_for_is_a_problem() -> None:
    with receiving(answering("200 OK"), reads=False) as receiver:
        assert send(receiver.url(scheme="https"), BODY, {}) == Sent(problem=Problem.NOT_SECURE)


# ---------------------------------------------------------------- forged requests


@pytest.mark.parametrize("url", URLS_OF_OTHER_FORM)
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_a_url_of_another_form_is_refused_and_never_asked(
    url: str, allow_loopback: bool, asked: list[str], settings: Any
) -> None:
    settings.WEBHOOKS_ALLOW_LOOPBACK = allow_loopback
    looked_up: list[str] = []

    def resolve(host: str) -> list[str]:
        looked_up.append(host)
        return ["1.1.1.1"]

    with pytest.raises(exceptions.Invalid) as refused:
        refuse_url(url, resolve=resolve)

    assert refused.value.field == ("url",)
    assert send(url, BODY, {}, resolve=resolve) == Sent(problem=Problem.BAD_URL)
    assert asked == looked_up == []


@pytest.mark.parametrize("address", INNER_ADDRESSES)
def test_an_inner_address_is_refused_and_never_asked_by_itself_or_behind_a_name(
    address: str, asked: list[str]
) -> None:
    written = f"[{address}]" if ":" in address else address
    urls = ["https://partner.example/"] + ([HTTPS.format(written)] if "%" not in address else [])

    for url in urls:
        with pytest.raises(exceptions.Invalid, match="not on the public internet") as refused:
            refuse_url(url, resolve=having(address))
        assert refused.value.field == ("url",)
        assert send(url, BODY, {}, resolve=having(address)) == Sent(problem=Problem.NO_PUBLIC_ADDRESS)
    assert asked == []


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_a_public_address_is_taken_and_asked_by_itself_and_behind_a_name(
    address: str, asked: list[str]
) -> None:
    written = f"[{address}]" if ":" in address else address

    for url in ("https://partner.example/", HTTPS.format(written)):
        refuse_url(url, resolve=having(address))
        assert send(url, BODY, {}, resolve=having(address)) == Sent(problem=Problem.NOT_CONNECTED)
    assert asked == [address, address]


def _shifted(position: int) -> list[str]:
    public = ["1.1.1.1", "2606:4700::1111", "8.8.8.8", "8.8.4.4", "9.9.9.9"]
    return [*public[:position], "10.0.0.1", *public[position:]]


@pytest.mark.parametrize("position", range(6))
def test_one_inner_address_refuses_all_of_a_name(position: int, asked: list[str]) -> None:
    resolve = having(*_shifted(position))

    with pytest.raises(exceptions.Invalid, match="not on the public internet"):
        refuse_url("https://partner.example/", resolve=resolve)

    assert send("https://partner.example/", BODY, {}, resolve=resolve) == Sent(
        problem=Problem.NO_PUBLIC_ADDRESS
    )
    assert asked == []


def test_the_first_few_addresses_of_a_name_are_tried_once_each(asked: list[str]) -> None:
    public = [f"8.8.8.{number}" for number in range(1, 10)]

    sent = send("https://partner.example/", BODY, {}, resolve=having(*public[:2], *public))

    assert sent == Sent(problem=Problem.NOT_CONNECTED)
    assert asked == public[:MOST_ADDRESSES]


def test_a_name_that_leads_inside_at_the_second_look_up_is_looked_up_once(asked: list[str]) -> None:
    answers = [["1.1.1.1"], ["127.0.0.1"], ["127.0.0.1"]]

    sent = send("https://partner.example/", BODY, {}, resolve=lambda _: answers.pop(0))

    assert sent == Sent(problem=Problem.NOT_CONNECTED)
    assert asked == ["1.1.1.1"]
    assert len(answers) == 2
    following = send("https://partner.example/", BODY, {}, resolve=lambda _: answers.pop(0))
    assert following == Sent(problem=Problem.NO_PUBLIC_ADDRESS)
    assert asked == ["1.1.1.1"]


@slow
@pytest.mark.usefixtures("_loopback")
def test_the_connection_goes_to_the_address_that_was_looked_up_and_to_no_other() -> None:
    with receiving(answering("200 OK"), host="127.0.0.2") as checked:
        answers = [["127.0.0.2"], ["127.0.0.3"]]
        url = checked.url("partner.example")
        sent = send(url, BODY, {}, resolve=lambda _: answers.pop(0))

    assert sent == Sent(200)
    assert answers == [["127.0.0.3"]]
    assert f"\r\nHost: partner.example:{checked.port}\r\n".encode() in checked.requests[0]


@slow
@pytest.mark.usefixtures("_loopback")
def test_an_address_where_nobody_listens_is_followed_by_the_next() -> None:
    with receiving(answering("200 OK"), host="127.0.0.2") as receiver:
        url = receiver.url("partner.example")
        assert send(url, BODY, {}, resolve=having("127.0.0.3", "::1", "127.0.0.2")) == Sent(200)


def test_a_name_without_an_address_is_refused_in_the_words_for_inner_ones(asked: list[str]) -> None:
    def unknown(host: str) -> list[str]:
        raise OSError("no such host")

    messages = set()
    for resolve in (unknown, having(), having("10.0.0.1")):
        with pytest.raises(exceptions.Invalid) as refused:
            refuse_url("https://partner.example/", resolve=resolve)
        messages.add(refused.value.message)
        sent = send("https://partner.example/", BODY, {}, resolve=resolve)
        assert sent == Sent(problem=Problem.NO_PUBLIC_ADDRESS)

    assert len(messages) == 1
    assert asked == []


@pytest.mark.parametrize(
    "url",
    ["http://localhost:8000/", "http://127.0.0.1:8000/", "http://[::1]:8000/", "https://localhost:8443/"],
)
def test_loopback_is_taken_only_where_it_is_allowed(url: str, settings: Any) -> None:
    with pytest.raises(exceptions.Invalid):
        refuse_url(url)

    settings.WEBHOOKS_ALLOW_LOOPBACK = True
    refuse_url(url)


@pytest.mark.usefixtures("_loopback")
@pytest.mark.parametrize("address", ["1.1.1.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1"])
def test_http_goes_nowhere_but_to_loopback(address: str, asked: list[str]) -> None:
    with pytest.raises(exceptions.Invalid):
        refuse_url("http://partner.example/", resolve=having(address))

    sent = send("http://partner.example/", BODY, {}, resolve=having("127.0.0.1", address))
    assert sent == Sent(problem=Problem.NO_PUBLIC_ADDRESS)
    assert asked == []
