"""The map of the code, noun by layer, made from the files that are there: README's table.

`uv run python -m tests.architecture.the_map` writes it into README anew.
"""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MARKED = re.compile(r"(?<=<!-- the map -->\n).*?(?=<!-- /the map -->)", re.DOTALL)

SHARED = "for all of them"
NOUNS = {
    "catalog": {
        "course_authoring",
        "course_removal",
        "enrollment",
        "instructors",
        "participation",
        "progress",
    },
    "assessments": {
        "assessment_authoring",
        "question_authoring",
        "question_drafts",
        "question_editing",
        "question_keys",
        "question_versions",
    },
    "attempts": {
        "answer_key",
        "answer_keys",
        "attempt_answers",
        "attempt_endings",
        "attempt_interventions",
        "attempt_responses",
        "attempt_starts",
        "attempt_time",
        "rendered_facts",
    },
    "accommodations": set[str](),
    "grading": {"explaining", "regrading", "results"},
    "reviews": {"moderation"},
    "exports": set[str](),
    "notes": set[str](),
    "activity": {"activity_archives", "archives"},
    "statistics": {"course_figures", "item_analysis", "learner_figures", "streaks"},
    "notifications": set[str](),
    "events": set[str](),
    "people": {"erasure", "profiles"},
    "tokens": {
        "access_tokens",
        "cost_buckets",
        "events",
        "expired_rows",
        "partner_grants",
        "partner_tokens",
        "partners",
        "token_authentication",
    },
    "webhooks": {
        "webhook_bodies",
        "webhook_credentials",
        "webhook_deliveries",
        "webhook_endpoints",
        "webhook_secrets",
        "webhook_sending",
        "webhook_turns",
    },
    "viewer": set[str](),
    SHARED: {
        "analytics",
        "authoring",
        "authorship",
        "backlogs",
        "base",
        "changes",
        "documents",
        "idempotency",
        "freshness",
        "inlining",
        "last_writes",
        "paging",
        "plans",
        "problems",
        "registry",
        "search",
        "sources",
        "statements",
    },
}
"""Each noun, with the modules that are about it and not named like it."""

LAYERS = {
    "the API: `schema/<noun>/`": ROOT / "schema",
    "batched reads: `schema/dataloaders/`": ROOT / "schema" / "dataloaders",
    "writes: `courses/services/`": ROOT / "courses" / "services",
    "reads: `courses/selectors/`": ROOT / "courses" / "selectors",
    "who may: `courses/policies/`": ROOT / "courses" / "policies",
    "what is stored: `courses/models/`": ROOT / "courses" / "models",
}


def table() -> str:
    """The table in Markdown. Raises KeyError for a module that no noun claims."""
    cells = [_cells(directory) for directory in LAYERS.values()]
    header = ["", *LAYERS]
    rows = [[f"**{noun}**", *(", ".join(layer[noun]) for layer in cells)] for noun in NOUNS]
    return "\n".join(_line(row) for row in [header, ["---"] * len(header), *rows]) + "\n"


def _line(cells: list[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def _cells(directory: Path) -> dict[str, list[str]]:
    """By noun the modules of a layer; of the API those in the noun's own package."""
    is_api = directory.name == "schema"
    modules = directory.glob("*/*.py") if is_api else directory.glob("*.py")
    cells = defaultdict(list)
    for module in sorted(modules):
        if module.stem == "__init__" or (is_api and module.parent.name not in NOUNS):
            continue
        cells[module.parent.name if is_api else _noun(module.stem)].append(f"`{module.stem}`")
    return cells


def _noun(module: str) -> str:
    """Which noun a module is about: the one it is named like, or the one that claims it."""
    if module in NOUNS:
        return module
    claims = [noun for noun, modules in NOUNS.items() if module in modules]
    if len(claims) != 1:
        raise KeyError(f"{module}: say in tests/architecture/the_map.py which noun it is about")
    return claims[0]


if __name__ == "__main__":
    README.write_text(MARKED.sub(lambda _: table(), README.read_text(encoding="utf-8")), encoding="utf-8")
