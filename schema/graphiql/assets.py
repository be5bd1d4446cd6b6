"""Assets of the page: our own beside this module, and the installed third-party ones.

They are an allow-list of names, so no name in an address reaches any other file. The address holds a digest of their
content, so browsers may cache them for ever.
"""

import hashlib
from functools import cache
from pathlib import Path

from schema.graphiql.installation import MANIFEST, third_party_files

ADDRESS = "graphql/static"
DIRECTORY = Path(__file__).parent
MEDIA_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".graphql": "text/plain; charset=utf-8",
}


def asset_file(name: str) -> Path | None:
    """Return the path of an asset; None when there is no such asset, or it is not installed."""
    path = (own_files() | third_party_files()).get(name)
    return path if path is not None and path.is_file() else None


@cache
def own_files() -> dict[str, Path]:
    """Return our own assets by name: `start.js`, `examples/index.json`."""
    named = {path.name: path for path in sorted((DIRECTORY / "static").iterdir())}
    examples = {f"examples/{path.name}": path for path in sorted((DIRECTORY / "examples").iterdir())}
    return named | examples


@cache
def version() -> str:
    """Return a digest of all assets: of our own, and of the manifest, which has the digests of the others."""
    digest = hashlib.sha256(MANIFEST.read_bytes())
    for name, path in own_files().items():
        digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def address_of(name: str) -> str:
    return f"/{ADDRESS}/{version()}/{name}"


def media_type_of(name: str) -> str:
    return MEDIA_TYPES[Path(name).suffix]
