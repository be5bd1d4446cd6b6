"""Refuse a commit message whose subject is not `area: verb ...` in at most 72 characters.

    python scripts/check_commit_message.py FILE

FILE holds the message, as git hands it to a commit-msg hook. Prints what is wrong and exits with 1.
"""

import re
import sys
from pathlib import Path

LONGEST_SUBJECT = 72
SUBJECT = re.compile(r"[a-z][a-z0-9_./-]*(, [a-z0-9_./-]+)*: [a-z]\S*( \S+)*")


def faults(message: str) -> list[str]:
    """What is wrong with a message: its subject's length or form, or a body without an empty line before it."""
    subject, *body = [line for line in message.splitlines() if not line.startswith("#")] or [""]
    found = []
    if len(subject) > LONGEST_SUBJECT:
        found.append(f"The subject has {len(subject)} characters; at most {LONGEST_SUBJECT} are allowed.")
    if not SUBJECT.fullmatch(subject):
        found.append("The subject must read `area: verb ...`, such as `attempts: refuse answers of others`.")
    if body and body[0]:
        found.append("Leave the second line empty: the body says why.")
    return found


if __name__ == "__main__":
    wrong = faults(Path(sys.argv[1]).read_text(encoding="utf-8"))
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)
