"""Data sources of events."""

from courses.selectors import catalog, people
from schema.dataloaders.base import ByPk

course_of_event = ByPk(selector=catalog.courses_visible_to, key="course_id")
learner_of_event = ByPk(selector=people.people_visible_to, key="learner_id")
