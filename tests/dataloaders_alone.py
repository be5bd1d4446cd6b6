"""The ordinary way by itself: graphql-core asks for every field, and DataLoaders give whatever is declared."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.core import selections
from schema.dataloaders.plans import UNKNOWN
from schema.root import schema


@contextmanager
def dataloaders_alone() -> Iterator[None]:
    """Compile nothing, plan nothing, and leave every field to the executor of graphql-core."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "execution_context_class", StrawberryGraphQLCoreExecutionContext)
        patch.setattr(settings, "COMPILED_READS", False)
        patch.setattr(selections.Selection, "plan", lambda *_: UNKNOWN)
        yield
