"""Data sources of notifications."""

from courses.selectors import catalog, notifications
from schema.dataloaders.base import ByPk, CountOf, PageOf

notification_by_id = ByPk(selector=notifications.notifications_of)
notification_of_payload = ByPk(selector=notifications.notifications_of, key="notification_id")
notifications_of_viewer = PageOf(selector=notifications.notifications_of, by="user_id")
unread_count_of_viewer = CountOf(selector=notifications.unread_notifications_of, by="user_id")

course_of_notification = ByPk(selector=catalog.courses_visible_to, key="course_id")
