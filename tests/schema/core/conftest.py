"""The world that strangers must not know of, for queries about everything in it."""

from tests.schema.threats.conftest import world  # noqa: F401 - a fixture
