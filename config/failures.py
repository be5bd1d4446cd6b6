"""Failures of a command that its operator can mend, reported in one line and without a traceback."""

import os

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from psycopg2 import OperationalError, errorcodes

from config.health import has_missing_migrations

MENDABLE = (ImproperlyConfigured, DatabaseError)


def what_to_do(failure: Exception) -> str | None:
    """Return a line for each defect, or None when the failure is not one of the deployment."""
    if isinstance(failure, ImproperlyConfigured):
        return str(failure)
    # MigrationSchemaMissing tells its cause only in its text.
    cause = failure.__cause__ or getattr(failure.__context__, "__cause__", None)
    lines = str(cause or failure).strip().splitlines()
    reason = lines[0].removeprefix("ERROR:").strip() if lines else "the connection was lost"
    database = "DATABASE_URL" if os.environ.get("DATABASE_URL") else "the embedded database"
    match getattr(cause, "pgcode", None):
        case None if isinstance(cause, OperationalError):  # without a code it is the connection that failed
            return f"{database}: {reason}"
        case errorcodes.INSUFFICIENT_PRIVILEGE | errorcodes.INVALID_SCHEMA_NAME:
            role = connection.settings_dict["USER"] or "the role"
            return f"{database}: {reason}. Grant {role} that right, or migrate as a role that has it."
        case errorcodes.LOCK_NOT_AVAILABLE:
            return f"{database}: {reason}. Somebody uses the table for long: wait until that has ended, and try again."
        case errorcodes.READ_ONLY_SQL_TRANSACTION:
            return f"{database}: {reason}. Name the primary server."
        case errorcodes.UNDEFINED_TABLE | errorcodes.UNDEFINED_COLUMN if has_missing_migrations():
            return f"{database}: not every migration of this version is there. Run `manage.py migrate` first."
    return None
