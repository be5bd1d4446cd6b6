"""README's map, noun by layer, is the tree as it is."""

import tomllib

from tests.architecture.the_map import LAYERS, MARKED, NOUNS, README, ROOT, SHARED, table


def test_the_map_in_readme_is_true() -> None:
    """When this fails: `uv run python -m tests.architecture.the_map`."""
    found = MARKED.search(README.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == table()


def test_the_nouns_are_the_packages_of_the_api() -> None:
    """The import contract names every package of `schema`, so a new noun cannot be forgotten here."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [layers] = (
        contract["layers"]
        for contract in project["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == ["schema"]
    )
    packages = {name.strip() for layer in layers for name in layer.split(":")}
    others = {
        "root",
        "application",
        "network",
        "documents",
        "core",
        "context",
        "dataloaders",
        "execution",
        "graphiql",
    }
    assert set(NOUNS) - {SHARED} == packages - others


def test_no_noun_claims_a_module_that_is_gone() -> None:
    there = {module.stem for directory in LAYERS.values() for module in directory.glob("*.py")}
    assert {module for claimed in NOUNS.values() for module in claimed} - there == set()
