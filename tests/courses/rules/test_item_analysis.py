"""Item analysis: the worked example, an independent reference, zero denominators and warnings."""

from decimal import Decimal
from fractions import Fraction
from math import isclose, sqrt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.constants import ItemWarning
from courses.rules import item_analysis
from courses.rules.item_analysis import ItemAnalysis

EXAMPLE = [[1, 2, 0], [1, 1, 1], [0, 1, 0], [1, 2, 1], [0, 0, 0]]
MAXIMA = [1, 2, 1]


def analyse(rows, maxima):
    """Analyse learners each of whom could earn `maxima`."""
    return item_analysis.analyse(rows, [len(rows) * maximum for maximum in maxima])


def test_of_different_points_those_that_all_could_earn_together_count():
    assert texts(item_analysis.analyse([[2, 1], [3, 0]], [4 + 6, 1 + 0]), "facility") == ["0.5000", "1.0000"]


def texts(analysis: ItemAnalysis, figure: str) -> list[str]:
    return [str(getattr(item, figure)) for item in analysis.items]


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("facility", ["0.6000", "0.6000", "0.4000"]),
        ("discrimination_index", ["88.0705", "59.7614", "49.0098"]),
        ("discriminative_efficiency", ["100.0000", "66.6667", "58.3333"]),
        ("effective_weight", ["32.6514", "38.7957", "28.5529"]),
        ("standard_deviation", ["0.5477", "0.8367", "0.5477"]),
    ],
)
def test_the_worked_example_gives_the_figures_of_every_question(figure, expected):
    assert texts(analyse(EXAMPLE, MAXIMA), figure) == expected


@pytest.mark.parametrize(
    ("figure", "expected"),
    [
        ("learner_count", "5"),
        ("mean", "2.2000"),
        ("standard_deviation", "1.6432"),
        ("internal_consistency", "77.7778"),
        ("error_ratio", "47.1405"),
        ("standard_error", "0.7746"),
    ],
)
def test_the_worked_example_gives_the_figures_of_the_assessment(figure, expected):
    assert str(getattr(analyse(EXAMPLE, MAXIMA), figure)) == expected


def test_the_order_of_learners_never_matters():
    assert analyse(EXAMPLE[::-1], MAXIMA) == analyse(EXAMPLE, MAXIMA)


def test_nobody_has_taken_it_yet():
    analysis = analyse([], MAXIMA)

    assert (analysis.learner_count, analysis.mean, analysis.standard_deviation) == (0, None, None)
    assert len(analysis.items) == 3
    assert analysis.items[0].facility is None


def test_one_learner_has_a_mean_but_no_spread():
    analysis = analyse([[1, 2, 0]], MAXIMA)

    assert (analysis.mean, analysis.standard_deviation, analysis.internal_consistency) == (3, None, None)
    assert texts(analysis, "facility") == ["1.0000", "1.0000", "0.0000"]
    assert texts(analysis, "discrimination_index") == ["None"] * 3


@pytest.mark.parametrize(
    ("rows", "maxima"),
    [
        pytest.param([[1, 0], [0, 0]], [1, 1], id="two learners"),
        pytest.param([[1], [0], [1]], [1], id="one question"),
        pytest.param([[1, 0], [0, 1], [1, 0]], [1, 1], id="everyone has the same total"),
    ],
)
def test_internal_consistency_takes_three_learners_two_questions_and_a_spread(rows, maxima):
    analysis = analyse(rows, maxima)

    assert analysis.internal_consistency is None
    assert analysis.error_ratio is None
    assert analysis.standard_error is None


def test_a_question_that_everyone_answers_alike_discriminates_nothing():
    item = analyse([[1, 0], [1, 1], [1, 2]], [1, 2]).items[0]

    assert item.discrimination_index is None
    assert item.discriminative_efficiency is None
    assert str(item.effective_weight) == "0.0000"


def test_a_question_that_goes_against_the_total_has_no_effective_weight():
    against, with_total = analyse([[1, 0], [0, 3], [0, 3], [1, 0]], [1, 3]).items

    assert against.effective_weight is None
    assert str(against.discrimination_index) == "-100.0000"
    assert str(with_total.effective_weight) == "100.0000"


def test_partial_credit_counts_exactly_and_not_as_rounded_points():
    analysis = analyse([[Decimal("0.3333333333")], [Decimal("0.6666666667")]], [1])

    assert str(analysis.mean) == "0.5000"
    assert str(analysis.standard_deviation) == "0.2357"


def test_a_figure_that_rounds_to_nothing_has_no_minus_sign():
    almost = Decimal("0.9999999")

    assert (
        texts(analyse([[0, 0], [0, 1], [1, 0], [1, almost]], [1, 1]), "discrimination_index")
        == ["0.0000"] * 2
    )


@pytest.mark.parametrize("questions", range(2, 14))
def test_questions_that_all_say_the_same_are_fully_consistent_and_without_error(questions):
    analysis = analyse([[0] * questions, [1] * questions, [1] * questions], [1] * questions)

    assert str(analysis.internal_consistency) == "100.0000"
    assert str(analysis.standard_error) == "0.0000"


def rows_with(first: list[int], rest: list[int]) -> list[list[int]]:
    return [list(row) for row in zip(first, rest, strict=True)]


@pytest.mark.parametrize(
    ("first", "maximum", "expected"),
    [
        pytest.param([1, 1, 1, 1, 1, 0, 0, 0, 0, 0], 1, ItemWarning.NEGATIVE_DISCRIMINATION, id="wrong key"),
        pytest.param([0, 0, 0, 0, 0, 1, 1, 1, 1, 1], 1, None, id="nothing to warn of"),
        pytest.param([10] * 9 + [10], 10, ItemWarning.TOO_EASY, id="everyone earns everything"),
        pytest.param([5] + [10] * 9, 10, None, id="95 % is not too easy"),
        pytest.param([4] + [10] * 9, 10, None, id="94 % is not too easy"),
        pytest.param([6] + [10] * 9, 10, ItemWarning.TOO_EASY, id="96 % is too easy"),
        pytest.param([0] * 9 + [5], 10, None, id="5 % is not too hard"),
        pytest.param([0] * 9 + [4], 10, ItemWarning.TOO_HARD, id="4 % is too hard"),
        pytest.param([0, 0, 0, 0, 0, 0, 0, 0, 1], 1, ItemWarning.TOO_FEW_LEARNERS, id="nine learners"),
        pytest.param([1, 1, 1, 0, 0, 0], 1, ItemWarning.TOO_FEW_LEARNERS, id="too few to suspect the key"),
    ],
)
def test_a_question_carries_the_first_warning_that_applies(first, maximum, expected):
    rows = rows_with(first, list(range(len(first))))

    assert analyse(rows, [maximum, 10]).items[0].warning == expected


# ---------------------------------------------------------------- an independent reference
def covariance(first: list[Fraction], second: list[Fraction]) -> Fraction:
    mean_first, mean_second = sum(first, Fraction(0)) / len(first), sum(second, Fraction(0)) / len(second)
    products = ((a - mean_first) * (b - mean_second) for a, b in zip(first, second, strict=True))
    return sum(products, Fraction(0)) / (len(first) - 1)


def reference_item(rows: list[list[Fraction]], index: int) -> list[float | None]:
    """Discrimination index, discriminative efficiency and effective weight, by their definitions."""
    if len(rows) < 2:
        return [None, None, None]
    totals = [sum(row, Fraction(0)) for row in rows]
    earned = [row[index] for row in rows]
    rest = [total - x for total, x in zip(totals, earned, strict=True)]
    together, best = covariance(earned, rest), covariance(sorted(earned), sorted(rest))
    spread = sqrt(covariance(earned, earned) * covariance(rest, rest))
    with_total = [covariance([row[item] for row in rows], totals) for item in range(len(rows[0]))]
    weights = sum(sqrt(value) for value in with_total if value >= 0)
    own = with_total[index]
    return [
        100 * together / spread if spread else None,
        float(100 * together / best) if best else None,
        100 * sqrt(own) / weights if own >= 0 and weights else None,
    ]


def reference_consistency(rows: list[list[Fraction]]) -> float | None:
    totals = [sum(row, Fraction(0)) for row in rows]
    questions = len(rows[0])
    if len(rows) <= 2 or questions <= 1 or not covariance(totals, totals):
        return None
    columns = [[row[item] for row in rows] for item in range(questions)]
    within = sum(covariance(column, column) for column in columns)
    return float(100 * Fraction(questions, questions - 1) * (1 - within / covariance(totals, totals)))


def agree(ours: Decimal | None, theirs: float | None) -> bool:
    if ours is None or theirs is None:
        return ours is None and theirs is None
    return isclose(ours, theirs, abs_tol=0.0001)


results = st.integers(1, 5).flatmap(
    lambda questions: st.lists(
        st.lists(
            st.sampled_from(["0", "0.5", "1", "1.25", "2", "0.3333333333"]).map(Decimal),
            min_size=questions,
            max_size=questions,
        ),
        min_size=1,
        max_size=14,
    )
)


@pytest.mark.slow
@settings(deadline=None, print_blob=True, max_examples=200)
@given(results)
def test_every_figure_agrees_with_its_definition(rows):
    exact = [[Fraction(earned) for earned in row] for row in rows]
    totals = [sum(row, Fraction(0)) for row in exact]

    analysis = analyse(rows, [2] * len(rows[0]))

    deviation = None if len(totals) < 2 else sqrt(covariance(totals, totals))
    assert agree(analysis.mean, float(sum(totals) / len(totals)))
    assert agree(analysis.standard_deviation, deviation)
    consistency = reference_consistency(exact)
    error_ratio = None if consistency is None else 100 * sqrt(max(0, 1 - consistency / 100))
    assert agree(analysis.internal_consistency, consistency)
    error = None if error_ratio is None or deviation is None else error_ratio / 100 * deviation
    assert agree(analysis.standard_error, error)
    for index, item in enumerate(analysis.items):
        assert agree(item.facility, float(sum(row[index] for row in exact) / (2 * len(exact))))
        discrimination, efficiency, weight = reference_item(exact, index)
        assert agree(item.discrimination_index, discrimination)
        assert agree(item.discriminative_efficiency, efficiency)
        assert agree(item.effective_weight, weight)


@settings(deadline=None, print_blob=True)
@given(results)
def test_the_weights_of_an_assessment_add_up_to_a_hundred(rows):
    weights = [item.effective_weight for item in analyse(rows, [2] * len(rows[0])).items]

    assert isclose(sum(weight or 0 for weight in weights), 100, abs_tol=0.001) or not any(weights)


def test_ten_thousand_learners_and_forty_questions_give_exact_figures():
    rows = [[(learner + item) % 2 for item in range(40)] for learner in range(10_000)]

    analysis = analyse(rows, [1] * 40)

    assert (analysis.learner_count, analysis.mean, analysis.standard_deviation) == (10_000, 20, 0)
    assert set(texts(analysis, "facility")) == {"0.5000"}
    assert set(texts(analysis, "discrimination_index")) == {"-100.0000"}
