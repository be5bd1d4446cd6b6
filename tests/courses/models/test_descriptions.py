"""Models and their fields describe themselves once; the API publishes these sentences."""

import pytest
from django.apps import apps
from django.db import models

MODELS = list(apps.get_app_config("courses").get_models())
FIELDS = [
    field
    for model in MODELS
    for field in model._meta.concrete_fields
    if not field.primary_key and field.model.__module__.startswith("courses.")
]


@pytest.mark.parametrize("model", MODELS)
def test_the_model_says_what_it_is(model: type[models.Model]) -> None:
    assert model.__doc__
    assert not model.__doc__.startswith(f"{model.__name__}(")


def _is_inherited_from_django(field: models.Field) -> bool:
    return any(
        field.name == inherited.name
        for base in field.model.__mro__
        if base.__module__.startswith("django.") and hasattr(base, "_meta")
        for inherited in base._meta.local_fields
    )


@pytest.mark.parametrize("field", FIELDS, ids=str)
def test_the_field_says_what_it_holds(field: models.Field) -> None:
    assert _is_inherited_from_django(field) or str(field.help_text).endswith(".")
