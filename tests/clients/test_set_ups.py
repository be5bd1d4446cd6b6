"""What the set-ups of clients say of the schema is all of it, and every package says which Node.js it is for."""

import json
import re
from collections import defaultdict
from pathlib import Path

from graphql import GraphQLNonNull, GraphQLObjectType

from schema.root import schema

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (ROOT / "tests/clients/typescript/apps/shape.ts").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
NOT_STORED = re.compile(r"^__|^(Query|Mutation|Subscription|Viewer|PageInfo)$|(Connection|Edge|Payload)$")
INSTALLED = re.compile(r"(^|/)(\.[^/]+|node_modules)/")
NODE_VERSIONS = ">=20.19"


def _types() -> list[GraphQLObjectType]:
    types = schema._schema.type_map.values()
    return [type_ for type_ in types if isinstance(type_, GraphQLObjectType)]


def _names(text: str) -> list[str]:
    return re.findall(r'"(\w+)"', text)


def test_caches_know_every_type_without_an_id() -> None:
    expected = {type_.name for type_ in _types() if "id" not in type_.fields}
    stored = sorted(name for name in expected if not NOT_STORED.search(name))
    assert _names(SHAPE.partition("EMBEDDED = [")[2]) == stored


def test_caches_know_every_connection_that_is_never_null() -> None:
    expected = defaultdict(list)
    for type_ in _types():
        for name, field in sorted(type_.fields.items()):
            if isinstance(field.type, GraphQLNonNull) and str(field.type).endswith("Connection!"):
                expected[type_.name].append(name)
    rows = re.findall(r"^  (\w+): \[(.*)\],$", SHAPE, re.MULTILINE)
    assert {type_: _names(fields) for type_, fields in rows} == expected


def test_every_package_of_npm_says_which_node_it_is_for() -> None:
    packages = [path.relative_to(ROOT) for path in ROOT.rglob("package.json")]
    ours = [path for path in packages if not INSTALLED.search(str(path))]
    said = {str(path): _engine(ROOT / path) for path in ours}
    assert "schema/graphiql/package.json" in said
    assert said == dict.fromkeys(said, NODE_VERSIONS)


def _engine(package: Path) -> str | None:
    engines = json.loads(package.read_text(encoding="utf-8")).get("engines", {})
    node: str | None = engines.get("node")
    return node
