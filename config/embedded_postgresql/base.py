"""The module and the class that Django looks for in a database engine."""

from typing import Any

from django.db.backends.postgresql import base

from config.database import embedded_address


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to the server in DATA_DIRECTORY, where it is started by the first one of a process.

    So a command that needs no database starts none: not for its `--help`, and not to check its settings.
    """

    def get_connection_params(self) -> dict[str, Any]:
        self.settings_dict.update(embedded_address(self.settings_dict["DATA_DIRECTORY"]))
        return super().get_connection_params()
