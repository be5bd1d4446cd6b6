"""Questions with their keys as a part of another row, so that whatever decides about them is read by one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import OuterRef, QuerySet

from courses.models import Answer, AttemptAnswer, Question, QuestionVersion
from courses.models.question_versions import Stored
from courses.rules.versions import Content
from courses.utils.nested_rows import NestedRows, instances

_QUESTION = ("id", "question_type", "scoring", "points", "question_text", "explanation")
_ANSWER = (
    "id",
    "order",
    "question_id",
    "answer_text",
    "is_correct",
    "explanation",
    "match_text",
    "blank_key",
    "text_match",
    "tolerance",
    "credit",
)
_ANSWERED = ("id", "question_id", "response", "credit", "exact_points", "points_earned", "graded_at")


def with_keys(questions: QuerySet[Question]) -> NestedRows:
    """Nest questions in the author's order, each with its key and latest version, for `contents_of` and `latest_of`."""
    of_question = {"question": OuterRef("pk")}
    key = Answer.objects.filter(**of_question).order_by("order").values(*_ANSWER)
    latest = QuestionVersion.objects.filter(**of_question).order_by("-number").values(*Stored._fields)[:1]
    found = questions.order_by("order").annotate(key=NestedRows(key), latest=NestedRows(latest))
    return NestedRows(found.values(*_QUESTION, "key", "latest"))


def contents_of(nested: Iterable[Mapping[str, Any]], *, decimal_comma: bool) -> dict[int, Content]:
    """Return the contents of questions that were nested, by id in their order, in a course that accepts a decimal comma
    or does not.
    """
    return {
        question.pk: question.to_content(
            instances(Answer, vars(question)["key"]), decimal_comma=decimal_comma
        )
        for question in instances(Question, nested)
    }


def latest_of(nested: Iterable[Mapping[str, Any]]) -> list[Stored]:
    """Return the latest versions of questions that were nested."""
    return [Stored(**version) for question in nested for version in question["latest"]]


def answered() -> NestedRows:
    """Nest the stored responses of attempts. Over attempts."""
    return NestedRows(AttemptAnswer.objects.filter(attempt=OuterRef("pk")).values(*_ANSWERED))
