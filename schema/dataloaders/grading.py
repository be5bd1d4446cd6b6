"""Data sources of grading tasks, and of item analysis."""

from courses.selectors import grading, item_analysis
from schema.dataloaders.base import ByPk, Fact

grading_task_by_id = ByPk(selector=grading.grading_tasks_visible_to)
laid_out_task = Fact(key=None, read=grading.laid_out_tasks)
item_analysis_of_assessment = Fact(read=item_analysis.item_analyses)
