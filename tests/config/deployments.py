"""Processes of a deployment, with the given environment and nothing of the tests' own."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

OURS = ("COURSES_", "DATABASE_URL", "CACHE_URL")
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1  # of <linux/prctl.h> and <linux/capability.h>


def environment(data: Path, **variables: str) -> dict[str, str]:
    """The variables of a deployment that keeps its data in `data`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return clean | {"COURSES_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"} | variables


def respecting_modes() -> Callable[[], Any] | None:
    """What lets the modes of directories hold for a new process too when it is root's: its `preexec_fn`."""
    if os.geteuid() != 0:
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE)


def python(data: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(data, **variables),
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=respecting_modes(),
    )


def manage(data: Path, *arguments: str, **variables: str) -> tuple[int, str, str]:
    """How a command ended: its return code, standard output and standard error."""
    ended = python(data, "manage.py", *arguments, **variables)
    return ended.returncode, ended.stdout, ended.stderr
