"""Option of every command."""

from argparse import ArgumentParser
from pathlib import Path


def add_data_directory_argument(parser: ArgumentParser) -> None:
    """List --data-dir among a command's options. manage.py takes it before there are settings, which it changes."""
    parser.add_argument(
        "--data-dir", type=Path, help="where the embedded database keeps its files, as COURSES_DATA_DIR says"
    )
