"""Probes of an orchestrator: liveness (/livez) and readiness (/readyz)."""

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse


def livez(_request: HttpRequest) -> JsonResponse:
    """Return 200 as long as the process serves at all."""
    return JsonResponse({"status": "up"})


def readyz(_request: HttpRequest) -> JsonResponse:
    """Return 200 when the database is reachable and has every migration, else 503 and which of the two is wrong."""
    try:
        missing = has_missing_migrations()
    except (DatabaseError, InterfaceError):
        return JsonResponse({"status": "unavailable", "reason": "database unreachable"}, status=503)
    if missing:
        return JsonResponse({"status": "unavailable", "reason": "migrations missing"}, status=503)
    return JsonResponse({"status": "ready"})


def has_missing_migrations() -> bool:
    """Return whether this version has migrations that the database has not."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
