"""Content negotiation by the Accept header."""

import re
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"

_QUALITY = re.compile(r"(?:^|;)\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


@lru_cache(maxsize=256)
def preferred_media_type(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """Return the best of `offers` for the Accept header, or None when none is acceptable.

    Quality decides first, then the precision of the media range, then the header's order, then the order of `offers`.
    Without a header everything is acceptable.
    """
    ranges = _ranges(accept or "*/*")
    ranked = []
    for place, offer in enumerate(offers):
        matching = [(_precision(media, offer), -at, quality) for at, (media, quality) in enumerate(ranges)]
        precision, at, quality = max(matching)
        if precision and quality:
            ranked.append((quality, precision, at, -place, offer))
    return max(ranked)[-1] if ranked else None


def accepts(header: str, name: str) -> bool:
    """Tell if a header of names with qualities accepts `name`, by itself or by `*`."""
    qualities = dict(_ranges(header))
    return qualities.get(name, qualities.get("*", 0.0)) > 0


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Parse the header to its media ranges in order, each with its quality 0..1."""
    ranges = []
    for part in accept.split(","):
        media, _, parameters = part.partition(";")
        quality = _QUALITY.search(parameters)
        ranges.append((media.strip().lower(), float(quality[1]) if quality else 1.0))
    return ranges


def _precision(media_range: str, media_type: str) -> int:
    """Return the precision of a range for a type: 3 exact, 2 `family/*`, 1 `*/*`, 0 no match."""
    family = media_type.partition("/")[0]
    return {media_type: 3, f"{family}/*": 2, "*/*": 1}.get(media_range, 0)
