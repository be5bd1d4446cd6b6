"""The documentation says what is: copies are equal, links lead somewhere, tables are complete."""

import re
from pathlib import Path

import pytest
from graphql import GraphQLEnumType

from courses.constants import Scope
from schema.core.error_codes import ErrorCode
from schema.root import schema
from tests.docs.copied import PAGES, ROOT, block_of, copies
from tests.docs.settings_read import COMPUTED, read_from_environment, shown

README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
PARTNERS = (ROOT / "docs" / "partners.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_shows_of_a_file_is_the_file(page: Path) -> None:
    """When this fails: `uv run python -m tests.docs.copied`."""
    for path, copy in copies(page.read_text(encoding="utf-8")):
        assert copy == block_of(path), path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_to_a_file_and_a_heading(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not heading or heading in _headings(linked), target


def _headings(page: Path) -> set[str]:
    """The names by which headings of a page are linked."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def test_readme_leads_to_every_page() -> None:
    linked = set(re.findall(r"\]\((docs/[\w-]+\.md)", README))
    assert linked == {page.relative_to(ROOT).as_posix() for page in PAGES if page.parent.name == "docs"}


def test_every_file_that_contributors_are_sent_to_is_there() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:\.?[\w-]+/)+[\w.-]*)`", page)
    assert [path for path in named if not (ROOT / path).exists()] == []
    assert len(named) > 40


# ---------------------------------------------------------------- for operators


def _settings_table() -> dict[str, str]:
    """Each variable of the table with the default that is printed beside it, without code marks."""
    rows = re.findall(r"^\| `([A-Z_]+)` \|([^|]*)\|", OPERATORS, re.MULTILINE)
    return {name: default.strip(" `") for name, default in rows}


def test_the_table_of_settings_names_every_variable_that_is_read_and_no_other() -> None:
    table = _settings_table()
    assert sorted(set(table) ^ set(read_from_environment())) == []


def test_the_table_of_settings_has_the_defaults_that_are_read() -> None:
    table = _settings_table()
    plain = {
        name: shown(value) for name, value in read_from_environment().items() if value not in (COMPUTED, "")
    }
    assert {name: table[name] for name in plain} == plain


def test_every_command_is_in_the_table_of_commands() -> None:
    commands = (
        path
        for app in ("courses", "config")
        for path in (ROOT / app / "management" / "commands").glob("*.py")
    )
    expected = {path.stem for path in commands if path.stem != "__init__"}
    assert set(re.findall(r"^\| `manage\.py (\w+)", OPERATORS, re.MULTILINE)) == expected


# ---------------------------------------------------------------- for partners


def test_partners_are_told_of_every_mutation_whether_it_may_be_repeated() -> None:
    mutation = schema._schema.mutation_type
    assert mutation is not None
    table = PARTNERS.partition("## Repeating a mutation")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(mutation.fields)


def _published_names() -> set[str]:
    """Every name in capitals that a page may use: codes, enum values, settings, methods of HTTP."""
    enums = (type_ for type_ in schema._schema.type_map.values() if isinstance(type_, GraphQLEnumType))
    values = {value for type_ in enums for value in type_.values}
    others = {"GET", "HEAD", "POST", "DELETE", "OPTIONS", "ID", "COURSES_URL"}
    return values | set(ErrorCode.__members__) | set(read_from_environment()) | others


@pytest.mark.parametrize("name", ["single-page-apps", "partners", "operators"])
def test_codes_values_and_scopes_that_a_page_names_exist(name: str) -> None:
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`([A-Z]{2,}(?:_[A-Z]+)*)`", text)) - _published_names() == set()
    assert set(re.findall(r"`([a-z]+:(?:read|write))`", text)) - set(Scope.values) == set()
