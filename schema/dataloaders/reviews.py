"""Data sources of reviews, and of courses' ratings."""

from courses.selectors import reviews
from schema.dataloaders.base import AdviceOn, ByPk, Fact, OneOf, PageOf

review_by_id = ByPk(selector=reviews.reviews_visible_to)
review_of_payload = ByPk(selector=reviews.reviews_visible_to, key="review_id")
reviews_of_course = PageOf(selector=reviews.reviews_visible_to, by="course_id")
reviews_of_viewer = PageOf(selector=reviews.reviews_of, by="user_id")
viewer_review_of_course = OneOf(selector=reviews.reviews_of, by="course_id")
advice_on_reviewing_course = AdviceOn(read=reviews.review_refusals)
viewer_found_review_helpful = Fact(read=reviews.found_helpful, otherwise=bool)
