"""Which media type a client wants its answer in."""

import re
from functools import lru_cache

GRAPHQL_RESPONSE = "application/graphql-response+json"
JSON = "application/json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"

_QUALITY = re.compile(r"(?:^|;)\s*q=([01](?:\.\d{0,3})?)\s*(?:;|$)", re.IGNORECASE)


@lru_cache(maxsize=256)
def preferred_media_type(accept: str | None, offers: tuple[str, ...]) -> str | None:
    """The one of `offers` that the Accept header likes best, or None when it accepts none of them.

    Among equals the one that is named by itself wins over one that a wildcard covers, then the one that the
    client names first, then the one that we name first. No header accepts everything.
    """
    ranges = _ranges(accept or "*/*")
    ranked = []
    for place, offer in enumerate(offers):
        matching = [(_precision(media, offer), -at, quality) for at, (media, quality) in enumerate(ranges)]
        precision, at, quality = max(matching)
        if precision and quality:
            ranked.append((quality, precision, at, -place, offer))
    return max(ranked)[-1] if ranked else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    """The media ranges of the header in its order, each with its quality 0..1."""
    ranges = []
    for part in accept.split(","):
        media, _, parameters = part.partition(";")
        quality = _QUALITY.search(parameters)
        ranges.append((media.strip().lower(), float(quality[1]) if quality else 1.0))
    return ranges


def _precision(media_range: str, media_type: str) -> int:
    """How closely a range names a type: 3 by itself, 2 by its family, 1 as one of all, 0 not at all."""
    family = media_type.partition("/")[0]
    return {media_type: 3, f"{family}/*": 2, "*/*": 1}.get(media_range, 0)
