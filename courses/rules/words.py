"""Equality of words, their parts, and blankness of texts.

Tags, filters by tag and searches all compare `folded` words, in Python and in PostgreSQL, whose functions
`courses/utils/folding.py` generates from these definitions.
"""

import re
import unicodedata

IGNORABLE = (
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters without a shape of their own, as ranges for a bracket of a regular expression.

This is the property Default_Ignorable_Code_Point of the Unicode Character Database (DerivedCoreProperties.txt,
the same from version 14 to 17): soft hyphen, marks of direction, joiners, variation selectors, Hangul fillers.
"""

_EMPTY = r"\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\ufff9-\ufffb\U0001d159"
"""White space and control characters, and signs that are drawn as nothing, such as the empty Braille pattern."""

VISIBLE = f"[^{_EMPTY}{IGNORABLE}]"
"""Regular expression, for Python and PostgreSQL alike, that finds a visible character."""

SEPARATORS = r"[!-/:-@\[-`{-~]"
"""Separators of the parts of a word, for both as well: the punctuation of ASCII, as in TCP/IP, x86-64 and 3.11."""

_IGNORED = re.compile(f"[{IGNORABLE}]")
_VISIBLE = re.compile(VISIBLE)
_SEPARATORS = re.compile(SEPARATORS)
_DOTTED_I = re.compile("i\u0307+")


def without_ignorable(text: str) -> str:
    """Return a text without the characters that have no shape of their own."""
    return _IGNORED.sub("", text)


def folded(text: str) -> str:
    """Return a text such that the same words are equal, however they are written.

    Characters without a shape vanish, case is folded in full (ß is ss, and ς is σ), and the result is in NFC:
    Unicode's canonical caseless matching, definition D145. Beyond it İ is i, which it would keep the dot of.
    """
    decomposed = unicodedata.normalize("NFD", without_ignorable(text)).casefold()
    return unicodedata.normalize("NFC", _DOTTED_I.sub("i", decomposed))


def parts_of_word(word: str) -> list[str]:
    """Return the parts of a word by which it is found: TCP and IP of TCP/IP."""
    parts = _SEPARATORS.split(without_ignorable(word))
    return [part for part in parts if any(character.isalnum() for character in part)]


def is_blank(text: str) -> bool:
    """Return whether a text has no visible character: it is empty, white space, or of characters without a shape."""
    return not _VISIBLE.search(text)


def trimmed(text: str) -> str:
    """Return a text without white space around it, the empty text for a blank one."""
    return "" if is_blank(text) else text.strip()


def visible_length(text: str) -> int:
    """Return the number of visible characters; white space counts once between words, and not around them."""
    words = ("".join(_VISIBLE.findall(word)) for word in text.split())
    return len(" ".join(filter(None, words)))
