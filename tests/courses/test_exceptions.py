"""Refusals carry a code, a sentence that says what to do, and the path inside the input."""

import pytest

from courses import exceptions

CODES = [
    "INVALID",
    "REQUIRED",
    "NOT_FOUND",
    "PERMISSION_DENIED",
    "CONFLICT",
    "KEY_REUSED",
    "NOT_ENROLLED",
    "ATTEMPT_LIMIT_REACHED",
    "NOT_OPEN_YET",
    "ALREADY_CLOSED",
    "ANSWER_KEY_SEEN",
    "ATTEMPT_CLOSED",
    "TIME_EXPIRED",
    "STALE_REVISION",
    "RESPONSE_MISMATCH",
    "ALREADY_REVIEWED",
    "OWN_REVIEW",
    "ASSESSMENT_NOT_READY",
    "QUESTION_IN_USE",
    "IN_USE",
    "TOO_MANY_TAGS",
    "TOO_MANY_EXPORTS",
    "TOKEN_SCOPE_MISSING",
]


def test_codes_and_classes_match_one_to_one() -> None:
    assert [refusal.code for refusal in exceptions.Refusal.__subclasses__()] == CODES


@pytest.mark.parametrize("refusal", exceptions.Refusal.__subclasses__())
def test_a_refusal_says_its_own_sentence_unless_it_is_given_a_better_one(
    refusal: type[exceptions.Refusal],
) -> None:
    assert refusal().message == str(refusal()) == refusal.message
    assert refusal.message.endswith(".")
    assert refusal("Choose another.").message == "Choose another."


def test_the_path_names_the_part_of_the_input() -> None:
    assert exceptions.Invalid(field=["answers", "0"]).field == ("answers", "0")
    assert exceptions.Invalid().field is None
