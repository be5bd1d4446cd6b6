"""How many attempts there are, and what a finished one shows its learner."""

from itertools import product

import pytest

from courses.rules.attempt_limits import answer_key_visible, attempts_left, may_start, results_visible


@pytest.mark.parametrize(("used", "left"), [(0, 3), (2, 1), (3, 0), (5, 0)])
def test_attempts_left_never_fall_below_none(used, left):
    assert attempts_left(max_attempts=3, used=used) == left


@pytest.mark.parametrize(
    ("used", "has_open", "expected"),
    [
        pytest.param(0, False, True, id="the first attempt"),
        pytest.param(1, False, True, id="one left"),
        pytest.param(2, False, False, id="none left"),
        pytest.param(2, True, True, id="the last one is open and is resumed"),
    ],
)
def test_an_attempt_may_start_while_one_is_left_or_open(used, has_open, expected):
    assert may_start(max_attempts=2, used=used, has_open=has_open) is expected


@pytest.mark.parametrize(
    ("is_completed", "show_results", "expected"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_results_are_visible_after_completion_when_the_assessment_shows_them(
    is_completed, show_results, expected
):
    assert results_visible(is_completed=is_completed, show_results=show_results) is expected


def test_the_answer_key_is_visible_only_when_shown_and_no_further_attempt_is_possible():
    visible = {
        case
        for case in product([False, True], [False, True], [1, 2], [False, True], [False, True])
        if answer_key_visible(
            is_completed=case[0],
            show_correct_answers=case[1],
            max_attempts=2,
            used=case[2],
            has_open=case[3],
            is_withdrawn=case[4],
        )
    }

    assert visible == {
        (True, True, 2, False, False),
        (True, True, 2, False, True),
        (True, True, 1, False, True),
    }
