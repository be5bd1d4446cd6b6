"""How written texts are normalised and compared: short answers and blanks."""

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courses.constants import Correctness, TextMatch
from courses.rules.grading import grade
from courses.rules.numbers import as_number, as_written_number
from courses.rules.questions import kind_of
from courses.rules.text import matches_wildcard, normalise
from courses.rules.values import Answer
from tests.courses.rules.questions import accepted, blanks, short_answer

EXACT, WILDCARD, NUMERIC = TextMatch.EXACT, TextMatch.WILDCARD, TextMatch.NUMERIC


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("  Paris \n", "Paris", id="trimmed"),
        pytest.param("New \t\n  York", "New York", id="inner white space collapsed"),
        pytest.param("cafe\u0301", "caf\u00e9", id="NFC"),
        pytest.param("d\u2019accord", "d'accord", id="typographic apostrophe"),
        pytest.param("\u201cyes\u201d", '"yes"', id="typographic quotes"),
        pytest.param("\u00abyes\u00bb", '"yes"', id="guillemets"),
        pytest.param("1914\u20131918", "1914-1918", id="en dash"),
        pytest.param("yes\u2014no", "yes-no", id="em dash"),
        pytest.param("\u221211.7", "-11.7", id="minus sign"),
        pytest.param("10\u00a0km", "10 km", id="no-break space"),
        pytest.param("10\u202fkm", "10 km", id="narrow no-break space"),
        pytest.param("\ufeffParis\u200b", "Paris", id="spaces without width"),
        pytest.param("STRASSE", "STRASSE", id="case is kept"),
        pytest.param("\u00a0 \u200b", "", id="only invisible characters"),
        pytest.param("photo\u00adsynthesis", "photosynthesis", id="soft hyphen"),
        pytest.param("a\u200c\u200db\u2060c", "abc", id="joiners"),
        pytest.param("\u200f\u202aParis\u202c\u2069", "Paris", id="marks of direction"),
        pytest.param("\u2764\ufe0f", "\u2764", id="variation selector"),
        pytest.param("e\u200d\u0301", "\u00e9", id="a joiner before an accent"),
        pytest.param("\uff30\uff41\uff52\uff49\uff53\u3000\uff11", "Paris 1", id="full-width"),
        pytest.param("\uff76\uff9e", "\u30ac", id="half-width katakana"),
        pytest.param("\uff02\uff07\uff0d", "\"'-", id="full-width quotes and hyphen"),
        pytest.param("x\u00b2 \u2460 \ufb01", "x\u00b2 \u2460 \ufb01", id="other compatibility characters"),
        pytest.param("0", "0", id="zero is a text"),
    ],
)
def test_texts_are_trimmed_collapsed_composed_and_their_typography_folded(text, expected):
    assert normalise(text) == expected


@settings(deadline=None, print_blob=True)
@given(st.text())
def test_normalising_twice_changes_nothing_more(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("answer", "response", "expected"),
    [
        pytest.param(accepted("Paris"), "paris", True, id="case is ignored by default"),
        pytest.param(accepted("Straße"), "STRASSE", True, id="casefold knows the sharp s"),
        pytest.param(accepted("Paris"), " Paris ", True, id="white space around is ignored"),
        pytest.param(accepted("d'accord"), "D\u2019accord", True, id="apostrophes are the same"),
        pytest.param(accepted("caf\u00e9"), "cafe\u0301", True, id="composed and decomposed are the same"),
        pytest.param(accepted("caf\u00e9"), "cafe", False, id="an accent makes a difference"),
        pytest.param(accepted("photosynthesis"), "photo\u00adsynthesis", True, id="soft hyphen"),
        pytest.param(accepted("Pa\u200bris", how=EXACT), "\u202aParis", True, id="exact, what has no shape"),
        pytest.param(accepted("Paris", how=EXACT), "\uff30aris", True, id="exact, full-width"),
        pytest.param(accepted("Paris", how=EXACT), "\uff50aris", False, id="exact, full-width, another case"),
        pytest.param(
            accepted("colo*r", how=WILDCARD), "\uff43olo\u00adu\u200dr", True, id="star, what has no shape"
        ),
        pytest.param(accepted("12", how=NUMERIC), "\u200e\uff11\uff12\u200b", True, id="full-width number"),
        pytest.param(accepted("x\u00b2"), "x2", False, id="a square is no 2"),
        pytest.param(accepted("x2"), "x\u00b2", False, id="a 2 is no square"),
        pytest.param(accepted("\u0130zmir"), "izmir", True, id="dotted capital I"),
        pytest.param(
            accepted("\u03a3\u039f\u03a6\u039f\u03a3"),
            "\u03c3\u03bf\u03c6\u03bf\u03c2",
            True,
            id="final sigma",
        ),
        pytest.param(accepted("\u2764"), "\u2764\ufe0f", True, id="a heart in colour"),
        pytest.param(accepted("meiosis"), "mitosis", False, id="meiosis is not mitosis"),
        pytest.param(accepted("1000"), "100", False, id="1000 is not 100"),
        pytest.param(accepted("0"), "0", True, id="zero is an answer"),
        pytest.param(accepted("a.c"), "abc", False, id="a dot is a dot"),
        pytest.param(accepted("*"), "anything", False, id="a star is a star unless wildcards were asked for"),
        pytest.param(accepted("pH", how=EXACT), "pH", True, id="exact and equal"),
        pytest.param(accepted("pH", how=EXACT), "ph", False, id="exact tells case apart"),
        pytest.param(accepted("pH", how=EXACT), " pH ", True, id="exact still trims"),
        pytest.param(accepted("colo*r", how=WILDCARD), "colour", True, id="star for one character"),
        pytest.param(accepted("colo*r", how=WILDCARD), "COLOR", True, id="star for nothing, case ignored"),
        pytest.param(
            accepted("*photosynthesis*", how=WILDCARD), "by photosynthesis!", True, id="stars around"
        ),
        pytest.param(accepted("a*b", how=WILDCARD), "acbd", False, id="the end is fixed"),
        pytest.param(accepted("a*b", how=WILDCARD), "cab", False, id="the beginning is fixed"),
        pytest.param(accepted("ab*ba", how=WILDCARD), "aba", False, id="the ends do not overlap"),
        pytest.param(accepted(r"2\*3", how=WILDCARD), "2*3", True, id="escaped star is a star"),
        pytest.param(accepted(r"2\*3", how=WILDCARD), "2x3", False, id="escaped star is nothing else"),
        pytest.param(accepted(r"C:\d*", how=WILDCARD), r"c:\dir", True, id="another backslash is itself"),
        pytest.param(accepted("a.*", how=WILDCARD), "abc", False, id="never a regular expression"),
        pytest.param(accepted("(a+)+$", how=WILDCARD), "aaaa", False, id="groups are plain text"),
        pytest.param(
            accepted("-11.7", how=NUMERIC, tolerance="0.02"), "-11.72", True, id="lower end included"
        ),
        pytest.param(
            accepted("-11.7", how=NUMERIC, tolerance="0.02"), "-11.68", True, id="upper end included"
        ),
        pytest.param(accepted("-11.7", how=NUMERIC, tolerance="0.02"), "-11.7201", False, id="just outside"),
        pytest.param(
            accepted("-11.7", how=NUMERIC, tolerance="0.02"),
            "-11.72000000000000000000000000000000000001",
            False,
            id="outside by the 38th decimal",
        ),
        pytest.param(accepted("-11.7", how=NUMERIC), "\u221211.70", True, id="minus sign and trailing zero"),
        pytest.param(accepted("1000", how=NUMERIC), "1e3", True, id="exponent"),
        pytest.param(accepted("0.5", how=NUMERIC), ".5", True, id="no digit before the point"),
        pytest.param(accepted("5", how=NUMERIC), "+5.", True, id="plus sign and bare point"),
        pytest.param(accepted("1.5", how=NUMERIC), "1,5", False, id="decimal comma"),
        pytest.param(accepted("1000", how=NUMERIC), "1,000", False, id="thousands comma"),
        pytest.param(accepted("1000", how=NUMERIC), "1_000", False, id="underscore"),
        pytest.param(accepted("1", how=NUMERIC), "\u0661", False, id="other digits"),
        pytest.param(accepted("1", how=NUMERIC, tolerance="9"), "NaN", False, id="not a number"),
        pytest.param(accepted("1", how=NUMERIC, tolerance="9"), "Infinity", False, id="infinity"),
        pytest.param(
            accepted("1", how=NUMERIC, tolerance="9"), "1e9999", False, id="an exponent out of reach"
        ),
        pytest.param(
            accepted("one", how=NUMERIC), "one", False, id="a key that is no number matches nothing"
        ),
        pytest.param(accepted("5", how=NUMERIC), "5 kg", False, id="a unit"),
    ],
)
def test_a_text_matches_the_way_that_the_accepted_text_asks_for(answer, response, expected):
    assert grade(short_answer(answer), {"text": response}).is_correct is expected


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param("3,14", True, id="a comma"),
        pytest.param("3.14", True, id="a point stays a point"),
        pytest.param("+3,140", False, id="exactly three digits after a comma"),
        pytest.param("3,1400", True, id="four digits after it"),
        pytest.param("314e-2", True, id="no comma"),
        pytest.param("0,314e1", False, id="three digits and an exponent"),
        pytest.param("0,0314e2", True, id="four digits and an exponent"),
        pytest.param("\uff13\uff0c\uff11\uff14", True, id="full-width"),
        pytest.param("3,1,4", False, id="two commas"),
        pytest.param("3.1,4", False, id="a point and a comma"),
        pytest.param("3,14 m", False, id="a unit"),
    ],
)
def test_a_course_may_accept_a_decimal_comma(response, expected):
    asked = short_answer(accepted("3.14", how=NUMERIC), decimal_comma=True)

    assert grade(asked, {"text": response}).is_correct is expected


@pytest.mark.parametrize("decimal_comma", [True, False])
@pytest.mark.parametrize("written", ["1,000", "3,141", "1,000,000", "1.000,5", "1,000.5", "-1,000"])
def test_a_comma_that_may_separate_thousands_is_never_guessed(written, decimal_comma):
    for wanted in ("1", "1000", "3.141", "3141", "1000000", "1000.5", "-1", "-1000"):
        asked = short_answer(accepted(wanted, how=NUMERIC), decimal_comma=decimal_comma)
        assert grade(asked, {"text": written}).is_correct is False


@settings(deadline=None, print_blob=True)
@given(st.from_regex(r"[+-]?[0-9]{1,5}(\.[0-9]{0,6})?(e[0-9])?", fullmatch=True))
def test_a_comma_means_what_the_point_means_unless_three_digits_follow(written):
    with_comma = written.replace(".", ",")
    is_ambiguous = re.search(r",[0-9]{3}(e|$)", with_comma)

    read = as_written_number(with_comma, decimal_comma=True)

    assert read == (None if is_ambiguous else as_number(written))
    assert as_written_number(written, decimal_comma=True) == as_number(written)


def test_authors_write_their_numbers_with_a_point_in_every_course():
    asked = short_answer(accepted("3,14", how=NUMERIC), decimal_comma=True)

    assert list(kind_of(asked.type).contradictions(asked, "")) != []
    assert grade(asked, {"text": "3,14"}).is_correct is False


@pytest.mark.parametrize(
    ("response", "decimal_comma", "step"),
    [
        ("3,14", True, "“3,14” matches “3.14” (compared as numbers, 3,14 read as 3.14): credit 1."),
        ("3.14", True, "“3.14” matches “3.14” (compared as numbers): credit 1."),
        (
            "3,14",
            False,
            "“3,14” matches no accepted text: this course writes numbers with a point, not with a comma (credit 0).",
        ),
        (
            "3,140",
            True,
            "“3,140” matches no accepted text: a comma before exactly three digits makes no number (credit 0).",
        ),
        ("3,2", True, "“3,2” matches no accepted text (credit 0)."),
        ("pi, say", True, "“pi, say” matches no accepted text (credit 0)."),
    ],
)
def test_the_steps_tell_how_a_comma_was_read(response, decimal_comma, step):
    asked = short_answer(accepted("3.14", how=NUMERIC), decimal_comma=decimal_comma)

    assert grade(asked, {"text": response}).steps[1] == step


def test_a_comma_says_nothing_where_no_number_is_asked_for():
    assert grade(short_answer(accepted("x")), {"text": "3,14"}).steps[1] == (
        "“3,14” matches no accepted text (credit 0)."
    )


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\u00a0\n", "\u200b", "\u00ad\u200f\ufe0f", "\u3164", "\u2800"],
    ids=["empty", "spaces", "no-break space", "no width", "no shape", "Hangul filler", "empty Braille"],
)
def test_a_blank_text_is_unanswered_even_when_a_star_would_match(text):
    result = grade(short_answer(accepted("*", how=WILDCARD)), {"text": text})

    assert (result.correctness, result.points) == (Correctness.UNANSWERED, 0)


def test_the_accepted_text_with_the_highest_credit_that_matches_wins():
    asked = short_answer(
        accepted("*par*", how=WILDCARD, credit="0.5"), accepted("paris"), accepted("Paris", credit="0.75")
    )

    assert grade(asked, {"text": "Paris"}).credit == 1
    assert grade(asked, {"text": "Parma"}).credit == Decimal("0.5")


def test_a_text_that_is_not_marked_correct_earns_nothing():
    assert grade(short_answer(accepted("Paris"), Answer(2, "Rome")), {"text": "Rome"}).credit == 0


def test_a_number_is_compared_exactly_however_far_apart_the_digits_are():
    asked = short_answer(accepted("1e999", how=NUMERIC, tolerance="1"))

    assert grade(asked, {"text": "1e999"}).is_correct is True
    assert grade(asked, {"text": "1e998"}).is_correct is False
    assert as_number("1" * 61) is None


@settings(deadline=None, print_blob=True)
@given(
    number=st.decimals(-1000, 1000, places=3),
    off=st.decimals(0, 2, places=3),
    tolerance=st.decimals(0, 1, places=3),
)
def test_the_tolerance_is_inclusive_on_both_sides(number, off, tolerance):
    asked = short_answer(accepted(f"{number}", how=NUMERIC, tolerance=f"{tolerance}"))

    for given_number in (number + off, number - off):
        assert grade(asked, {"text": f"{given_number}"}).is_correct is (off <= tolerance)


@settings(deadline=None, print_blob=True, max_examples=300)
@given(text=st.text(alphabet="ab*", max_size=12), pattern=st.text(alphabet="ab*\\", max_size=8))
def test_wildcards_agree_with_a_regular_expression_made_from_the_pattern(text, pattern):
    pieces = [re.escape(piece.replace(r"\*", "*")) for piece in re.split(r"(?<!\\)\*", pattern)]

    assert matches_wildcard(text, pattern) == bool(re.fullmatch(".*".join(pieces), text))


class SearchedText(str):
    """A text that notes from where each search in it began."""

    starts: list[int]

    def find(self, piece: str, start: Any = None, end: Any = None) -> int:
        self.starts.append(start)
        return super().find(piece, start, end)


def test_a_hostile_wildcard_searches_each_piece_once_and_never_goes_back():
    text = SearchedText("a" * 10_000 + "b")
    text.starts = []

    assert matches_wildcard(text, "*a*a*a*a*b") is True
    assert text.starts == [0, 1, 2, 3]
    assert matches_wildcard("a" * 10_000, "*a*a*a*a*b") is False
    assert matches_wildcard("a" * 10_000, "*a" * 250 + "*c*") is False


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param({"big": "Jupiter", "red": "Mars"}, "1", id="every key right"),
        pytest.param({"big": "Jupiter", "red": "Venus"}, "0.5", id="each key weighs the same"),
        pytest.param({"red": "ares"}, "0.5", id="several accepted texts per key"),
        pytest.param({"big": "Saturn"}, "0.25", id="an accepted text with half credit"),
        pytest.param({"big": "Mars", "red": "Jupiter"}, "0", id="a text of another key"),
        pytest.param({"big": "Jupiter", "other": "Mars"}, "0.5", id="a key that is gone"),
    ],
)
def test_every_blank_weighs_the_same(response, expected):
    asked = blanks(
        accepted("Jupiter", key="big"),
        accepted("Saturn", key="big", credit="0.5"),
        accepted("Mars", key="red"),
        accepted("Ares", key="red"),
    )

    assert grade(asked, {"blanks": response}).credit == Decimal(expected)


@pytest.mark.parametrize(
    "response",
    [{}, {"a": ""}, {"a": " ", "b": "\u00a0"}, {"a": "\u200b", "b": "\u3164\u2800"}],
    ids=["no key", "one empty", "all blank", "all unseen"],
)
def test_nothing_filled_anywhere_is_unanswered(response):
    asked = blanks(accepted("x", key="a"), accepted("y", key="b"))

    assert grade(asked, {"blanks": response}).correctness == Correctness.UNANSWERED


def test_an_empty_blank_matches_nothing_while_another_one_is_filled():
    asked = blanks(accepted("*", key="a", how=WILDCARD), accepted("y", key="b"))

    assert grade(asked, {"blanks": {"a": "", "b": "y"}}).credit == Decimal("0.5")


def test_a_single_blank_needs_no_name():
    assert grade(blanks(accepted("Paris")), {"blanks": {"": "paris"}}).is_correct is True


def test_the_steps_show_the_normalised_response_and_the_credit_of_every_blank():
    asked = blanks(
        accepted("7", key="days", how=NUMERIC, tolerance="0.5"), accepted("Mars", key="planet"), points=2
    )

    assert grade(asked, {"blanks": {"days": " 7.25 ", "planet": "Venus"}}).steps == (
        "Fill in the blank: every blank weighs the same.",
        "Blank “days”: “7.25” matches “7” (compared as numbers, give or take 0.5): credit 1.",
        "Blank “planet”: “Venus” matches no accepted text (credit 0).",
        "2 possible x credit 0.5: 1 points.",
    )


def test_the_steps_of_a_short_answer_show_what_matched_and_how():
    assert grade(short_answer(accepted("Paris")), {"text": "  PARIS "}).steps == (
        "Short answer: the best accepted text that matches counts.",
        "“PARIS” matches “Paris” (upper and lower case are the same): credit 1.",
        "1 possible x credit 1: 1 points.",
    )
