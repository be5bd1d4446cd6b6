"""Data sources of notifications."""

from courses.selectors import catalog, notifications
from schema.dataloaders.base import ByPk, Fact, PageOf

notification_by_id = ByPk(selector=notifications.notifications_of)
notification_of_payload = ByPk(selector=notifications.notifications_of, key="notification_id")
notifications_of_viewer = PageOf(selector=notifications.notifications_of, by="user_id")
unread_count_of_viewer = Fact(read=notifications.unread_notification_counts, otherwise=int)

course_of_notification = ByPk(selector=catalog.courses_visible_to, key="course_id")
