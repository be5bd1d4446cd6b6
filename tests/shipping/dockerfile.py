"""Stages of a Dockerfile, carried out in a directory where no container runs."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

ROOT: Path = settings.BASE_DIR
TOP = "/srv"
"""Directory below which every path of the Dockerfile lies."""


@dataclass
class Stage:
    """Stage of an image, below `root`: its files, and what it says of the process that is started."""

    root: Path
    image: str
    environment: dict[str, str] = field(default_factory=dict)
    workdir: str = "/"
    user: str = "0"
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)

    def placed(self, text: str) -> str:
        """Text with its paths where they are here."""
        return text.replace(TOP, f"{self.root}{TOP}")

    def path(self, text: str) -> Path:
        return Path(self.placed(text if text.startswith("/") else f"{self.workdir}/{text}"))


def instructions(text: str) -> list[tuple[str, str]]:
    """Each instruction with its arguments on one line."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [
        (name, " ".join(rest.split()))
        for name, _, rest in (line.partition(" ") for line in joined.splitlines())
    ]


def build(directory: Path, environment: dict[str, str]) -> Stage:
    """Carry out the Dockerfile below `directory`, and give its last stage. The others are gone then.

    Each stage begins with an environment of Python that has nothing but pip, as the image does.
    """
    stages: dict[str, Stage] = {}
    stage = Stage(directory, "")
    for name, rest in instructions((ROOT / "Dockerfile").read_text()):
        if name == "FROM":
            image, _, alias = rest.partition(" AS ")
            stage = stages[alias] = Stage(directory / f"stage-{len(stages)}", image)
            (stage.root / TOP[1:]).mkdir(parents=True)
        else:
            _carry_out(name, rest, stage, stages, environment)
    for other in stages.values():
        if other is not stage:
            subprocess.run(["rm", "-r", other.root], check=True)
    return stage


def _carry_out(
    name: str, rest: str, stage: Stage, stages: dict[str, Stage], environment: dict[str, str]
) -> None:
    match name:
        case "ENV":
            stage.environment |= dict(pair.split("=", 1) for pair in shlex.split(stage.placed(rest)))
        case "WORKDIR":
            stage.workdir = rest
            stage.path(rest).mkdir(parents=True, exist_ok=True)
        case "COPY":
            _copy(rest.split(), stage, stages)
        case "RUN":
            _run(rest, stage, environment)
        case "USER":
            stage.user = rest
        case "EXPOSE":
            assert rest == "8000"
        case "HEALTHCHECK":
            stage.healthcheck = _words(rest.partition("CMD ")[2], stage)
        case "ENTRYPOINT":
            stage.entrypoint = _words(rest, stage)
        case "CMD":
            stage.command = _words(rest, stage)
        case _:
            raise AssertionError(f"{name} is not tried here.")


def _words(text: str, stage: Stage) -> list[str]:
    words: list[str] = json.loads(stage.placed(text))
    return words


def _copy(words: list[str], stage: Stage, stages: dict[str, Stage]) -> None:
    if words[0].startswith("--from="):
        source, target = words[1:]
        origin = stages[words[0].removeprefix("--from=")].path(source)
        copy: Callable[[str, str], Any] = os.link  # the other stage goes
    else:
        [source, target] = words
        assert source in _sent()
        origin = ROOT / source
        copy = shutil.copy2
    place = stage.path(target)
    if origin.is_dir():
        ignored = shutil.ignore_patterns("__pycache__") if origin.is_relative_to(ROOT) else None
        shutil.copytree(origin, place, symlinks=True, ignore=ignored, dirs_exist_ok=True, copy_function=copy)
    else:
        shutil.copy2(origin, place / origin.name if place.is_dir() else place)


def _sent() -> list[str]:
    """Files that .dockerignore lets a build see."""
    return re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)


def _run(command: str, stage: Stage, environment: dict[str, str]) -> None:
    pythons = stage.root / "python"
    if not pythons.exists():
        subprocess.run(["uv", "venv", "--quiet", "--seed", pythons], check=True)
    path = f"{pythons / 'bin'}:{os.environ['PATH']}"
    if os.geteuid() != 0:
        command = re.sub(r"chown \d+:\d+", f"chown {os.geteuid()}", command)
    options: dict[str, Any] = {"cwd": stage.path(stage.workdir), "capture_output": True, "text": True}
    ended = subprocess.run(
        ["sh", "-c", stage.placed(command)],
        env=environment | stage.environment | {"PATH": path},
        **options,
    )
    assert ended.returncode == 0, f"{command}\n{ended.stdout}{ended.stderr}"
