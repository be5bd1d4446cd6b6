"""What the result of an attempt is once grades have changed."""

from decimal import Decimal
from fractions import Fraction

from courses.rules.results import NewResult, StoredGrade, new_result

HALF, FULL, NONE, THIRD = Fraction(1, 2), Fraction(1), Fraction(0), Fraction(1, 3)


def _grade(question: int, credit: Fraction | None, points: int, exact: str | None = None) -> StoredGrade:
    exact_points = None if credit is None else Decimal(points if exact is None else exact)
    return StoredGrade(question, question, {"text": "x"}, credit, exact_points, points)


def _result(grades: list[StoredGrade], credits: list[Fraction | None], **points: int) -> NewResult:
    possible = {int(question[1:]): value for question, value in points.items()}
    return new_result(grades, credits, points_possible=possible, passing_score=50)


def test_score_and_maximum_add_up_what_every_question_gives() -> None:
    result = _result([_grade(1, NONE, 0), _grade(2, FULL, 3)], [FULL, FULL], q1=4, q2=3)
    assert (result.score, result.max_score, result.is_passed, result.waits_for_a_person) == (
        7,
        7,
        True,
        False,
    )


def test_only_grades_that_differ_are_changes() -> None:
    result = _result([_grade(1, HALF, 2), _grade(2, FULL, 3)], [FULL, FULL], q1=4, q2=3)
    [change] = result.changes
    assert (change.before.answer_id, change.credit, change.exact_points, change.points) == (1, FULL, 4, 4)


def test_a_third_as_it_is_stored_is_no_change() -> None:
    stored = _grade(1, THIRD, 0, "0.333333333333333333")
    assert _result([stored], [THIRD], q1=1).changes == ()


def test_exact_points_add_up_where_whole_ones_are_rounded() -> None:
    grades = [_grade(1, NONE, 0), _grade(2, NONE, 0), _grade(3, NONE, 0)]
    halves = _result(grades[:1], [HALF], q1=1)
    assert (halves.exact_score, halves.score, halves.is_passed) == (Decimal("0.5"), 1, True)
    thirds = _result(grades, [THIRD, THIRD, THIRD], q1=1, q2=1, q3=1)
    assert (thirds.exact_score, thirds.score, thirds.is_passed) == (1, 0, False)


def test_points_follow_what_the_question_gives_now() -> None:
    result = _result([_grade(1, HALF, 5)], [HALF], q1=3)
    assert (result.score, result.max_score, result.changes[0].points) == (2, 3, 2)


def test_the_score_never_passes_the_maximum_after_points_were_lowered() -> None:
    result = _result([_grade(1, FULL, 10), _grade(2, FULL, 1)], [FULL, FULL], q1=2, q2=1)
    assert (result.score, result.max_score) == (3, 3)


def test_while_an_answer_waits_the_pass_mark_is_set_only_where_it_is_certain() -> None:
    waiting = [_grade(1, None, 0), _grade(2, NONE, 0)]
    assert _result(waiting, [None, NONE], q1=5, q2=5).is_passed is None
    assert _result(waiting, [None, FULL], q1=5, q2=5).is_passed is True
    assert _result(waiting, [None, NONE], q1=4, q2=5).is_passed is False
    assert _result(waiting, [None, NONE], q1=5, q2=5).waits_for_a_person is True
