"""Collection of all defects of an input, each with its path inside the input."""

from collections import defaultdict
from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.db.models import Model

INPUT_NAMES: Mapping[str, str] = {
    "question_text": "text",
    "answer_text": "text",
    "question_type": "type",
    "time_limit": "time_limit_minutes",
}
"""Names of model fields in inputs, where they differ."""


class Problems:
    """Collector of defects. Paths have their parts joined by dots: `questions.2.answers.0.text`."""

    def __init__(self) -> None:
        self._messages: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, path: tuple[str, ...], message: str) -> None:
        """Add one problem."""
        self._messages[".".join(path)].append(message)

    def check(self, row: Model, *, path: tuple[str, ...] = (), apart_from: tuple[str, ...] = ()) -> None:
        """Add the problems of the fields of a row, except for those named.

        Asks the database nothing: uniqueness is checked under a lock, where the row is written.
        """
        try:
            row.full_clean(exclude=apart_from, validate_unique=False, validate_constraints=False)
        except ValidationError as error:
            for name, messages in error.message_dict.items():
                for message in messages:
                    self.add((*path, INPUT_NAMES.get(name, name)), message)

    def refuse_any(self) -> None:
        """Raise ValidationError with every problem, if there is one."""
        if self._messages:
            raise ValidationError(dict(self._messages))
