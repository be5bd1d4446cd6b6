"""Fixture of confidential content, for queries about everything in it."""

from tests.schema.threats.conftest import world  # noqa: F401 - a fixture
