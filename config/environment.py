"""Settings from the environment: typed, checked, and each wrong one named in a line of its own.

A variable is declared where it is read, in config/settings.py, and nowhere else. The readers have the names of
django-environ's, whose own take `maybe` for off and `10abc` for ten.
"""

import builtins
import difflib
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from multiprocessing import parent_process
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

PREFIX = "COURSES_"
ON = ("on", "true", "yes", "y", "ok", "1")
OFF = ("off", "false", "no", "n", "0")
SAME_SITE = ("Lax", "Strict", "None")

Value = TypeVar("Value")
Default = TypeVar("Default")


class Environment:
    """Environment variables of this process. An empty one counts as not set.

    A wrong value is noted and the default is used in its place, so that `check` can name all of them at once.
    """

    def __init__(self, variables: Mapping[builtins.str, builtins.str]) -> None:
        self._variables = variables
        self._known: set[builtins.str] = set()
        self._wrong: builtins.list[builtins.str] = []

    def parsed(
        self, name: builtins.str, *, default: Default, by: Callable[[builtins.str], Value]
    ) -> Value | Default:
        """Read a variable with the parser `by`, whose ValueError says what to print after the variable's name."""
        self._known.add(name)
        text = self._variables.get(name, "").strip()
        if not text:
            return default
        try:
            return by(text)
        except ValueError as error:
            self._wrong.append(f"{name}: {error}")
            return default

    def url(self, name: builtins.str, *, default: builtins.str, by: Callable[[builtins.str], Value]) -> Value:
        """Read an address with the parser `by`, which is applied to the default as well."""
        return self.parsed(name, default=None, by=by) or by(default)

    def str(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        return self.parsed(name, default=default, by=builtins.str)

    def line(self, name: builtins.str, *, default: builtins.str) -> builtins.str:
        """Read a text on one line, as a heading or the subject of a mail needs it."""
        return self.parsed(name, default=default, by=_one_line)

    def bool(self, name: builtins.str, *, default: builtins.bool) -> builtins.bool:
        return self.parsed(name, default=default, by=switch)

    def one_of(
        self, name: builtins.str, *, default: builtins.str, choices: Sequence[builtins.str]
    ) -> builtins.str:
        """Read one of a few words."""
        return self.parsed(name, default=default, by=lambda text: _chosen(text, choices))

    def int(
        self,
        name: builtins.str,
        *,
        default: builtins.int,
        minimum: builtins.int = 1,
        maximum: builtins.int | None = None,
    ) -> builtins.int:
        """Read a whole number. The minimum is 1 unless given: as a limit, zero would refuse everything."""
        return self.parsed(name, default=default, by=lambda text: _whole_number(text, minimum, maximum))

    def float(self, name: builtins.str, *, default: builtins.float) -> builtins.float:
        """Read a number above zero."""
        return self.parsed(name, default=default, by=_number_above_zero)

    def path(self, name: builtins.str, *, default: Path) -> Path:
        """Read a directory, which need not exist yet; `~` is the home of the process's user."""
        return self.parsed(name, default=default, by=_directory).resolve()

    def list(
        self,
        name: builtins.str,
        *,
        default: Sequence[Value],
        by: Callable[[builtins.str], Value],
    ) -> builtins.list[Value]:
        """Read entries between commas, each with the parser `by`."""

        def entries(text: builtins.str) -> builtins.list[Value]:
            return [by(entry.strip()) for entry in text.split(",") if entry.strip()]

        return builtins.list(self.parsed(name, default=default, by=entries))

    def check(self) -> None:
        """Check the variables, after everything was read. Raises ImproperlyConfigured with a line for each wrong one.

        Variables of ours that nothing reads are named on standard error, once and not by every worker.
        """
        if self._wrong:
            raise ImproperlyConfigured("\n".join(self._wrong))
        if parent_process() is None:
            for name in sorted(self._variables):
                if name.startswith(PREFIX) and name not in self._known:
                    print(f"{name} is no setting and is ignored.{self._meant_by(name)}", file=sys.stderr)

    def _meant_by(self, name: builtins.str) -> builtins.str:
        known = [other.removeprefix(PREFIX) for other in self._known if other.startswith(PREFIX)]
        nearest = difflib.get_close_matches(name.removeprefix(PREFIX), sorted(known), n=1)
        return f" Did you mean {PREFIX}{nearest[0]}?" if nearest else ""


def switch(text: str) -> bool:
    """Parse on or off. Raises ValueError for anything else."""
    if text.lower() not in ON + OFF:
        raise ValueError(f"{text!r} is neither on nor off.")
    return text.lower() in ON


def same_site(text: str, *, is_secure: bool) -> str:
    """Parse the SameSite attribute of a cookie. Raises ValueError for None where the cookie is not a secure one."""
    value = _chosen(text, SAME_SITE)
    if value == "None" and not is_secure:
        raise ValueError("None needs COURSES_HTTPS=on: browsers drop such a cookie without Secure.")
    return value


def _chosen(text: str, choices: Sequence[str]) -> str:
    for choice in choices:
        if choice.lower() == text.lower():
            return choice
    raise ValueError(f"{text!r} is none of {', '.join(choices)}.")


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"{text!r} must be one line of text.")
    return text


def _whole_number(text: str, minimum: int, maximum: int | None) -> int:
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number.") from None
    if number < minimum:
        raise ValueError(f"must be at least {minimum}, not {number}.")
    if maximum is not None and number > maximum:
        raise ValueError(f"must be at most {maximum}, not {number}.")
    return number


def _number_above_zero(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a number.") from None
    if not (number > 0 and math.isfinite(number)):
        raise ValueError(f"must be more than 0, not {text}.")
    return number


def _directory(text: str) -> Path:
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError(f"there is no home directory for {text!r}.") from None
    if path.exists() and not path.is_dir():
        raise ValueError(f"{text!r} is not a directory.")
    return path
