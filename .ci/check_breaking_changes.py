"""Fail when the published SDL breaks clients and CHANGELOG's Unreleased section does not say so.

    uv run python .ci/check_breaking_changes.py [--base REF]

The SDL of the work tree is compared with the last committed one that differs from it, or with that of REF. What
breaks a client is what graphql-core finds: something taken away, or a type that no longer fits. Each sentence that
is printed belongs into CHANGELOG as it stands; white space and code marks do not matter.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

from graphql import build_schema, find_breaking_changes

ROOT = Path(__file__).resolve().parent.parent
SDL = "schema/schema.graphql"


def unannounced(*, before: str, after: str, changelog: str) -> list[str]:
    """The changes from one SDL to another that break clients and are not named under Unreleased."""
    announced = _bare(unreleased(changelog))
    changes = find_breaking_changes(build_schema(before), build_schema(after))
    sentences = sorted({change.description for change in changes})
    return [sentence for sentence in sentences if _bare(sentence) not in announced]


def unreleased(changelog: str) -> str:
    """The text between the heading `## Unreleased` and the next release."""
    section = re.search(r"^## Unreleased$(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL)
    return section[1] if section else ""


def published_before(current: str, base: str | None, root: Path = ROOT) -> str | None:
    """The SDL to compare with; None when there is no earlier one, as in the first commit or a shallow clone."""
    if base is not None:
        return _committed(base, root)
    commits = _git(root, "log", "--format=%H", "--", SDL)
    for commit in (commits or "").split():
        earlier = _committed(commit, root)
        if earlier is not None and earlier.strip() != current.strip():
            return earlier
    return None


def _committed(commit: str, root: Path) -> str | None:
    return _git(root, "show", f"{commit}:{SDL}")


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints, or None when it refuses."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else None


def _bare(text: str) -> str:
    return " ".join(text.replace("`", "").split())


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--base", metavar="REF", help="the commit to compare with")
    after = (ROOT / SDL).read_text(encoding="utf-8")
    before = published_before(after, parser.parse_args().base)
    if before is None:
        print("There is no earlier SDL to compare with.")
        return 0
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    missing = unannounced(before=before, after=after, changelog=changelog)
    for sentence in missing:
        print(f"Breaks clients, and CHANGELOG does not say so: {sentence}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
