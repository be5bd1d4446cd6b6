"""Feedback of the author to choices: to those that were picked and the right ones, once the key is open."""

from typing import Any

from courses.models import Answer, Assessment, User
from schema.core import ids
from tests import factories
from tests.taking import Api

DOCUMENT = """query ($id: ID!) { attempt(id: $id) { questions { type choices { id text }
  solution { choiceFeedback { choice text } } } } }"""


def _said(api: Api, learner: User, assessment: Assessment, *picked: str) -> list[Any]:
    """By question what is said, to the texts of its choices."""
    attempt = factories.make_attempt(learner, assessment)
    if picked:
        factories.pick(attempt, assessment.questions.get(question_text="Several?"), *picked)
    attempt.complete()
    shown = api(DOCUMENT, learner, id=ids.encode("AssessmentAttempt", attempt.pk))["attempt"]
    said = []
    for question in shown["questions"]:
        texts = {choice["id"]: choice["text"] for choice in question["choices"] or ()}
        feedback = question["solution"] and question["solution"]["choiceFeedback"]
        said.append(feedback and {texts[each["choice"]]: each["text"] for each in feedback})
    return said


def test_feedback_is_for_what_was_picked_and_for_what_is_right(
    api: Api, learner: User, assessment: Assessment
) -> None:
    assessment.questions.exclude(question_text__in=["Several?", "Short?"]).delete()
    Assessment.objects.update(max_attempts=2)
    for text in ("two", "four", "six"):
        Answer.objects.filter(answer_text=text).update(explanation=f"About {text}.")
    assert _said(api, learner, assessment, "four", "three") == [None, None]
    about = {"two": "About two.", "four": "About four."}
    assert _said(api, learner, assessment, "four", "three") == [about, None]
    Assessment.objects.update(max_attempts=3)
    assert _said(api, learner, assessment) == [{"two": "About two."}, None]
