"""Faults of the whole: each in the midst of a load of eight savers, judged by what they were told.

    uv run python -m tests.faults                 every fault, a thousand operations before and after each
    uv run python -m tests.faults --only "worker killed" --seed 7

Prints a table. With `--output DIRECTORY` the history of each fault is kept there, a line for each request.
"""

import argparse
import os
import random
import sys
import tempfile
from pathlib import Path

import django

OPERATIONS = 1_000


def main() -> int:
    """Play what the options ask; return 1 where a rule is broken."""
    options = _options()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from tests.faults import table
    from tests.faults.playing import Ground, play
    from tests.faults.scenarios import SCENARIOS

    lines, broken = [], 0
    with tempfile.TemporaryDirectory(prefix="faults-server-") as directory, Ground(Path(directory)) as ground:
        for scenario in SCENARIOS:
            if options.only and scenario.name not in options.only:
                continue
            if reason := scenario.reason_against(ground):
                lines.append(table.left_out(scenario.name, reason))
                continue
            print(f"{scenario.name}, seed {options.seed}", file=sys.stderr)
            played = play(scenario, ground, operations=options.operations, seed=options.seed)
            lines.append(table.line(played))
            broken += len(played.findings)
            for finding in played.findings:
                print(f"  {finding.breach}: {finding.by}", file=sys.stderr)
            if options.output:
                options.output.mkdir(parents=True, exist_ok=True)
                played.history.write(options.output / f"{scenario.name}.jsonl")
    print(table.table(lines))
    return 1 if broken else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="*", help="names of faults; all without")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="what the savers do")
    parser.add_argument("--operations", type=int, default=OPERATIONS, help="before and after each fault")
    parser.add_argument("--output", type=Path, help="where to keep the histories")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
