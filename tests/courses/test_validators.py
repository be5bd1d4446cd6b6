"""The checks of single values: what is accepted at the edge, and what is refused beyond it."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from courses import validators


@pytest.mark.parametrize(
    "value", ["", "/", "/courses/1", "/courses/1?tab=notes#top", "https://example.org/x"]
)
def test_an_action_url_may_be_a_path_on_this_site_or_https(value: str) -> None:
    validators.validate_action_url(value)


@pytest.mark.parametrize(
    "value",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "http://example.org/",
        "ftp://example.org/",
        "//example.org/",
        "/\\example.org/",
        "/a\\b",
        "/a b",
        "/courses/1\n",
        "https://",
        "https://example.org/\n",
        "courses/1",
    ],
)
def test_an_action_url_may_be_nothing_else(value: str) -> None:
    with pytest.raises(ValidationError):
        validators.validate_action_url(value)


@pytest.mark.parametrize(
    "value", ["http://example.org/", "ftp://example.org/", "//example.org/", "javascript:x"]
)
def test_a_resource_is_reached_by_https_only(value: str) -> None:
    validators.validate_https_url("https://example.org/a.pdf")
    with pytest.raises(ValidationError):
        validators.validate_https_url(value)


@pytest.mark.parametrize("value", [[], ["a"], ["x" * 50], [str(number) for number in range(10)]])
def test_tags_are_accepted(value: Any) -> None:
    validators.validate_tags(value)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a", "list of texts"),
        ({"a": 1}, "list of texts"),
        (["a", 1], "list of texts"),
        ([str(number) for number in range(11)], "at most 10"),
        ([""], "1 to 50"),
        (["x" * 51], "1 to 50"),
        ([" a"], "1 to 50"),
        (["Math", "math"], "once"),
        (["straße", "STRASSE"], "once"),
        (["café", "CAFE\u0301"], "once"),
        (["İzmir", "izmir"], "once"),
        (["\u200b\u00ad"], "1 to 50"),
    ],
)
def test_tags_are_refused_with_a_sentence_that_helps(value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        validators.validate_tags(value)


def test_activity_data_is_accepted_up_to_its_limits() -> None:
    validators.validate_activity_data({})
    validators.validate_activity_data({"1": [{"3": {"4": [5]}}]})
    validators.validate_activity_data({"text": "x" * (4096 - len('{"text": ""}'))})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "object"),
        (None, "object"),
        ({"1": [{"3": {"4": [[]]}}]}, "5 levels"),
        ({"text": "x" * (4097 - len('{"text": ""}'))}, "4096 bytes"),
        ({"text": "é" * 2048}, "4096 bytes"),
        ({"number": float("nan")}, "JSON"),
    ],
)
def test_activity_data_is_refused_with_a_sentence_that_helps(value: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        validators.validate_activity_data(value)


def test_activity_data_of_any_depth_is_refused_without_a_crash() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"deeper": deep}
    with pytest.raises(ValidationError, match="5 levels"):
        validators.validate_activity_data(deep)


def test_a_time_zone_is_a_name_of_the_time_zone_database() -> None:
    validators.validate_time_zone("Europe/Berlin")
    for value in ("Berlin", "", "../etc/passwd"):
        with pytest.raises(ValidationError):
            validators.validate_time_zone(value)
