"""Building blocks of the domain that belong to none of its subjects."""
