"""Relay global ids, as every part of the server writes them: the API, and what it sends to other systems."""

import base64


def encode(type_name: str, key: object) -> str:
    """Return the id of a row: base64 of `TypeName:key`, which holds no character that a path has to escape."""
    return base64.b64encode(f"{type_name}:{key}".encode()).decode()
