"""Values in memory: as many as were allowed, the latest used ones."""

from courses.utils.remembered import Remembered


def test_the_least_recently_used_values_are_forgotten() -> None:
    kept: Remembered[int, str] = Remembered(2)
    kept.put(1, "one")
    kept.put(2, "two")
    assert kept.known([1]) == {1: "one"}
    kept.put(3, "three")
    assert kept.known([1, 2, 3]) == {1: "one", 3: "three"}
    kept.clear()
    assert kept.get(1) is None
