"""Canonical form of a note's tags."""

from collections.abc import Iterable

from courses import exceptions
from courses.constants import MAX_TAG_LENGTH, MAX_TAGS
from courses.rules.words import folded, is_blank


def normalised_tag(tag: str) -> str:
    """Return the tag without white space around it, and with single spaces inside."""
    return " ".join(tag.split())


def normalised_tags(tags: Iterable[str], *, field: tuple[str, ...] = ("tags",)) -> list[str]:
    """Return the tags in the order given, without duplicates: of those that are the same word the first stays.

    Raises Invalid for a tag that is blank or longer than 50 characters, with its place behind `field`, and
    TooManyTags when more than 10 are left.
    """
    kept: dict[str, str] = {}
    for place, tag in enumerate(map(normalised_tag, tags)):
        if is_blank(tag) or len(tag) > MAX_TAG_LENGTH:
            raise exceptions.Invalid(
                f"A tag has 1 to {MAX_TAG_LENGTH} characters. Please correct this one.", [*field, str(place)]
            )
        kept.setdefault(folded(tag), tag)
    if len(kept) > MAX_TAGS:
        raise exceptions.TooManyTags(field=field)
    return list(kept.values())
