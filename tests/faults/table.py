"""Table of what was played: one line for each fault."""

from collections.abc import Sequence

from tests.faults.judging import Breach
from tests.faults.playing import Played

HEAD = (
    "fault",
    "operations",
    "acknowledged",
    "reads",
    "by replicas",
    "lost",
    "doubled",
    "other breaches",
    "not acknowledged, by code",
    "recovery, s",
)
LOST = (Breach.LOST, Breach.NOT_SHOWN, Breach.EVENT_MISSED, Breach.WEBHOOK_MISSED)
DOUBLED = (Breach.DOUBLED, Breach.KEY_TWICE, Breach.EVENT_DOUBLED)


def line(played: Played) -> tuple[str, ...]:
    """The cells of one fault."""
    breaches = played.breaches
    lost, doubled = (sum(breaches[each] for each in kinds) for kinds in (LOST, DOUBLED))
    codes = ", ".join(f"{code} {number}" for code, number in sorted(played.history.codes().items()))
    return (
        played.name,
        str(len(played.history.operations())),
        str(played.acknowledged),
        str(len(played.history.reads)),
        "" if played.reads_by_replicas is None else str(played.reads_by_replicas),
        str(lost),
        str(doubled),
        str(len(played.findings) - lost - doubled),
        codes or "none",
        f"{played.recovery_seconds:.2f}",
    )


def left_out(name: str, reason: str) -> tuple[str, ...]:
    """The cells of a fault that could not be played."""
    return (name, f"left out: {reason}", *[""] * (len(HEAD) - 2))


def table(lines: Sequence[tuple[str, ...]]) -> str:
    """Lines under their head, in Markdown."""
    rows = [HEAD, *lines]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([texts[0], rule, *texts[1:]])
