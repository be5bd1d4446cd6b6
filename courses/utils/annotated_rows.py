"""Type of a row with annotations: `WithAnnotations[Model, TypedDict]`.

mypy compares the names in the TypedDict with a queryset's annotations. At run time it is the model's type alone.
"""

from typing import TYPE_CHECKING, Annotated

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations
else:
    WithAnnotations = Annotated

__all__ = ["WithAnnotations"]
