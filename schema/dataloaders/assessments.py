"""Data sources of assessments, questions and answers."""

from courses.selectors import assessments, authoring
from schema.dataloaders.base import ByPk, ChildrenOf, CountOf, Fact, OneOf, SumOf

assessment_by_id = ByPk(selector=assessments.assessments_visible_to)
assessment_of = ByPk(selector=assessments.assessments_as_seen_by, key="assessment_id")
assessment_of_lesson = OneOf(selector=assessments.assessments_shown_to, by="lesson_id")
question_count_of_assessment = CountOf(selector=assessments.questions_that_count, by="assessment_id")
max_score_of_assessment = SumOf(selector=assessments.questions_that_count, by="assessment_id", of="points")
problems_of_assessment = Fact(read=authoring.problems_of)
"""Not inlined: only authors ask for it, after an edit, and whole questions would be read for every assessment."""
questions_of_assessment = ChildrenOf(
    selector=assessments.questions_visible_to, by="assessment_id", order=("order",)
)

question_by_id = ByPk(selector=assessments.questions_visible_to)
question_of = ByPk(selector=assessments.questions_visible_to, key="question_id")
answers_of_question = ChildrenOf(selector=assessments.answers_visible_to, by="question_id", order=("order",))
versions_of_question = ChildrenOf(
    selector=assessments.versions_visible_to, by="question_id", order=("number",)
)

answer_by_id = ByPk(selector=assessments.answers_visible_to)
