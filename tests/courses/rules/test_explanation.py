"""Why a response has the result that it has."""

from decimal import Decimal

from courses.rules.explanation import explain
from courses.rules.grading import grade
from tests.courses.rules.questions import choices, essay

WRONG = grade(choices("+-", points=4), {"choices": [1]})


def test_a_grade_by_the_key_is_explained_by_the_key() -> None:
    assert explain(WRONG, credit=Decimal(0), points=Decimal(0), possible=4) == (
        "One choice: the credit of the picked answer counts.",
        "Picked: “answer 1” (credit 0).",
        "4 possible x credit 0: 0 points.",
    )


def test_a_grade_by_a_person_says_nothing_of_the_key() -> None:
    steps = explain(WRONG, credit=Decimal("0.75"), points=Decimal(3), possible=4, by_person=True)
    assert steps == ("A person gave 3 of 4 points. No regrade changes that.",)


def test_an_answer_that_waits_for_a_person_says_so() -> None:
    assert grade(essay(points=4), {"text": "x"}).steps == ("Essay: a person grades it.",)


def test_a_result_from_before_the_key_was_corrected_is_told_apart_from_what_the_key_says_now() -> None:
    *_, last = explain(WRONG, credit=Decimal(1), points=Decimal(4), possible=4)
    assert last == "The key was corrected since it was graded, so it still has credit 1, 4 points."


def test_a_result_that_a_regrade_left_or_gave_names_what_was_done() -> None:
    *_, last = explain(
        WRONG, credit=Decimal(1), points=Decimal(4), possible=4, regraded="Give everyone full credit"
    )
    assert last == "It was graded again and has credit 1, 4 points. Give everyone full credit."
