"""Data sources of reviews, and of courses' ratings."""

from courses.exceptions import PermissionDenied
from courses.policies.reviews import refusal_to_review
from courses.selectors import reviews
from schema.dataloaders.base import AdviceByRow, ByPk, ExistsOf, OneOf, PageOf

review_by_id = ByPk(selector=reviews.reviews_visible_to)
review_of_payload = ByPk(selector=reviews.reviews_visible_to, key="review_id")
reviews_of_course = PageOf(selector=reviews.reviews_visible_to, by="course_id")
reviews_of_viewer = PageOf(selector=reviews.reviews_of, by="user_id")
viewer_review_of_course = OneOf(selector=reviews.reviews_of, by="course_id")
advice_on_reviewing_course = AdviceByRow(
    selector=reviews.courses_to_review,
    annotations=("instructs", "has_taken", "has_reviewed"),
    judge=refusal_to_review,
    nobody=PermissionDenied("Please sign in to review this course."),
)
viewer_found_review_helpful = ExistsOf(selector=reviews.votes_of, by="review_id")
