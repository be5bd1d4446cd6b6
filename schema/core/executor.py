"""graphql-core's executor, which shows what events give by the functions compiled of their document.

What cannot be shown so is completed by graphql-core, and by DataLoaders, and told in their way.
"""

from contextlib import suppress
from typing import Any

from schema.core.compiled_reads import compiled_root
from schema.core.upstream import StrawberryGraphQLCoreExecutionContext


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Executes one operation that is not answered by a compiled read."""

    def complete_value(
        self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        """Complete the value of a field, whole where it is a root field that is compiled."""
        root = None if path.prev or position_context or self.is_awaitable(result) else compiled_root(info)
        if root is not None:
            with suppress(Exception):  # graphql-core runs into it as well, and tells it
                return root.show(result)
        return super().complete_value(return_type, details, info, path, result, position_context)
