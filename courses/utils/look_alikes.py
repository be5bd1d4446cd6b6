"""Confusable names, by Unicode's own tables of confusable letters (UTS #39)."""

import unicodedata
from functools import cache

from confusable_homoglyphs.confusables import confusables_data

_INVISIBLE = dict.fromkeys(map(ord, "\u115f\u1160"))
"""Fillers of Hangul: letters by Unicode's categories, and invisible."""

_DIRECTION_MARK = "\u200e"  # the data put it around letters that are written from right to left


def skeleton(name: str) -> str:
    """Return the skeleton of a name: every letter replaced by the representative of its look-alikes.

    Two names with one skeleton look the same. Neither case nor compatibility forms (NFKC: full width, ligatures)
    make a difference. The skeleton is for comparing only, never for showing (UTS #39, section 4).
    """
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_INVISIBLE)
    letters = unicodedata.normalize("NFD", folded)
    return unicodedata.normalize("NFD", "".join(_prototypes().get(letter, letter) for letter in letters))


@cache
def _prototypes() -> dict[str, str]:
    """Return the map from each letter to its prototype.

    The data are Unicode's pairs of a letter and its prototype, listed in both directions: the one with several
    partners is the prototype. Where two have only each other, the longer or else the smaller one is taken.
    """
    partners = {
        text.replace(_DIRECTION_MARK, ""): [each["c"].replace(_DIRECTION_MARK, "") for each in listed]
        for text, listed in confusables_data.items()
    }
    found = {}
    for letter, (first, *others) in partners.items():
        if len(letter) > 1 or others:
            continue
        is_prototype = len(partners[first]) == 1 and (-len(letter), letter) < (-len(first), first)
        found[letter] = letter if is_prototype else first
    return found
