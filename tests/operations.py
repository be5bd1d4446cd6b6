"""The operations that real clients send: schema/operations/<name>.graphql, one named operation each."""

from pathlib import Path

_DIRECTORY = Path(__file__).parent / "schema" / "operations"


def operation(name: str) -> str:
    """The document of an operation, with the fragments it uses."""
    return (_DIRECTORY / f"{name}.graphql").read_text()
