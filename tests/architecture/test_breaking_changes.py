"""The check of CI that a change of the SDL which breaks clients stands in CHANGELOG."""

import importlib.util
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from django.conf import settings

BEFORE = "type Query { course(slug: String): Course }  type Course { id: ID!  title: String!  price: String }"
WITHOUT_PRICE = "type Query { course(slug: String): Course }  type Course { id: ID!  title: String! }"
SENTENCE = "Field Course.price was removed."


def _check() -> ModuleType:
    path = settings.BASE_DIR / ".ci" / "check_breaking_changes.py"
    spec = importlib.util.spec_from_file_location("check_breaking_changes", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


check = _check()


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (WITHOUT_PRICE, SENTENCE),
        (
            BEFORE.replace("title: String!", "title: String"),
            "Field Course.title changed type from String! to String.",
        ),
        (
            BEFORE.replace("slug: String", "slug: String!"),
            "Argument Query.course(slug:) has changed type from String to String!.",
        ),
        (
            BEFORE.replace("slug: String", "slug: String, language: String!"),
            "A required argument Query.course(language:) was added.",
        ),
    ],
)
def test_a_change_that_breaks_clients_is_named(after: str, sentence: str) -> None:
    assert check.unannounced(before=BEFORE, after=after, changelog="") == [sentence]


@pytest.mark.parametrize(
    "after",
    [
        BEFORE + " type Lesson { id: ID! }",
        BEFORE.replace("price: String", "price: String!"),
        BEFORE.replace("slug: String", "slug: String, language: String"),
        f'"""What can be asked."""\n{BEFORE}',
    ],
)
def test_an_addition_breaks_nobody(after: str) -> None:
    assert check.unannounced(before=BEFORE, after=after, changelog="") == []


def test_a_change_that_stands_under_unreleased_may_land_however_it_is_wrapped() -> None:
    changelog = "# Changelog\n\n## Unreleased\n\n- Field `Course.price`\n  was removed.\n\n## 1.0.0\n"
    assert check.unannounced(before=BEFORE, after=WITHOUT_PRICE, changelog=changelog) == []


def test_what_an_older_release_announced_does_not_count() -> None:
    changelog = f"# Changelog\n\n## Unreleased\n\n## 1.0.0\n\n- {SENTENCE}\n"
    assert check.unannounced(before=BEFORE, after=WITHOUT_PRICE, changelog=changelog) == [SENTENCE]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose SDL was committed twice, `BEFORE` and then without the price."""
    (tmp_path / "schema").mkdir()
    _git(tmp_path, "init", "--quiet")
    for sdl in (BEFORE, WITHOUT_PRICE):
        (tmp_path / check.SDL).write_text(sdl)
        _git(tmp_path, "add", ".")
        _git(
            tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "-m", "SDL"
        )
    return tmp_path


def _git(directory: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=directory, check=True)


@pytest.mark.slow
def test_an_sdl_that_is_not_committed_is_compared_with_the_last_commit(repository: Path) -> None:
    assert check.published_before("type Query { new: Int }", None, repository) == WITHOUT_PRICE


@pytest.mark.slow
def test_a_committed_sdl_is_compared_with_the_one_before_it(repository: Path) -> None:
    assert check.published_before(WITHOUT_PRICE, None, repository) == BEFORE


@pytest.mark.slow
def test_a_base_can_be_named(repository: Path) -> None:
    assert check.published_before("type Query { new: Int }", "HEAD~1", repository) == BEFORE


@pytest.mark.slow
def test_without_an_earlier_sdl_there_is_nothing_to_compare(tmp_path: Path) -> None:
    assert check.published_before(BEFORE, None, tmp_path) is None
