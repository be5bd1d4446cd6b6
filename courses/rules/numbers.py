"""How a number is written in a text, wherever one is read: in a response, an accepted text, an input, a cursor."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")


def as_number(text: str) -> Decimal | None:
    """Read a plain decimal number such as -11.7, .5 or 1e3, None for anything else.

    No thousands separators, no decimal comma, no NaN and no infinity; at most 60 digits on either side of the
    point and three in the exponent, so that no number is long to reckon with, or too long for the database.
    """
    return Decimal(text) if _NUMBER.fullmatch(text) else None
