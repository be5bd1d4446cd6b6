"""Commands that need no database and no secret start none and make none."""

from pathlib import Path

import pytest

from tests.config.deployments import manage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "command",
    [
        ("help",),
        ("version",),
        ("check",),
        ("serve", "--help"),
        ("demo", "--help"),
        ("create_access_token", "--help"),
        ("install_graphiql", "--help"),
        ("serve", "--port", "99999"),
    ],
    ids=" ".join,
)
def test_what_needs_nothing_leaves_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    data = tmp_path / "data"

    manage(tmp_path, *command, "--data-dir", str(data))

    assert not data.exists()


def test_help_says_what_there_is_to_choose(tmp_path: Path) -> None:
    code, said, wrong = manage(tmp_path, "create_access_token", "--help")

    assert (code, wrong) == (0, "")
    assert "--data-dir DATA_DIR" in said


def test_every_command_takes_the_data_directory_wherever_it_stands(tmp_path: Path) -> None:
    show = ("shell", "--no-imports", "-c", "from django.conf import settings; print(settings.DATA_DIR)")

    assert manage(tmp_path, *show, "--data-dir", str(tmp_path / "a"))[1] == f"{tmp_path / 'a'}\n"
    assert manage(tmp_path, f"--data-dir={tmp_path / 'b'}", *show)[1] == f"{tmp_path / 'b'}\n"
    assert manage(tmp_path, *show)[1] == f"{tmp_path}\n"


def test_a_data_directory_that_is_not_named_is_asked_for(tmp_path: Path) -> None:
    assert manage(tmp_path, "serve", "--data-dir") == (
        2,
        "",
        "usage: manage.py COMMAND --data-dir DIR\nmanage.py: error: argument --data-dir: expected one argument\n",
    )
