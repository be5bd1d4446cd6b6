r"""PostgreSQL functions that fold words, generated from the rules in `courses/rules/words.py`.

`courses_folded(text)` is `words.folded`. It asks neither the locale of the database, which may know ASCII
only, nor for ICU, which a server may lack, so an index over it stays valid wherever the database is moved to.
`courses_folded_tags(jsonb)` folds each text of an array.
"""

import json
import unicodedata
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField

from courses.rules.words import IGNORABLE, SEPARATORS

_CREATE = r"""
CREATE FUNCTION courses_folded(given text) RETURNS text IMMUTABLE STRICT PARALLEL SAFE LANGUAGE plpgsql AS $$
DECLARE
    folded text;
BEGIN
    IF octet_length(given) = length(given) THEN
        RETURN lower(given COLLATE "C");
    END IF;
    folded := lower(normalize(regexp_replace(given, '[{ignorable}]', '', 'g'), NFD) COLLATE "C");
    IF folded ~ '[{letters}]' THEN
        folded := (
            SELECT string_agg(piece || coalesce('{foldings}'::jsonb ->> letter[1], ''), '' ORDER BY place)
            FROM ROWS FROM (
                regexp_split_to_table(folded, '[{letters}]'), regexp_matches(folded, '[{letters}]', 'g')
            ) WITH ORDINALITY AS parts (piece, letter, place)
        );
    END IF;
    RETURN normalize(regexp_replace(folded, 'i\u0307+', 'i', 'g'), NFC);
END $$;
CREATE FUNCTION courses_folded_tags(tags jsonb) RETURNS text[] IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql
RETURN (SELECT coalesce(array_agg(courses_folded(tag)), '{{}}') FROM jsonb_array_elements_text(tags) AS tag);
"""

DROP = "DROP FUNCTION courses_folded_tags(jsonb); DROP FUNCTION courses_folded(text)"


def create() -> str:
    """Return the statements that create the functions, with the foldings of Python's Unicode version."""
    foldings = {
        letter: letter.casefold()
        for letter in map(chr, range(0x80, 0x110000))
        if letter != letter.casefold() and unicodedata.is_normalized("NFD", letter)
    }
    return _CREATE.format(
        ignorable=IGNORABLE, letters="".join(foldings), foldings=json.dumps(foldings, ensure_ascii=False)
    )


class Folded(Func):
    """Folded form of a text: equal for the same words."""

    function = "courses_folded"
    output_field = TextField()


class FoldedTags(Func):
    """Folded tags of a JSON column."""

    function = "courses_folded_tags"
    output_field: Any = ArrayField(TextField())


class SeparatedWords(Folded):
    """Form of a text that is indexed for search: folded, with white space for every separator of words."""

    template = f"regexp_replace(%(function)s(%(expressions)s), '{SEPARATORS}', ' ', 'g')"
