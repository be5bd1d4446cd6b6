"""The page on scaling tells of the constraints that the models have, and the script what a key does to them."""

import pytest
from django.apps import apps

from tests.architecture.distribution import MARKED, PAGE, Fit, Way, fits, table


def test_the_page_has_the_table_of_the_models_as_they_are() -> None:
    found = MARKED.search(PAGE.read_text(encoding="utf-8"))

    assert found
    assert found[0] == table(), "run `uv run python -m tests.architecture.distribution`"


@pytest.mark.parametrize("key", ["course", "learner"])
def test_every_managed_table_is_told(key: str) -> None:
    models = apps.get_models(include_auto_created=True)
    assert fits(key).keys() == {model._meta.db_table for model in models if model._meta.managed}


ATTEMPT = ("assessment_id", "lesson_id", "course_id")


@pytest.mark.parametrize(
    ("key", "name", "fit"),
    [
        (
            "course",
            "courses_course",
            Fit(Way(("id",), False), ("slug", "unique_course_slug_whatever_case"), (), ()),
        ),
        ("course", "courses_enrollment", Fit(Way(("course_id",), False), (), (), ())),
        ("course", "courses_assessmentattempt", Fit(Way(ATTEMPT, False), (), (), ())),
        (
            "course",
            "courses_attemptanswer",
            Fit(
                Way(("attempt_id", *ATTEMPT), False),
                (),
                (),
                ("question", "selected_answer", "graded_version"),
            ),
        ),
        ("course", "courses_user", Fit(None, (), (), ())),
        ("course", "courses_webhookdelivery", Fit(Way(("endpoint_id", "course_id"), True), (), (), ())),
        ("learner", "courses_user", Fit(Way(("id",), False), ("username", "name_skeleton"), (), ())),
        ("learner", "courses_accesstoken", Fit(Way(("user_id",), False), ("digest",), (), ())),
        (
            "learner",
            "courses_attemptanswer",
            Fit(Way(("attempt_id", "user_id"), False), (), ("graded_by",), ()),
        ),
        ("learner", "courses_reviewvote", Fit(Way(("user_id",), False), (), (), ("review",))),
        ("learner", "courses_event", Fit(Way(("learner_id",), True), (), (), ())),
        ("learner", "allauth_idp_oidc_client", Fit(None, (), ("owner",), ())),
    ],
)
def test_a_table_under_a_key(key: str, name: str, fit: Fit) -> None:
    assert fits(key)[name] == fit
