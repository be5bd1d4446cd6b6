"""Data sources of courses, lessons, resources and enrolments."""

from courses.selectors import catalog, people
from schema.dataloaders.base import ByPk, ChildrenOf, CountOf, ExistsOf, OneOf, PageOf

course_by_id = ByPk(selector=catalog.courses_visible_to)
course_of = ByPk(selector=catalog.courses_as_seen_by, key="course_id")
instructors_of_course = ChildrenOf(selector=people.people_as_seen_by, by="taught_courses", order=("pk",))
lessons_of_course = ChildrenOf(selector=catalog.lessons_as_seen_by, by="course_id", order=("order",))
lesson_count_of_course = CountOf(selector=catalog.lessons_as_seen_by, by="course_id")
viewer_enrollment_in_course = OneOf(selector=catalog.enrollments_of, by="course_id")

lesson_by_id = ByPk(selector=catalog.lessons_visible_to)
lesson_of = ByPk(selector=catalog.lessons_as_seen_by, key="lesson_id")
resources_of_lesson = ChildrenOf(selector=catalog.resources_visible_to, by="lesson_id", order=("pk",))
is_lesson_completed = ExistsOf(selector=catalog.completed_lessons_of, by="lesson_id", for_nobody=None)

resource_by_id = ByPk(selector=catalog.resources_visible_to)

enrollment_by_id = ByPk(selector=catalog.enrollments_visible_to)
enrollments_of_course = PageOf(selector=catalog.roster_visible_to, by="course_id")
enrollments_of_viewer = PageOf(selector=catalog.enrollments_of, by="user_id")
enrollment_of_payload = ByPk(selector=catalog.enrollments_visible_to, key="enrollment_id")
