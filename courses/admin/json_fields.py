"""JSON in forms of the admin: values that PostgreSQL cannot store are rejected beside their field."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput

from courses.utils.json_text import DEEPEST, InvalidJson, decode_json, is_storable_json


class CheckedJSONField(forms.JSONField):
    """JSON field with the checks of all other inputs."""

    def to_python(self, value: Any) -> Any:
        """Parse the text that was typed."""
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
        """Return the text that was typed, to be shown again."""
        return initial if self.disabled or data is None else InvalidJSONInput(data)
