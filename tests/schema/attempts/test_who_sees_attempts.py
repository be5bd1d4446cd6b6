"""Who may see an attempt, and the authoring side: every kind of viewer."""

from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, User
from schema.core import ids
from tests.taking import (
    RIGHT,
    Api,
    answers_to,
    complete,
    page,
    start,
)

CERTAIN = {text: response for text, response in RIGHT.items() if text != "Essay?"}
SEES_THE_ATTEMPT = {
    "learner": True,
    "classmate": False,
    "learner_elsewhere": False,
    "instructor": True,
    "instructor_elsewhere": False,
    "moderator": True,
    "admin": True,
    "anonymous": False,
}


def _take(api: Api, learner: User, assessment: Assessment, responses: dict[str, Any] = CERTAIN) -> str:
    """The id of an attempt that was handed in with these responses."""
    attempt = start(api, learner, assessment)
    complete(api, learner, attemptId=attempt["id"], answers=answers_to(attempt, responses))
    return attempt["id"]


# ---------------------------------------------------------------- who


@pytest.mark.parametrize(("viewer", "sees"), SEES_THE_ATTEMPT.items())
def test_an_attempt_is_for_its_learner_and_the_staff_of_its_course(
    api: Api, people: Any, assessment: Assessment, viewer: str, sees: bool
) -> None:
    attempt_id = _take(api, people.learner, assessment)
    asking = people[viewer]
    assert (page(api, asking, attempt_id) is not None) is sees
    found = api("query ($id: ID!) { node(id: $id) { id } }", asking, id=attempt_id)
    assert found["node"] == ({"id": attempt_id} if sees else None)


@pytest.mark.parametrize(("viewer", "sees"), [*SEES_THE_ATTEMPT.items(), ("learner", False)][1:])
def test_address_and_browser_are_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment, viewer: str, sees: bool
) -> None:
    attempt_id = start(api, people.learner, assessment)["id"]
    AssessmentAttempt.objects.update(ip_address="192.0.2.7", user_agent="Browser")
    shown = page(api, people[viewer], attempt_id)
    if shown is not None:
        expected = ("192.0.2.7", "Browser") if sees else (None, None)
        assert (shown["ipAddress"], shown["userAgent"]) == expected


def test_the_list_of_all_attempts_is_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment
) -> None:
    document = """query ($id: ID!, $learnerId: ID) {
      assessment(id: $id) { attempts(learnerId: $learnerId) { totalCount edges { node { id } } } }
    }"""
    attempt_id = _take(api, people.learner, assessment)
    other_id = _take(api, people.classmate, assessment)
    assessment_id = ids.encode("Assessment", assessment.pk)
    for viewer, sees in {**SEES_THE_ATTEMPT, "learner": False}.items():
        shown = api(document, people[viewer], id=assessment_id)["assessment"]["attempts"]
        expected = [other_id, attempt_id] if sees else None
        assert (viewer, shown and [edge["node"]["id"] for edge in shown["edges"]]) == (viewer, expected)
    of_one = api(
        document, people.instructor, id=assessment_id, learnerId=ids.encode("User", people.learner.pk)
    )
    assert of_one["assessment"]["attempts"] == {"totalCount": 1, "edges": [{"node": {"id": attempt_id}}]}


def test_the_authoring_side_is_for_the_staff_of_the_course(
    api: Api, people: Any, assessment: Assessment
) -> None:
    document = """query ($id: ID!, $question: ID!) {
      assessment(id: $id) { questions { answers { isCorrect } } }
      node(id: $question) { id }
    }"""
    question_id = ids.encode("Question", assessment.questions.earliest("pk").pk)
    for viewer, sees in {**SEES_THE_ATTEMPT, "learner": False}.items():
        variables = {"id": ids.encode("Assessment", assessment.pk), "question": question_id}
        shown = api(document, people[viewer], **variables)
        found = (shown["assessment"]["questions"] is not None, shown["node"] is not None)
        assert (viewer, found) == (viewer, (sees, sees))
