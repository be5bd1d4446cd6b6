"""Grading: `grade(question, response)` decides every response, through one module per question type.

`types` names what goes in and out, `text` compares what was written, `points` turns credit into points and
`manual` is for the grades that people give. Saving a model and grading in a service both come here, so they
cannot disagree.
"""

from collections.abc import Callable, Mapping

from courses.constants import NO_CREDIT, QuestionType, Selection
from courses.rules.grading import essay, fill_blank, matching, multiple_response, short_answer, single_choice
from courses.rules.grading.manual import grade_by_person
from courses.rules.grading.points import correctness_of, earned_points, kept_credit, shown
from courses.rules.grading.text import is_blank
from courses.rules.grading.types import RESPONSE_MEMBERS, Answer, Grade, Question, Response, Verdict

__all__ = [
    "RESPONSE_MEMBERS",
    "Answer",
    "Grade",
    "Question",
    "Response",
    "correctness_of",
    "earned_points",
    "grade",
    "grade_by_person",
    "is_unanswered",
]


def grade(question: Question, response: Response | None) -> Grade:
    """Grade a stored response.

    A blank one is UNANSWERED with 0, an essay is PENDING without credit or points, and everything else is
    decided here.
    """
    if response is None or is_unanswered(question.type, response):
        unanswered = correctness_of(NO_CREDIT, unanswered=True)
        return Grade(unanswered, NO_CREDIT, 0, ("Nothing was answered: no points.",))
    verdict = _RULES[QuestionType(question.type)](question, response)
    if verdict.credit is None:
        return Grade(correctness_of(None, unanswered=False), None, None, verdict.steps)
    credit = kept_credit(verdict.credit)
    points = earned_points(question.points, credit)
    total = f"{question.points} possible x credit {shown(credit)}, rounded half up: {points} points."
    return Grade(correctness_of(credit, unanswered=False), credit, points, (*verdict.steps, total))


def is_unanswered(question_type: str, response: Response | None) -> bool:
    """Whether a stored response says nothing: no pick, no pair, or only blank texts."""
    if response is None:
        return True
    match response.get(RESPONSE_MEMBERS[QuestionType(question_type)]):
        case str() as text:
            return is_blank(text)
        case Mapping() as blanks if question_type == QuestionType.FILL_BLANK:
            return all(is_blank(text) for text in blanks.values())
        case given:
            return not given


def _multiple_choice(question: Question, response: Response) -> Verdict:
    """Grade one pick of a single choice by its credit, everything else by the scoring policy.

    Several picks on a single choice exist only where the key was corrected after they were made.
    """
    if question.selection == Selection.SINGLE and len(response["choices"]) == 1:
        return single_choice.grade(question, response)
    return multiple_response.grade(question, response)


_RULES: Mapping[QuestionType, Callable[[Question, Response], Verdict]] = {
    QuestionType.MULTIPLE_CHOICE: _multiple_choice,
    QuestionType.TRUE_FALSE: single_choice.grade,
    QuestionType.SHORT_ANSWER: short_answer.grade,
    QuestionType.ESSAY: essay.grade,
    QuestionType.MATCHING: matching.grade,
    QuestionType.FILL_BLANK: fill_blank.grade,
}
