"""Secrets that a deployment makes for itself at the first start and keeps beside its data."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """The secret in `path`, which only its owner may read; made when there is none.

    It appears whole or not at all, so that processes which start at once agree on one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, draft = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "w") as file:
                file.write(make())
            os.link(draft, path)
        except FileExistsError:
            pass  # another process was first
        finally:
            os.unlink(draft)
    return path.read_text()


def new_signing_key() -> str:
    """An RSA key in PEM, with which ID tokens are signed (RS256)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
