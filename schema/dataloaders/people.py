"""Data sources of people."""

from courses.selectors import people
from schema.dataloaders.base import ByPk

person_by_id = ByPk(selector=people.people_visible_to)
user_of = ByPk(selector=people.people_as_seen_by, key="user_id")
learner_of = ByPk(selector=people.people_as_seen_by, key="learner_id")
changer_of = ByPk(selector=people.people_as_seen_by, key="changed_by_id")
grader_of = ByPk(selector=people.people_as_seen_by, key="graded_by_id")
granter_of = ByPk(selector=people.people_as_seen_by, key="granted_by_id")
