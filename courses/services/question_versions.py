"""Naming of versions in the layouts of attempts that name none."""

from django.db import transaction
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.db.models.lookups import Exact

from courses.models import AssessmentAttempt, Question
from courses.models.question_versions import current_versions

_UNNAMED = Exact(
    Func(
        F("layout"),
        Value("$.questions[*] ? (!exists(@.version))"),
        function="jsonb_path_exists",
        output_field=BooleanField(),
    ),
    True,
)


def name_versions() -> int:
    """Have the layouts that name no versions name those of their questions as they stand; return how many did.

    A process of a release without versions may have started such attempts while it ran beside a newer one. Each attempt
    is a transaction of its own.
    """
    named = 0
    for pk in list(_unnamed().order_by("pk").values_list("pk", flat=True)):
        named += _name(pk)
    return named


@transaction.atomic
def _name(attempt_id: int) -> bool:
    attempt = _unnamed().select_for_update(no_key=True, of=("self",)).filter(pk=attempt_id).first()
    if attempt is None:
        return False
    unnamed = {entry["id"]: entry for entry in attempt.layout["questions"] if "version" not in entry}
    questions = Question.objects.select_related("assessment__lesson__course").prefetch_related("answers")
    versions = current_versions(questions.filter(pk__in=unnamed))
    for pk, version in versions.items():
        unnamed[pk]["version"] = version.id
    attempt.save(update_fields=["layout"])
    return bool(versions)


def _unnamed() -> QuerySet[AssessmentAttempt]:
    return AssessmentAttempt.objects.filter(_UNNAMED)
