"""Data sources of exports."""

from courses.selectors import catalog, exports
from schema.dataloaders.base import ByPk, ChildrenOf

export_by_id = ByPk(selector=exports.exports_of)
export_of_payload = ByPk(selector=exports.exports_of, key="export_id")
exports_of_viewer = ChildrenOf(selector=exports.exports_of, by="user_id", order=("-created_date", "-pk"))
course_of_export = ByPk(selector=catalog.courses_visible_to, key="course_id")
