"""Searching texts by words, as every list that has a search does it."""

from django.contrib.postgres.search import SearchQuery


def words_query(search: str) -> SearchQuery:
    """A query for texts with every word of `search`, each as the beginning of a word. No word finds nothing.

    Each word is quoted, so nothing in it is an operator. Words are compared as they are written, in no
    language's base forms.
    """
    words = (word.replace("\\", "\\\\").replace("'", "''") for word in search.split())
    return SearchQuery(" & ".join(f"'{word}':*" for word in words), config="simple", search_type="raw")
