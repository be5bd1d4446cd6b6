"""Sending of webhooks: one request to one checked address, within a time that nothing can stretch.

Partners choose the address, so the receiver is not trusted. Its host is looked up once for each try, every address
that it has must be public, and the connection is made to one of just these; TLS and the header Host keep the name.
No redirect is followed, no proxy of the environment is used, and no more than a few kilobytes of an answer are read.
Everything here blocks, and is called outside of transactions, on threads of its own.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from queue import Empty, Queue
from socket import SOCK_STREAM, getaddrinfo
from threading import Thread
from time import monotonic

import httpcore
from django.conf import settings
from django.utils.http import parse_http_date_safe

from courses import exceptions
from courses.rules.webhook_addresses import IPAddress, WebhookAddress, may_be_asked, read_address
from courses.rules.webhook_tries import LONGEST_WAIT

TIMEOUT_SECONDS = 15.0
"""Time of a try, from looking up the host to the answer."""

LOOK_UP_SECONDS = 5.0
"""Time that looking up a host may take when an endpoint is registered, while its owner waits."""

MOST_READ = 16 * 1024
"""Bytes of an answer's body after which the connection is closed. They are read so that the receiver can end it in
peace, and thrown away.
"""

MOST_ADDRESSES = 4
"""Addresses of a host that are tried until one takes the connection, sharing the time."""

Resolver = Callable[[str], Sequence[str]]
"""Looks up the IP addresses of a host, in the order in which to try them. Raises OSError."""


class Problem(StrEnum):
    """Reason why there is no answer. The texts hold nothing that a receiver or the network said."""

    BAD_URL = "The address of the endpoint is not allowed any more."
    NO_PUBLIC_ADDRESS = "The host has no address, or one that is not on the public internet."
    TIMEOUT = "The receiver did not answer in time."
    NOT_CONNECTED = "The receiver could not be reached."
    NOT_SECURE = "No TLS connection could be made. Please check the receiver's certificate and its host name."
    BAD_ANSWER = "The receiver broke off the connection, or what it answered is not HTTP."


@dataclass(frozen=True)
class Sent:
    """Outcome of a try: the status that was answered, or None and the problem."""

    status: int | None = None
    retry_after: timedelta | None = None
    problem: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def look_up(host: str) -> list[str]:
    """Look up the addresses of a host as the operating system does. Raises OSError."""
    return [str(found[4][0]) for found in getaddrinfo(host, None, type=SOCK_STREAM)]


def refuse_url(url: str, *, resolve: Resolver = look_up) -> None:
    """Refuse an address to which nothing would be sent. Raises Invalid.

    A name that has no address yet is refused too, with the same words as one that leads to private ones: that finds
    typing errors, and tells nobody which names there are on our own network.
    """
    address = read_address(url, allow_loopback=settings.WEBHOOKS_ALLOW_LOOPBACK)
    if not _addresses_to_ask(address, LOOK_UP_SECONDS, resolve):
        raise exceptions.Invalid(
            "This host has no address, or one that is not on the public internet. Please check it, and come back "
            "once its name is in the DNS.",
            field=["url"],
        )


def send(
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    *,
    seconds: float = TIMEOUT_SECONDS,
    resolve: Resolver = look_up,
    tls: ssl.SSLContext | None = None,
) -> Sent:
    """Send a message by POST and return what came of it; nothing that a receiver does raises.

    The status counts from the moment it was read, however the body of the answer goes on.
    """
    deadline = _Deadline(seconds)
    try:
        address = read_address(url, allow_loopback=settings.WEBHOOKS_ALLOW_LOOPBACK)
    except exceptions.Invalid:
        return Sent(problem=Problem.BAD_URL)
    addresses = _addresses_to_ask(address, seconds, resolve)
    if not addresses:
        return Sent(problem=Problem.NO_PUBLIC_ADDRESS)
    try:
        return _asked(address, body, headers, _Connections(addresses, deadline), tls or _public_authorities())
    except httpcore.TimeoutException:
        return Sent(problem=Problem.TIMEOUT)
    except httpcore.ConnectError as error:
        is_about_tls = isinstance(error.__cause__, ssl.SSLError)
        return Sent(problem=Problem.NOT_SECURE if is_about_tls else Problem.NOT_CONNECTED)
    except (httpcore.NetworkError, httpcore.RemoteProtocolError):
        return Sent(problem=Problem.BAD_ANSWER)


class _Deadline:
    """End of a try. Time that each step takes is taken from all that follow."""

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    def left(self) -> float:
        """Return the seconds that are left. Raises TimeoutException when none are."""
        seconds = self._end - monotonic()
        if seconds <= 0:
            raise httpcore.TimeoutException
        return seconds


class _Stream(httpcore.NetworkStream):
    """Connection on which each step may take what is left of the try, where sockets begin anew with each byte."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        connected = self._stream.get_extra_info("socket")
        try:
            while buffer:
                connected.settimeout(self._deadline.left())
                buffer = buffer[connected.send(buffer) :]
        except TimeoutError as error:
            raise httpcore.WriteTimeout from error
        except OSError as error:
            raise httpcore.WriteError from error

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        encrypted = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left())
        return _Stream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


class _Connections(httpcore.NetworkBackend):
    """Connections to addresses that were checked, whatever host is asked for."""

    def __init__(self, addresses: Sequence[IPAddress], deadline: _Deadline) -> None:
        self._addresses = addresses
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        backend = httpcore.SyncBackend()
        *earlier, last = self._addresses
        for untried, address in zip(range(len(self._addresses), 1, -1), earlier, strict=True):
            share = self._deadline.left() / untried
            with suppress(httpcore.ConnectError, httpcore.ConnectTimeout):
                return _Stream(backend.connect_tcp(str(address), port, share), self._deadline)
        return _Stream(backend.connect_tcp(str(last), port, self._deadline.left()), self._deadline)


def _addresses_to_ask(address: WebhookAddress, seconds: float, resolve: Resolver) -> list[IPAddress]:
    """Return the IP addresses of a host, or none if a single one of them may not be asked."""
    literal = address.literal
    found = [literal] if literal is not None else _looked_up(address.host, seconds, resolve)
    may_all = all(
        may_be_asked(ip, scheme=address.scheme, allow_loopback=settings.WEBHOOKS_ALLOW_LOOPBACK)
        for ip in found
    )
    return found[:MOST_ADDRESSES] if may_all else []


def _looked_up(host: str, seconds: float, resolve: Resolver) -> list[IPAddress]:
    """Look up a host on a thread of its own: the operating system's look-up cannot be given a deadline.

    The thread of one that takes longer ends when the system gives it up.
    """
    answers: Queue[Sequence[str]] = Queue()

    def ask() -> None:
        try:
            answers.put(resolve(host))
        except OSError:
            answers.put([])

    Thread(target=ask, name="webhook-look-up", daemon=True).start()
    try:
        found = answers.get(timeout=seconds)
    except Empty:
        return []
    return [ip_address(text) for text in dict.fromkeys(found)]


def _asked(
    address: WebhookAddress,
    body: bytes,
    headers: Mapping[str, str],
    connections: _Connections,
    tls: ssl.SSLContext,
) -> Sent:
    """Make the request. Raises httpcore's exceptions until there is a status."""
    origin = httpcore.Origin(address.scheme.encode(), address.host.encode(), address.port)
    url = httpcore.URL(
        scheme=origin.scheme, host=origin.host, port=origin.port, target=address.target.encode()
    )
    sent = {"Host": address.authority, "User-Agent": "courses-webhooks", "Connection": "close", **headers}
    with (
        httpcore.HTTPConnection(origin, ssl_context=tls, network_backend=connections) as connection,
        connection.stream("POST", url, headers=list(sent.items()), content=body) as response,
    ):
        with suppress(httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError):
            _read_out(response.iter_stream())
        asked_for = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
        return Sent(response.status, _retry_after(asked_for.decode("latin-1"), datetime.now(UTC)))


def _read_out(body: Iterable[bytes]) -> None:
    read = 0
    for chunk in body:
        read += len(chunk)
        if read > MOST_READ:
            return


def _retry_after(value: str, now: datetime) -> timedelta | None:
    """Read the header Retry-After, in seconds or as a date, up to the longest wait. Return None for neither."""
    if value.isascii() and value.isdigit():
        seconds = float(value)
    elif (moment := parse_http_date_safe(value)) is not None:
        seconds = moment - now.timestamp()
    else:
        return None
    return timedelta(seconds=max(0.0, min(seconds, LONGEST_WAIT.total_seconds())))


@cache
def _public_authorities() -> ssl.SSLContext:
    """Return a context for TLS with the public certificate authorities, which takes a while to load."""
    return httpcore.default_ssl_context()
