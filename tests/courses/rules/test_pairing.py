"""Which rows an edited list goes on with."""

import pytest

from courses.rules.pairing import paired


@pytest.mark.parametrize(
    ("stored", "given", "pairs", "left"),
    [
        pytest.param("abc", "abc", ["a", "b", "c"], [], id="nothing changed"),
        pytest.param("abc", "cab", ["c", "a", "b"], [], id="only the order changed"),
        pytest.param("abc", "axc", ["a", "b", "c"], [], id="one was edited"),
        pytest.param("abc", "xyc", ["a", "b", "c"], [], id="two were edited"),
        pytest.param("abc", "ac", ["a", "c"], ["b"], id="one was removed"),
        pytest.param("ab", "abx", ["a", "b", None], [], id="one was added"),
        pytest.param("ab", "xab", [None, "a", "b"], [], id="one was added in front"),
        pytest.param("abc", "x", ["a"], ["b", "c"], id="one edited and two removed"),
        pytest.param("aa", "a", ["a"], ["a"], id="of two that are equal one stays"),
        pytest.param("", "x", [None], [], id="the first one"),
    ],
)
def test_rows_stay_with_what_stayed_the_same_and_then_with_what_was_edited(stored, given, pairs, left):
    assert paired(list(stored), list(given), is_same=str.__eq__) == (pairs, left)
