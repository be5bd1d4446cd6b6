"""Fixtures: an assessment with all six types of question, which the people of its course take."""

import pytest

from courses.models import Assessment, Course
from tests.taking import six_types


@pytest.fixture
def assessment(db: None) -> Assessment:
    return six_types(max_attempts=2, time_limit=30, passing_score=50)


@pytest.fixture
def course(assessment: Assessment) -> Course:
    return assessment.lesson.course
