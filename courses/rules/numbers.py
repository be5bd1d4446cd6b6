"""Number syntax, shared by responses, accepted texts, inputs and cursors."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r",[0-9]{3}(?![0-9])")


def as_number(text: str) -> Decimal | None:
    """Parse a plain decimal number such as -11.7, .5 or 1e3; return None for anything else.

    No thousands separators, no decimal comma, no NaN and no infinity; at most 60 digits on either side of the
    point and three in the exponent, which bounds both arithmetic and storage.
    """
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def as_written_number(text: str, *, decimal_comma: bool) -> Decimal | None:
    """Parse a number as a learner writes it: like `as_number`, and where the course accepts a `decimal_comma`, 3,14
    is 3.14 as well.

    A comma before exactly three digits may separate thousands. Nothing is guessed: 1,000 is never a number.
    """
    if decimal_comma and not may_separate_thousands(text):
        text = text.replace(",", ".")
    return as_number(text)


def may_separate_thousands(text: str) -> bool:
    """Return whether a comma stands before exactly three digits."""
    return _THOUSANDS.search(text) is not None
