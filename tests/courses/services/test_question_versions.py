"""Attempts whose layouts name no versions: shown as their questions stand, until the versions are named."""

from typing import Any

import pytest
from django.core.management import call_command

from courses.models import AssessmentAttempt, Question, QuestionVersion, User
from courses.services.question_versions import name_versions
from schema.core import ids
from tests import factories
from tests.taking import Api, answers_to, complete, page, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def learner() -> User:
    return factories.make_user()


@pytest.fixture
def attempt(learner: User) -> AssessmentAttempt:
    """Of a release without versions, with a question that is gone."""
    assessment = factories.make_assessment(max_attempts=1, show_correct_answers=True)
    factories.single_choice(assessment, question_text="First?")
    factories.single_choice(assessment, question_text="Second?")
    attempt = factories.make_attempt(learner, assessment)
    entries: list[Any] = attempt.layout["questions"]
    for entry in entries:
        del entry["version"]
    attempt.layout = {"questions": [*entries, {"id": 10**9, "points": 1}]}
    attempt.save(update_fields=["layout"])
    QuestionVersion.objects.all().delete()
    return attempt


def _texts(api: Api, learner: User, attempt: AssessmentAttempt) -> list[str]:
    shown = page(api, learner, ids.encode("AssessmentAttempt", attempt.pk))
    return [question["text"] for question in shown["questions"]]


def test_they_are_shown_and_can_be_worked_on_and_handed_in(
    api: Api, learner: User, attempt: AssessmentAttempt
) -> None:
    shown = page(api, learner, ids.encode("AssessmentAttempt", attempt.pk))
    assert [question["text"] for question in shown["questions"]] == ["First?", "Second?"]
    assert not QuestionVersion.objects.exists()
    answers = answers_to(shown, {"First?": ["right"]})
    assert submit(api, learner, attemptId=shown["id"], answers=answers)["userErrors"] == []
    assert complete(api, learner, attemptId=shown["id"])["attempt"]["score"] == 1
    done = page(api, learner, shown["id"])
    assert [question["result"]["pointsEarned"] for question in done["questions"]] == [1, 0]
    assert done["receipt"]["digest"]


def test_once_versions_are_named_they_stay(api: Api, learner: User, attempt: AssessmentAttempt) -> None:
    other = factories.make_attempt(factories.make_user(), attempt.assessment)
    layout = other.layout
    assert name_versions() == 1
    attempt.refresh_from_db()
    by_question = dict(QuestionVersion.objects.values_list("question_id", "pk"))
    assert [entry.get("version") for entry in attempt.layout["questions"]] == [*by_question.values(), None]
    assert "receipt" not in attempt.layout
    Question.objects.update(question_text="Edited?")
    assert _texts(api, learner, attempt) == ["First?", "Second?"]
    other.refresh_from_db()
    assert other.layout == layout


def test_the_command_says_how_many_there_were(
    attempt: AssessmentAttempt, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("name_versions")
    call_command("name_versions")
    assert capsys.readouterr().out == (
        "Named the versions of 1 attempts.\nNamed the versions of 0 attempts.\n"
    )
