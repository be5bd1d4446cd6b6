"""Positions in PostgreSQL's write-ahead log: what was written before one can be read wherever it has been replayed."""

import re
from typing import NamedTuple

_WRITTEN = re.compile(r"(\d{1,10})-([0-9A-F]{1,8})/([0-9A-F]{1,8})", re.ASCII)


class WalPosition(NamedTuple):
    """Byte of the log on a timeline, a number that grows with every failover.

    A later one includes all that was written before an earlier one, and was not lost by a failover since.
    """

    timeline: int
    byte: int

    @classmethod
    def parse(cls, text: str) -> "WalPosition":
        """Parse `1-0/3000148`: a timeline, and a position as PostgreSQL writes it. Raises ValueError."""
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no position such as 1-0/3000148.")
        timeline, segment, offset = found.groups()
        return cls(int(timeline), int(segment, 16) << 32 | int(offset, 16))

    def __str__(self) -> str:
        return f"{self.timeline}-{self.byte >> 32:X}/{self.byte & 0xFFFFFFFF:X}"


ANYWHERE = WalPosition(0, 0)
"""Position that is replayed everywhere: that of somebody who has not written."""
