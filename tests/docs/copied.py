"""Blocks of the documentation that are copies of files which run: a page says `<!-- copy of PATH -->` and shows it.

`uv run python -m tests.docs.copied` copies every file into its block anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

_BLOCK = re.compile(
    r"(?P<head><!-- copy of (?P<path>\S+) -->\n)(?P<copy>.*?)(?P<foot><!-- /copy -->)", re.DOTALL
)
_LANGUAGES = {".graphql": "graphql", ".json": "json", ".py": "python", ".ts": "ts"}


def copies(page: str) -> Iterator[tuple[str, str]]:
    """The path that each block of a page names, and what stands in the block."""
    for block in _BLOCK.finditer(page):
        yield block["path"], block["copy"]


def block_of(path: str) -> str:
    """What should stand in the block of a file: all of it, fenced."""
    file = ROOT / path
    return f"```{_LANGUAGES[file.suffix]}\n{file.read_text(encoding='utf-8')}```\n"


def renewed(page: str) -> str:
    return _BLOCK.sub(lambda block: block["head"] + block_of(block["path"]) + block["foot"], page)


if __name__ == "__main__":
    for path in PAGES:
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
