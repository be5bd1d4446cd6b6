"""JSON in forms of the admin: what PostgreSQL cannot store is refused beside its field."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from courses.utils.json_text import DEEPEST, InvalidJson, decode_json, is_storable_json


class CheckedJSONField(forms.JSONField):
    """A field for JSON as our other entries read it."""

    def to_python(self, value: Any) -> Any:
        """The value of what was typed."""
        if not isinstance(value, str) or value in self.empty_values:
            return super().to_python(value)
        try:
            given = decode_json(value, "This")
        except InvalidJson as error:
            raise ValidationError(str(error), code="invalid") from None
        if not is_storable_json(given):
            raise ValidationError(
                f"Please nest at most {DEEPEST} levels deep, and remove U+0000 from texts.", code="invalid"
            )
        return given

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, to be shown again."""
        return initial if self.disabled or data is None else InvalidJSONInput(data)
