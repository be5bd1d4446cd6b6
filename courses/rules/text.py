"""Comparison of written texts: normalised first, then by the rule of the accepted text.

Nothing is fuzzy here: 1000 is not 100, and meiosis is not mitosis. An author's text never becomes a
regular expression, so no text can make a comparison slow.
"""

import re
import unicodedata
from collections.abc import Iterable
from decimal import Context, Decimal

from courses.constants import TextMatch
from courses.rules import words
from courses.rules.numbers import as_number, as_written_number
from courses.rules.values import Answer

_PLAIN_FORMS = {
    code: chr(int(form.split()[1], 16))
    for code in (0x3000, *range(0xFF00, 0xFFF0))
    if (form := unicodedata.decomposition(chr(code))).startswith(("<wide>", "<narrow>"))
}
"""Plain characters of full-width and half-width ones. Other compatibility characters stay: x² is not x2."""

_FOLDED = _PLAIN_FORMS | str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u02bc", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f", " "),
    }
)
_STAR = re.compile(r"(?<!\\)\*")
_EXACT = Context(prec=2_500)
"""Precision that holds the difference of any two numbers that `as_number` parses."""


def normalise(text: str) -> str:
    """Return a text in canonical form: trimmed, inner white space collapsed, NFC, typography folded.

    Typographic quotes become ' and ", dashes and the minus sign become -, no-break spaces become spaces,
    full-width and half-width forms become plain ones, and characters without a shape, such as soft hyphens and
    marks of direction, vanish. Idempotent.
    """
    plain = words.without_ignorable(text).translate(_FOLDED)
    return " ".join(unicodedata.normalize("NFC", plain).split())


def fold_case(normalised: str) -> str:
    """Return a normalised text with its case folded."""
    return words.folded(normalised)


def best_match(normalised: str, accepted: Iterable[Answer], *, decimal_comma: bool) -> Answer | None:
    """Return the answer with the highest credit whose text matches, the author's first one among equals."""
    matching = (answer for answer in accepted if matches(normalised, answer, decimal_comma=decimal_comma))
    return max(matching, key=lambda answer: answer.worth, default=None)


def matches(normalised: str, answer: Answer, *, decimal_comma: bool) -> bool:
    """Return whether a normalised text matches the answer's text, by the rule of the answer.

    The numbers of authors are written with a point, whatever the course accepts of learners.
    """
    expected = normalise(answer.text)
    match answer.text_match:
        case TextMatch.EXACT:
            return normalised == expected
        case TextMatch.WILDCARD:
            return matches_wildcard(fold_case(normalised), fold_case(expected))
        case TextMatch.NUMERIC:
            given = as_written_number(normalised, decimal_comma=decimal_comma)
            return _matches_number(given, as_number(expected), answer.tolerance or Decimal(0))
        case _:
            return fold_case(normalised) == fold_case(expected)


def matches_wildcard(text: str, pattern: str) -> bool:
    r"""Return whether the whole text fits a pattern in which `*` is any run of characters and `\*` is a star.

    The first and the last piece between stars are anchored to the ends; each other piece is searched once, from
    the end of the one before it. The leftmost match is always right, so there is no backtracking.
    """
    first, *rest = _wildcard_pieces(pattern)
    if not rest:
        return text == first
    *middle, last = rest
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    position, end = len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _wildcard_pieces(pattern: str) -> list[str]:
    r"""Split a pattern at its stars; `\*` is a star inside a piece, any other backslash is itself."""
    return [piece.replace(r"\*", "*") for piece in _STAR.split(pattern)]


def _matches_number(given: Decimal | None, wanted: Decimal | None, tolerance: Decimal) -> bool:
    """Return whether two numbers are no further apart than the tolerance, which is inclusive; None is no number."""
    if given is None or wanted is None:
        return False
    return _EXACT.subtract(given, wanted).copy_abs() <= tolerance
