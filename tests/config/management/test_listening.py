"""The port of a server is looked at before anything else, and a wrong one is told in one line."""

import errno
import socket

import pytest
from django.core.management import CommandError, call_command

from config.management import listening, serving
from config.management.listening import take_port


@pytest.fixture(autouse=True)
def nothing_else_happens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the commands begin with once they have their port; noted instead of done."""
    begun: list[str] = []
    monkeypatch.setattr(serving, "prepare_database", lambda: begun.append("database"))
    return begun


@pytest.mark.slow
def test_a_port_is_taken_so_that_no_other_server_can_have_it() -> None:
    with take_port("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(
            CommandError,
            match=rf"^--port {port}: another program listens on 127\.0\.0\.1\. Stop it, or choose another port\.$",
        ):
            take_port("127.0.0.1", port)
    take_port("127.0.0.1", port).close()


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_busy_port_stops_the_command_before_it_begins(
    command: str, nothing_else_happens: list[str]
) -> None:
    with take_port("127.0.0.1", 0) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(CommandError, match=rf"^--port {port}: another program listens on 127\.0\.0\.1\."):
            call_command(command, port=port)
    assert nothing_else_happens == []


@pytest.mark.parametrize("command", ["serve", "demo"])
@pytest.mark.parametrize("port", [-1, 65536, 99999])
def test_a_port_that_is_none_is_refused(command: str, port: int, nothing_else_happens: list[str]) -> None:
    with pytest.raises(
        CommandError, match=rf"^--port {port}: choose a port from 1 to 65535, or 0 for any that is free\.$"
    ):
        call_command(command, port=port)
    assert nothing_else_happens == []


def test_a_port_that_needs_a_right_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> socket.socket:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(listening.socket, "create_server", denied)

    with pytest.raises(
        CommandError, match=r"^--port 80: this user may not listen there\. Choose a port above 1023\.$"
    ):
        take_port("127.0.0.1", 80)


@pytest.mark.parametrize("host", ["nowhere.invalid", "203.0.113.9", "2001:db8::1"])
def test_an_address_of_another_machine_is_refused(host: str) -> None:
    with pytest.raises(CommandError, match=rf"^--host {host}: this machine has no such address\.$"):
        take_port(host, 0)


@pytest.mark.parametrize("workers", [0, -1])
def test_somebody_has_to_answer(workers: int, nothing_else_happens: list[str]) -> None:
    with pytest.raises(CommandError, match=rf"^--workers {workers}: at least 1 has to answer requests\.$"):
        call_command("serve", workers=workers)
    assert nothing_else_happens == []
