"""Essay: a person reads it. Nothing here judges what was written."""

from courses.rules.grading.types import Question, Response, Verdict


def grade(question: Question, response: Response) -> Verdict:  # noqa: ARG001
    """Leave the credit open until a person has given it."""
    return Verdict(None, ("Essay: a person grades it.",))
