"""A text in which nothing shows is no text: models refuse it wherever they ask for one."""

from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models

from courses.constants import MIN_REVIEW_CONTENT_LENGTH
from courses.models import Assessment, PersistedQuery, Review, TrustedDocument, User, WebhookEndpoint

UNSEEN = ["\u200b", "\u00ad\u200f", "\u3164", "\u2800", " \n", "\U000e0041\ufe0f"]

BY_THE_SERVER = {
    *("password", "digest", "prefix", "name_skeleton", "mutation", "fingerprint"),
    *("principal", "encrypted"),
}
"""Names of what nobody writes. Documents are read as GraphQL before they are kept, addresses of webhooks as URLs."""


def _texts() -> list[Any]:
    """Every field that holds a text that people write, and names and titles that may be left out."""
    return [
        field
        for model in apps.get_app_config("courses").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField)
        and not field.choices
        and field.name not in BY_THE_SERVER
        and model not in (PersistedQuery, TrustedDocument, WebhookEndpoint)
        and (not field.blank or field.name in {"display_name", "title", "blank_key"})
    ]


@pytest.mark.parametrize("field", _texts(), ids=str)
@pytest.mark.parametrize("text", UNSEEN, ids=ascii)
def test_a_text_of_which_nothing_shows_is_refused(field: Any, text: str) -> None:
    with pytest.raises(ValidationError):
        field.clean(text, None)


def test_every_text_that_is_needed_is_tried_above() -> None:
    assert {str(field) for field in _texts()} >= {
        "courses.AccessToken.name",
        "courses.Assessment.title",
        "courses.Course.slug",
        "courses.Course.title",
        "courses.Lesson.title",
        "courses.Note.content",
        "courses.Notification.message",
        "courses.Notification.title",
        "courses.Question.question_text",
        "courses.Resource.title",
        "courses.Review.content",
        "courses.Review.title",
        "courses.User.display_name",
        "courses.User.username",
    }


@pytest.mark.parametrize("text", ["I liked it", "  I liked it \u200b"])
def test_a_review_has_enough_characters_when_they_are_seen(text: str) -> None:
    Review._meta.get_field("content").clean(text, None)


@pytest.mark.parametrize("text", ["I liked i" + "\u200b" * 9, "a" + " " * 9 + "b", "\u2800" * 10])
def test_characters_that_nobody_sees_make_no_review_longer(text: str) -> None:
    assert len(text) >= MIN_REVIEW_CONTENT_LENGTH
    with pytest.raises(ValidationError, match="at least 10 characters"):
        Review._meta.get_field("content").clean(text, None)


def test_an_assessment_is_not_named_by_one_character_and_an_unseen_one() -> None:
    with pytest.raises(ValidationError, match="at least 2 characters"):
        Assessment._meta.get_field("title").clean("A\u200b", None)


@pytest.mark.parametrize("name", ["", "\u200b", "\u3164 "])
def test_who_has_no_name_that_shows_is_called_by_the_user_name(name: str) -> None:
    assert User(username="ada", display_name=name).shown_name == "ada"
