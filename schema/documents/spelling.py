"""Normal form of documents that differ only in white space, commas and comments, and the source map back.

Documents are cached, read and executed in this form: every token, or run of tokens, verbatim, and a space between two.
Errors have the locations of the text that the client sent.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import accumulate, islice

from django.conf import settings
from graphql import SourceLocation

MAX_NAME_LENGTH = 128

_SEGMENT = re.compile(
    r"""
    [\t\n\r ,\ufeff]*+ (?: \#[^\n\r]*+ [\t\n\r ,\ufeff]*+ )*+       # what GraphQL ignores
    (
        [!$&():=@\[\]{}|] | \.\.\.
      | [_A-Za-z]\w*+
      | -?[0-9][\w.+-]*+                                            # what follows without a gap belongs to it
      | \"""(?: [^"\\]++ | \\\""" | \\(?!\""") | "(?!"") )*\"""    # its parts exclude each other: nothing to try twice
      | "(?!"")(?: [^"\\\n\r]++ | \\[^\n\r] )*"
      | [\s\S]+                                                     # no token: the lexer tells what is wrong
      | \Z
    )
    """,
    re.VERBOSE | re.ASCII,
)


@dataclass(frozen=True)
class Spelling:
    """Normalised document. One with too many tokens is cut after the first one too many, which the parser refuses."""

    text: str
    tokens: int
    longest_name: int


def spell(query: str) -> Spelling:
    """Normalise `query`, in linear time."""
    segments = [match[1] for match in _segments(query)]
    names = (len(each) for each in segments if len(each) > MAX_NAME_LENGTH and each.isidentifier())
    return Spelling(" ".join(segments), len(segments), max(names, default=0))


def places_in(query: str, positions: Collection[int]) -> dict[int, SourceLocation]:
    """Map positions in the normal form of `query` to line and column in `query`, in one pass."""
    matches = list(_segments(query))
    spelled = [0, *accumulate(len(match[1]) + 1 for match in matches)]
    lines = query.replace("\r\n", " \n").replace("\r", "\n")
    found: dict[int, SourceLocation] = {}
    line, counted = 1, 0
    for position in sorted(set(positions)):
        place = len(query)
        if position < spelled[-1] - 1:
            index = bisect_right(spelled, position) - 1
            place = matches[index].start(1) + position - spelled[index]
        line += lines.count("\n", counted, place)
        counted = place
        found[position] = SourceLocation(line, place - lines.rfind("\n", 0, place))
    return found


def _segments(query: str) -> Iterator[re.Match[str]]:
    found = (match for match in _SEGMENT.finditer(query) if match[1])
    return islice(found, settings.MAX_TOKENS + 1)
