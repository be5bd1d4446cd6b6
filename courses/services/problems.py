"""Everything that is wrong with an input, said at once, each with its place inside the input."""

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
"""How inputs name the fields that models name otherwise."""


class Problems:
    """Collects what is wrong. Places are paths, their parts joined by dots: `questions.2.answers.0.text`."""

    def __init__(self) -> None:
        self._messages: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, path: tuple[str, ...], message: str) -> None:
        """Take down one problem."""
        self._messages[".".join(path)].append(message)

    def check(self, row: Model, *, path: tuple[str, ...] = (), apart_from: tuple[str, ...] = ()) -> None:
        """Take down what is wrong with the fields of a row, except for those named.

        Asks the database nothing: what must be unique is checked under a lock, where the row is written.
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
