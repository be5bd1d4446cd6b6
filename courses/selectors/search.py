"""Full-text search, as every list that has a search does it."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import Value

from courses.rules.words import parts_of_word
from courses.utils.folding import Folded


def words_query(search: str) -> SearchQuery:
    """Return a query for texts with every word of `search` as a prefix. Without a word it finds nothing.

    A word with several parts, such as TCP/IP, is found where its parts follow each other. Each part is quoted
    and holds no punctuation, so nothing in it is an operator. Words are folded, and not stemmed.
    """
    words = (" <-> ".join(f"'{part}'" for part in parts_of_word(word)) for word in search.split())
    query = " & ".join(f"{word}:*" for word in words if word)
    return SearchQuery(Folded(Value(query)), config="simple", search_type="raw")
