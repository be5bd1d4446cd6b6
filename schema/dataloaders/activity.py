"""Data sources of activity, and of what it was about, as far as that is visible to the viewer now."""

from courses.selectors import activity, assessments, catalog
from schema.dataloaders.base import ByPk, PageOf

activity_by_id = ByPk(selector=activity.activity_of)
activity_of_payload = ByPk(selector=activity.activity_of, key="activity_id")
activity_of_viewer = PageOf(selector=activity.activity_of, by="user_id")

course_of_activity = ByPk(selector=catalog.courses_visible_to, key="course_id")
lesson_of_activity = ByPk(selector=catalog.lessons_visible_to, key="lesson_id")
resource_of_activity = ByPk(selector=catalog.resources_visible_to, key="resource_id")
assessment_of_activity = ByPk(selector=assessments.assessments_visible_to, key="assessment_id")
