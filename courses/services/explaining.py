"""Explanations of grades, and trial grading by a draft of a key. Nothing is written here."""

from collections.abc import Sequence
from dataclasses import replace

from courses import exceptions
from courses.models import Question, User
from courses.policies.grading import may_try_keys
from courses.rules import grading
from courses.rules.credit import counted_points
from courses.rules.explanation import explain
from courses.rules.layout import trial_entry
from courses.rules.responses import check_response
from courses.rules.values import Given, Grade
from courses.rules.values import Question as Rule
from courses.selectors.attempts import attempts_visible_to, laid_out_questions
from courses.selectors.grading import last_regrade
from courses.services.attempt_endings import close_expired_attempts
from courses.services.problems import Problems
from courses.services.question_drafts import (
    QuestionDraft,
    as_rule,
    drafted_answers,
    drafted_question,
    settle_together,
)

MAX_TRIED_RESPONSES = 100
"""Maximum number of responses in one call: each may be compared with every text of the key."""


def explain_grade(*, viewer: User, attempt_id: int, question_id: int) -> tuple[str, ...]:
    """Return the rule that applied, the response as it was compared, and the credit of each part.

    Raises NotFound for an attempt that the viewer may not see, PermissionDenied for its learner as long as
    the key is not visible, and NotFound for a question that is not part of it.
    """
    close_expired_attempts(attempt_ids=[attempt_id])
    attempt = attempts_visible_to(viewer).filter(pk=attempt_id).first()
    if attempt is None:
        raise exceptions.NotFound(field=["attemptId"])
    if not attempt.answer_key_visible:
        raise exceptions.PermissionDenied(
            "The answers are not shown now. They may be once no further attempt is possible.",
            field=["attemptId"],
        )
    questions = laid_out_questions([attempt])[attempt]
    laid_out = next((each for each in questions if each.question_id == question_id), None)
    if laid_out is None:
        raise exceptions.NotFound(field=["questionId"])
    answered = laid_out.answered
    rule = laid_out.key
    grade = grading.grade(rule, answered.response if answered else None)
    if answered is None or answered.credit is None:
        return grade.steps
    return explain(
        grade,
        credit=answered.credit,
        points=counted_points(answered.exact_points, rule.points, answered.credit),
        possible=rule.points,
        by_person=answered.graded_at is not None,
        regraded=last_regrade(answered),
    )


def try_grade(
    *,
    author: User,
    draft: QuestionDraft,
    responses: Sequence[tuple[Given, tuple[str, ...]]],
    decimal_comma: bool = False,
) -> list[Grade]:
    """Grade responses by a question as drafted, each given with its path inside the input.

    With `decimal_comma`, as in a course that accepts it.
    Responses name answers by their places in the draft, from 0. Raises PermissionDenied for people who teach
    nothing and may not create courses, ValidationError for a question that can never be right,
    ResponseMismatch for a response that does not fit it, and Invalid for too many of them.
    """
    if not may_try_keys(author):
        raise exceptions.PermissionDenied("Only people who teach can try a key out.")
    if len(responses) > MAX_TRIED_RESPONSES:
        raise exceptions.Invalid(
            f"Please try at most {MAX_TRIED_RESPONSES} responses at once.", field=["responses"]
        )
    rule = replace(_drafted_rule(draft), decimal_comma=decimal_comma)
    entry = trial_entry(0, rule)
    checked = [check_response(rule.type, entry, given, field=field) for given, field in responses]
    return [grading.grade(rule, response) for response in checked]


def _drafted_rule(draft: QuestionDraft) -> Rule:
    """Return the question as the plain value of the rules. Raises ValidationError for a defect in it."""
    problems, path, question = Problems(), ("question",), Question()
    drafted_question(question, draft, problems, path)
    answers = drafted_answers(draft.get("answers", ()), problems, path)
    settle_together(question, answers, problems, path)
    problems.refuse_any()
    return as_rule(question, answers)
