"""Classical item analysis: the power of each question to tell strong learners from weak ones.

The formulae are those of Moodle's quiz statistics, as its code has them. x is the points that a learner earned
on a question, T the learner's total and R = T - x the rest. All variances divide by S - 1, S being the learners.

Sums are kept as whole numbers of 10^-18 points, so nothing is lost before the last division; the variances of
R follow from those of x and T: cov(x, R) = cov(x, T) - var x and var R = var T + var x - 2 cov(x, T).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from operator import mul, sub

from courses.constants import (
    MIN_LEARNERS_FOR_ITEM_ANALYSIS,
    TOO_EASY_FACILITY,
    TOO_HARD_FACILITY,
    ItemWarning,
)
from courses.rules.credit import POINTS_DECIMALS

_UNITS = 10**POINTS_DECIMALS
_SHOWN_PLACES = Decimal("0.0001")
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """Statistics of one question; every figure has four decimals and is None where its denominator is zero.

    * `facility`, 0..1: the points earned of those possible.
    * `standard_deviation`, in points: sqrt(var x).
    * `discrimination_index`, -100..100: 100 cov(x, R) / sqrt(var x var R), Pearson's correlation.
    * `discriminative_efficiency`, at most 100: 100 cov(x, R) / the highest cov(x, R) of the same points.
    * `effective_weight`, 0..100, 100 in all: 100 sqrt(cov(x, T)) / the sum of these roots over all questions.
    """

    facility: Decimal | None
    standard_deviation: Decimal | None
    discrimination_index: Decimal | None
    discriminative_efficiency: Decimal | None
    effective_weight: Decimal | None
    warning: ItemWarning | None


@dataclass(frozen=True, slots=True)
class ItemAnalysis:
    """Statistics of an assessment of k questions; every figure has four decimals and is None where it is undefined.

    * `mean` and `standard_deviation` of T, in points.
    * `internal_consistency`, at most 100: Cronbach's alpha, 100 k / (k - 1) (1 - sum of var x / var T).
    * `error_ratio`, in percent: 100 sqrt(1 - alpha).
    * `standard_error`, in points: error ratio x standard deviation.
    """

    learner_count: int
    mean: Decimal | None
    standard_deviation: Decimal | None
    internal_consistency: Decimal | None
    error_ratio: Decimal | None
    standard_error: Decimal | None
    items: Sequence[ItemStatistics]


@dataclass(frozen=True, slots=True)
class _Moments:
    """Sums of one question; variances and covariances are S(S - 1) times their value, in square units."""

    facility: Decimal | None
    variance: int
    covariance_with_total: int
    covariance_with_rest: int
    variance_of_rest: int
    highest_covariance_with_rest: int


def analyse(rows: Sequence[Sequence[Decimal | int]], possible: Sequence[int]) -> ItemAnalysis:
    """Analyse the first finished attempt of each learner.

    `rows[learner][question]` is credit x points, with at most eighteen decimals; `possible[question]` are the points
    that all learners together could earn. A question that a learner left out counts 0.
    """
    learners = len(rows)
    in_units = [[int(earned * _UNITS) for earned in row] for row in rows]
    totals = [sum(row) for row in in_units]
    columns = list(zip(*in_units, strict=True)) or [()] * len(possible)
    variance_of_total = _covariance(totals, totals)
    moments = [
        _moments(column, totals, variance_of_total, of_question)
        for column, of_question in zip(columns, possible, strict=True)
    ]
    weights = sum((_root(item.covariance_with_total) for item in moments), Decimal(0))
    deviation = _deviation(variance_of_total, learners)
    consistency = _internal_consistency([item.variance for item in moments], variance_of_total, learners)
    error_ratio = None if consistency is None else _HUNDRED * (1 - consistency / _HUNDRED).sqrt()
    standard_error = None if error_ratio is None or deviation is None else error_ratio / _HUNDRED * deviation
    return ItemAnalysis(
        learner_count=learners,
        mean=_shown(_ratio(sum(totals), learners * _UNITS)),
        standard_deviation=_shown(deviation),
        internal_consistency=_shown(consistency),
        error_ratio=_shown(error_ratio),
        standard_error=_shown(standard_error),
        items=tuple(_item(item, weights, learners) for item in moments),
    )


def _moments(column: Sequence[int], totals: Sequence[int], variance_of_total: int, possible: int) -> _Moments:
    """Sum up one question. Its highest possible covariance is that of both columns sorted ascending."""
    variance, with_total = _covariance(column, column), _covariance(column, totals)
    return _Moments(
        facility=_ratio(sum(column), possible * _UNITS),
        variance=variance,
        covariance_with_total=with_total,
        covariance_with_rest=with_total - variance,
        variance_of_rest=variance_of_total + variance - 2 * with_total,
        highest_covariance_with_rest=_covariance(sorted(column), sorted(map(sub, totals, column))),
    )


def _item(item: _Moments, weights: Decimal, learners: int) -> ItemStatistics:
    """Turn the sums of one question into its figures; `weights` is the sum over all questions."""
    spread = _root(item.variance) * _root(item.variance_of_rest)
    discrimination = _percent(Decimal(item.covariance_with_rest), spread)
    efficiency = _percent(Decimal(item.covariance_with_rest), Decimal(item.highest_covariance_with_rest))
    weight = _percent(_root(item.covariance_with_total), weights) if item.covariance_with_total >= 0 else None
    return ItemStatistics(
        facility=_shown(item.facility),
        standard_deviation=_shown(_deviation(item.variance, learners)),
        discrimination_index=_shown(discrimination),
        discriminative_efficiency=_shown(efficiency),
        effective_weight=_shown(weight),
        warning=_warning(item.facility, discrimination, learners),
    )


def _warning(facility: Decimal | None, discrimination: Decimal | None, learners: int) -> ItemWarning | None:
    """Return the first warning that applies: too few learners precedes all others, which would mean nothing."""
    if learners < MIN_LEARNERS_FOR_ITEM_ANALYSIS:
        return ItemWarning.TOO_FEW_LEARNERS
    if discrimination is not None and discrimination < 0:
        return ItemWarning.NEGATIVE_DISCRIMINATION
    if facility is not None and facility > TOO_EASY_FACILITY:
        return ItemWarning.TOO_EASY
    if facility is not None and facility < TOO_HARD_FACILITY:
        return ItemWarning.TOO_HARD
    return None


def _internal_consistency(variances: Sequence[int], variance_of_total: int, learners: int) -> Decimal | None:
    """Return Cronbach's alpha in percent; None for fewer than three learners or two questions."""
    if learners <= 2:
        return None
    questions, shared = len(variances), variance_of_total - sum(variances)
    return _ratio(100 * questions * shared, (questions - 1) * variance_of_total)


def _covariance(first: Sequence[int], second: Sequence[int]) -> int:
    """Return S(S - 1) times the covariance, which is a whole number."""
    products: int = sum(map(mul, first, second))
    return len(first) * products - sum(first) * sum(second)


def _deviation(variance: int, learners: int) -> Decimal | None:
    """Return the standard deviation in points from S(S - 1) times the variance in units squared."""
    scaled = _ratio(variance, learners * (learners - 1))
    return None if scaled is None else scaled.sqrt() / _UNITS


def _root(covariance: int) -> Decimal:
    """Return the square root, 0 of a negative covariance: such a question has no weight."""
    return Decimal(max(0, covariance)).sqrt()


def _ratio(numerator: int, denominator: int) -> Decimal | None:
    return Decimal(numerator) / denominator if denominator else None


def _percent(part: Decimal, whole: Decimal) -> Decimal | None:
    return _HUNDRED * part / whole if whole else None


def _shown(value: Decimal | None) -> Decimal | None:
    """Round half up to four decimals; adding 0 turns a negative zero into a plain one."""
    return None if value is None else value.quantize(_SHOWN_PLACES, ROUND_HALF_UP) + 0
