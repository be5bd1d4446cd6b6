"""Entry point of the engine, under the names that Django looks for."""

from typing import Any

from django.db.backends.postgresql import base

from config.database import embedded_address


class DatabaseWrapper(base.DatabaseWrapper):
    """Connection to the server in DATA_DIRECTORY, which the first connection of a process starts.

    So a command that needs no database starts none: not for its `--help`, and not to check its settings.
    """

    def get_connection_params(self) -> dict[str, Any]:
        self.settings_dict.update(embedded_address(self.settings_dict["DATA_DIRECTORY"]))
        return super().get_connection_params()
