#!/usr/bin/env python
"""Run a management command: `manage.py help` lists them."""

import os
import sys

from django.core.management import execute_from_command_line


def data_directory(arguments: list[str]) -> str | None:
    """The value of --data-dir: settings need it, and they are read before any command parses its options."""
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, given, value = argument.partition("=")
        if option == "--data-dir":
            return value if given else following
    return None


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if directory := data_directory(sys.argv):
        os.environ["COURSES_DATA_DIR"] = directory
    if "serve" in sys.argv[1:2]:
        os.environ.setdefault("COURSES_LOG_REQUESTS", "on")  # for its workers too, who read it themselves
    execute_from_command_line(sys.argv)
