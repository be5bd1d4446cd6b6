"""What the result of an attempt is once grades have changed."""

from decimal import Decimal

from courses.rules.results import NewResult, StoredGrade, new_result

HALF, FULL, NONE = Decimal("0.5"), Decimal(1), Decimal(0)


def _grade(question: int, credit: Decimal | None, points: int) -> StoredGrade:
    return StoredGrade(question, question, {"text": "x"}, credit, points)


def _result(grades: list[StoredGrade], credits: list[Decimal | None], **points: int) -> NewResult:
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
    assert [(change.before.answer_id, change.credit, change.points) for change in result.changes] == [
        (1, FULL, 4)
    ]


def test_a_stored_credit_with_ten_decimals_is_no_change() -> None:
    assert _result([_grade(1, Decimal("0.5000000000"), 1)], [HALF], q1=2).changes == ()


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
