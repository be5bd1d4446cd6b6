"""All models of the domain, one module for each subject. Used as `models.Assessment`."""

from courses.models.analytics import *  # noqa: F403 - its __all__ names every model
