"""GraphiQL with stand-ins for its third-party files, so that no test downloads them."""

from pathlib import Path
from typing import Any

import pytest

from schema.graphiql.installation import third_party_files


@pytest.fixture
def not_installed(settings: Any, tmp_path: Path) -> None:
    """A directory in which nothing is."""
    settings.GRAPHIQL_DIR = tmp_path


@pytest.fixture
def installed(not_installed: None) -> None:
    """A directory that has every third-party file, each holding its own name a hundred times."""
    for name, path in third_party_files().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name * 100)


@pytest.fixture
def quick_passwords(settings: Any) -> None:
    """Hash passwords in no time: these tests are not about the hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
