"""Fixtures: an assessment and somebody who may take it."""

import pytest

from courses.models import Assessment, User
from tests import factories


@pytest.fixture
def assessment() -> Assessment:
    """Ten points: a single choice of four, a true/false of one and an essay of five."""
    assessment = factories.make_assessment(passing_score=50, max_attempts=3)
    factories.single_choice(assessment, points=4)
    factories.true_false(assessment, points=1)
    factories.essay(assessment, points=5)
    return assessment


@pytest.fixture
def learner(assessment: Assessment) -> User:
    return factories.make_learner(assessment.lesson.course)
