"""Latency of good requests beside 200 clients that send half a body: `python -m tests.benchmarks.slow_clients`.

It starts a demonstration of its own, and prints p50 and p99 without and with the slow clients, and their ratio.
"""

import os
import socket
import statistics
import tempfile
import time
from pathlib import Path

import httpx

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

SLOW_CLIENTS = 200
REQUESTS = 500
HALF_A_REQUEST = (
    b"POST /graphql/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
)
QUERY = {
    "query": "{ viewer { user { displayName } } courses(first: 3) { edges { node { title lessonCount } } } }"
}


def main() -> None:
    import django

    django.setup()
    from tests.demo_server import DemoServer

    with tempfile.TemporaryDirectory() as directory, DemoServer(Path(directory) / "data") as server:
        headers = {"Authorization": f"Bearer {server.token_of('learner')}"}
        with httpx.Client(base_url=server.url(""), headers=headers, timeout=30) as client:
            measured(client)
            alone = measured(client)
            slow = [_slow_client(server.port) for _ in range(SLOW_CLIENTS)]
            beside = measured(client)
            for each in slow:
                each.close()
    for name, (p50, p99) in (("alone", alone), (f"beside {SLOW_CLIENTS} slow clients", beside)):
        print(f"{name}: p50 {p50 * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")
    print(f"ratio: p50 {beside[0] / alone[0]:.2f}, p99 {beside[1] / alone[1]:.2f}")


def measured(client: httpx.Client) -> tuple[float, float]:
    """Median and 99th percentile of the seconds of good requests, one after the other."""
    seconds = []
    for _ in range(REQUESTS):
        started = time.perf_counter()
        answer = client.post("/graphql/", json=QUERY)
        seconds.append(time.perf_counter() - started)
        assert answer.status_code == 200, answer.text
    return statistics.median(seconds), statistics.quantiles(seconds, n=100)[98]


def _slow_client(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(HALF_A_REQUEST)
    return connection


if __name__ == "__main__":
    main()
