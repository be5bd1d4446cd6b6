"""Number syntax, shared by responses, accepted texts, inputs and cursors."""

import re
from decimal import Decimal

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,60}(?:\.[0-9]{0,60})?|\.[0-9]{1,60})(?:[eE][+-]?[0-9]{1,3})?")


def as_number(text: str) -> Decimal | None:
    """Parse a plain decimal number such as -11.7, .5 or 1e3; return None for anything else.

    No thousands separators, no decimal comma, no NaN and no infinity; at most 60 digits on either side of the
    point and three in the exponent, which bounds both arithmetic and storage.
    """
    return Decimal(text) if _NUMBER.fullmatch(text) else None
