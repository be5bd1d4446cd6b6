"""Questions with their keys as a part of another row, so that whatever decides about them is read by one statement."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import BooleanField, Func, OuterRef, QuerySet
from django.db.models.expressions import RawSQL

from courses.models import Answer, AttemptAnswer, Question
from courses.rules import values
from courses.selectors.attempts import LAID_OUT_ANSWER
from courses.utils.nested_rows import NestedRows, instances

_QUESTION = ("id", "question_type", "scoring", "points")
_ANSWERED = ("id", "question_id", "response", "credit", "exact_points", "points_earned", "graded_at")


def with_keys(questions: QuerySet[Question]) -> NestedRows:
    """Nest questions in the author's order, each with its key, for `rules_of`."""
    key = Answer.objects.filter(question=OuterRef("pk")).order_by("order").values("id", *LAID_OUT_ANSWER)
    found = questions.order_by("order").annotate(key=NestedRows(key))
    return NestedRows(found.values(*_QUESTION, "key"))


def rules_of(nested: Iterable[Mapping[str, Any]]) -> dict[int, values.Question]:
    """Return the plain values of questions that were nested, by id in their order."""
    return {
        question.pk: question.to_rule(instances(Answer, vars(question)["key"]))
        for question in instances(Question, nested)
    }


def answered_with_keys() -> NestedRows:
    """Nest the stored responses of attempts, each with its question, as `asked`. Over attempts.

    Questions are looked up one by one: for a join PostgreSQL may read every question of the platform.
    """
    asked = Question.objects.filter(pk=OuterRef("question_id"))
    answered = AttemptAnswer.objects.filter(attempt=OuterRef("pk")).annotate(asked=with_keys(asked))
    return NestedRows(answered.values(*_ANSWERED, "asked"))


def questions_among(ids: Any) -> QuerySet[Question]:
    """Return the questions with these ids: a list, None for none, or the stand-in for a list."""
    among = RawSQL("%s::bigint[]", [ids])
    is_among = Func(
        "pk", among, template="%(expressions)s", arg_joiner=" = ANY ", output_field=BooleanField()
    )
    return Question.objects.filter(is_among)
