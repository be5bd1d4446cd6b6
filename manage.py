#!/usr/bin/env python
"""Run a management command: `manage.py help` lists them."""

import os
import sys
from argparse import ArgumentParser

from django.core.management import execute_from_command_line

from config.failures import MENDABLE, what_to_do


def main(arguments: list[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    arguments = take_data_directory(arguments)
    if "serve" in arguments[1:2]:
        os.environ.setdefault("COURSES_LOG_REQUESTS", "on")  # for its workers too, who read it themselves
    try:
        execute_from_command_line(arguments)
    except MENDABLE as failure:
        said = what_to_do(failure)
        if said is None or "--traceback" in arguments:
            raise
        sys.exit(said)


def take_data_directory(arguments: list[str]) -> list[str]:
    """The arguments without --data-dir, which goes with every command.

    Settings need it, and they are read before any command parses its options.
    """
    parser = ArgumentParser(
        prog="manage.py", usage="manage.py COMMAND --data-dir DIR", add_help=False, allow_abbrev=False
    )
    parser.add_argument("--data-dir")
    found, others = parser.parse_known_args(arguments)
    if found.data_dir:
        os.environ["COURSES_DATA_DIR"] = found.data_dir
    return others


if __name__ == "__main__":
    main(sys.argv)
