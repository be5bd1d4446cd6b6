"""Secrets that a deployment generates at the first start and keeps beside its data.

In settings they are lazy texts, so that a command which needs none generates none.
"""

import os
import secrets
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import lazy

LEAST_BITS = 2048


def secret_key(directory: Path) -> str:
    """Return the key that signs sessions, where COURSES_SECRET_KEY does not give it."""
    return _when_used("COURSES_SECRET_KEY", directory / "secret_key", lambda: secrets.token_urlsafe(64), str)


def signing_key(directory: Path) -> str:
    """Return the key that signs ID tokens, where COURSES_SIGNING_KEY does not give it."""
    return _when_used("COURSES_SIGNING_KEY", directory / "signing_key.pem", new_signing_key, rsa_key)


def _when_used(setting: str, path: Path, make: Callable[[], str], check: Callable[[str], str]) -> str:
    """Return lazy text. Its first use raises ImproperlyConfigured when it can be neither read nor kept, or is wrong."""

    @cache
    def secret() -> str:
        try:
            return check(kept_secret(path, make))
        except OSError as error:
            reason = f"none is set, and none can be kept in {path}: {error.strerror}."
        except ValueError as error:
            reason = f"none is set, and {path} {error}"
        raise ImproperlyConfigured(f"{setting}: {reason}")

    text: str = lazy(secret, str)()
    return text


def kept_secret(path: Path, make: Callable[[], str]) -> str:
    """Return the secret in `path`, which only its owner may read; generate it when there is none.

    The file is created atomically, so that processes which start at once agree on one secret.
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
    """Return a new RSA key in PEM, with which ID tokens are signed (RS256)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=LEAST_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def rsa_key(pem: str) -> str:
    """Return the PEM of a key that can sign ID tokens. Raises ValueError for anything else."""
    pem = pem.replace("\\r", "").replace("\\n", "\n")  # escaped where a variable must be a single line
    try:
        key = serialization.load_pem_private_key(pem.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < LEAST_BITS:
        raise ValueError(
            f"is no RSA private key in PEM, without a passphrase and of {LEAST_BITS} bits or more."
        )
    return pem
