"""Ids of choices, prompts and matches: places in the layout of one attempt.

Such an id encodes attempt, question and place, so it is valid nowhere else, and reveals neither the author's order
nor what is right. An invalid one is refused like any response that does not fit its question.
"""

from collections.abc import Callable

from courses import exceptions
from schema.core import ids

CHOICE, PROMPT, MATCH = "Choice", "Prompt", "MatchChoice"


def encode(kind: str, attempt_id: int, question_id: int, place: int) -> str:
    return ids.encode(kind, f"{attempt_id}.{question_id}.{place}")


def reader(attempt_id: int, question_id: int, field: tuple[str, ...]) -> Callable[[str, str], int]:
    """Return a decoder `(kind, id) -> place` for the ids of one question of one attempt.

    The decoder raises ResponseMismatch, naming `field`, for every other id.
    """
    own = [str(attempt_id), str(question_id)]

    def place(kind: str, place_id: str) -> int:
        found, key = ids.decode(place_id)
        *owner, number = key.split(".")
        if found != kind or owner != own or not (number.isascii() and number.isdigit() and len(number) < 5):
            raise exceptions.ResponseMismatch(
                "This id is not one of this question's in this attempt.", field=field
            )
        return int(number)

    return place
