"""Search argument of lists."""

from graphql import GraphQLError

from courses.rules.words import is_blank

MAX_SEARCH_LENGTH = 200


def searchable(search: str | None) -> str | None:
    """Validate the words to search for; None when there are none. Raises GraphQLError (BAD_USER_INPUT) for too many."""
    if search is None or is_blank(search):
        return None
    if len(search) > MAX_SEARCH_LENGTH:
        raise GraphQLError(
            f"A search has at most {MAX_SEARCH_LENGTH} characters; this one has {len(search)}.",
            extensions={"code": "BAD_USER_INPUT"},
        )
    return search
