"""Decimal numbers: how they are written, and that what is none, or too long, is refused wherever it comes from."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from courses.models import Answer, Course, User
from schema.core import ids
from tests import factories

Api = Callable[..., Any]

NO_NUMBERS = {
    "a tiny exponent": "1e-99999999",
    "a huge exponent": "1e99999999",
    "no number": "NaN",
    "a signalling one": "sNaN",
    "infinity": "-Infinity",
    "underscores": "1_000",
    "digits of another script": "٣",
    "full-width digits": "３",
    "white space": " 3",
    "hexadecimal": "0x1",
    "a comma": "3,5",
    "thousands of digits": "1" * 5_000,
    "thousands of decimals": "3." + "1" * 5_000,
    "nothing": "",
    "a sign": "-",
}
IN_WORDS = 'Write a decimal number like "12.5"'
RATED = "query ($rating: Decimal) { courses(filter: {minimumRating: $rating}) { totalCount } }"
PRICED = "mutation ($input: UpdateCourseInput!) { updateCourse(input: $input) { userErrors { code field } } }"
KEYED = (
    "mutation ($input: UpdateQuestionInput!) { updateQuestion(input: $input) { userErrors { code field } } }"
)


@pytest.fixture
def admin(db: None) -> User:
    return factories.make_user(is_staff=True, is_superuser=True)


def refused_in_words(answer: Any, code: str, place: dict[str, int], path: str) -> None:
    assert answer.data is None
    [error] = answer.errors
    assert IN_WORDS in error["message"]
    assert len(error["message"]) < 400
    assert error["extensions"] == {"code": code}
    assert (error["locations"], error["path"]) == ([place], [path])


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_a_text_that_is_no_decimal_number_is_refused(api: Api, db: None, text: str) -> None:
    literal = f'{{ courses(filter: {{minimumRating: "{text}"}}) {{ totalCount }} }}'

    refused_in_words(api(RATED, rating=text), "BAD_USER_INPUT", {"line": 1, "column": 8}, "courses")
    refused_in_words(api(literal), "GRAPHQL_VALIDATION_FAILED", {"line": 1, "column": 35}, "courses")


@pytest.mark.parametrize("number", [float("inf"), float("nan"), True, ["3", "4"], {"a": 1}, 1e308 * 10])
def test_another_value_that_is_none_is_refused(api: Api, db: None, number: Any) -> None:
    refused_in_words(api(RATED, rating=number), "BAD_USER_INPUT", {"line": 1, "column": 8}, "courses")


@pytest.mark.parametrize("literal", ["1e-99999999", "1e400", "-1e9999", "true", "{a: 1}", "[1]", "RED"])
def test_a_literal_that_is_none_is_refused(api: Api, db: None, literal: str) -> None:
    document = f"{{ courses(filter: {{minimumRating: {literal}}}) {{ totalCount }} }}"

    if literal == "1e400":  # three digits in the exponent: a number, but no rating
        assert api(document).codes == ["BAD_USER_INPUT"]
    else:
        refused_in_words(api(document), "GRAPHQL_VALIDATION_FAILED", {"line": 1, "column": 35}, "courses")


@pytest.mark.parametrize(
    "number", ["3", "3.0", "+3", "3.", "0.3e1", "30E-1", 3, 3.0, "0", "-0", -0.0, "1e-999"]
)
def test_a_number_is_read_however_it_is_written(api: Api, db: None, number: Any) -> None:
    assert api(RATED, rating=number)["courses"] == {"totalCount": 0}


@pytest.mark.parametrize("digits", [65, 400, 5_000])
def test_a_whole_number_that_is_too_long_is_refused_wherever_it_stands(
    api: Api, db: None, digits: int
) -> None:
    answer = api("query ($first: Int) { courses(first: $first) { totalCount } }", first=-(10 ** (digits - 1)))

    assert answer.codes == ["LIMIT_EXCEEDED"]
    assert answer.errors[0]["message"] == f"A number is {digits} characters long; at most 64 are allowed."


@pytest.mark.parametrize("text", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_nothing_is_written_of_a_price_that_is_none(api: Api, admin: User, text: str) -> None:
    course = factories.make_course(title="Before", price=Decimal("9.50"))
    given = {"courseId": ids.encode("Course", course.pk), "title": "After", "price": text}

    answer = api(PRICED, admin, input=given)

    refused_in_words(answer, "BAD_USER_INPUT", {"line": 1, "column": 11}, "updateCourse")
    assert list(Course.objects.values_list("title", "price")) == [("Before", course.price)]


@pytest.mark.parametrize("price", ["1e999", "1e-999", "-1", "0.001", "9" * 60])
def test_a_price_that_its_column_cannot_keep_is_invalid(api: Api, admin: User, price: str) -> None:
    course = factories.make_course(title="Before")
    given = {"courseId": ids.encode("Course", course.pk), "title": "After", "price": price}

    answer = api(PRICED, admin, input=given)

    assert {(error["code"], *error["field"]) for error in answer["updateCourse"]["userErrors"]} == {
        ("INVALID", "price")
    }
    assert Course.objects.get().title == "Before"


@pytest.mark.parametrize("name", ["tolerance", "credit"])
@pytest.mark.parametrize("number", ["1e999", "1e-999", "-1", "0." + "1" * 11])
def test_so_is_a_tolerance_or_a_credit(api: Api, admin: User, name: str, number: str) -> None:
    question = factories.short_answer(factories.make_assessment())
    before = list(Answer.objects.values())
    key = {"text": "11.7", "textMatch": "NUMERIC", name: number}
    given = {"type": "SHORT_ANSWER", "text": "Speed?", "answers": [key]}

    answer = api(KEYED, admin, input={"questionId": ids.encode("Question", question.pk), "question": given})

    fields = {(error["code"], *error["field"]) for error in answer["updateQuestion"]["userErrors"]}
    assert fields == {("INVALID", "question", "answers", "0", name)}
    assert list(Answer.objects.values()) == before


def test_a_number_is_published_in_digits_alone(api: Api, admin: User) -> None:
    question = factories.short_answer(factories.make_assessment(), "11.7")
    question.answers.update(tolerance="0", credit="0")
    document = "query ($id: ID!) { node(id: $id) { ... on Question { answers { tolerance } } } }"

    answer = api(document, admin, id=ids.encode("Question", question.pk))

    assert {each["tolerance"] for each in answer["node"]["answers"]} == {"0.0000000000"}
