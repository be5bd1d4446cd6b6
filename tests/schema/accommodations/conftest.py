"""Fixtures: an assessment of thirty minutes and two attempts, which the people of its course take."""

from tests.schema.attempts.conftest import assessment, course

__all__ = ["assessment", "course"]
