"""Values in memory: as many as were allowed, the latest used ones."""

from courses.utils.kept import Kept


def test_the_least_recently_used_values_are_forgotten() -> None:
    kept: Kept[int, str] = Kept(number=2)
    kept.put(1, "one")
    kept.put(2, "two")
    assert kept.known([1]) == {1: "one"}
    kept.put(3, "three")
    assert kept.known([1, 2, 3]) == {1: "one", 3: "three"}
    kept.clear()
    assert kept.get(1) is None


def test_what_is_kept_is_bounded_by_number_and_by_weight() -> None:
    kept: Kept[str, int] = Kept(number=3, weight=10)
    for key, weight in [("a", 1), ("b", 1), ("c", 1)]:
        kept.put(key, weight, weight=weight)
    assert kept.get("a") == 1

    kept.put("d", 1, weight=1)
    assert [kept.get(key) for key in "abcd"] == [1, None, 1, 1]
    kept.put("e", 9, weight=9)
    assert [kept.get(key) for key in "acde"] == [None, None, 1, 9]
    kept.put("f", 11, weight=11)
    assert [kept.get(key) for key in "def"] == [1, 9, None]
