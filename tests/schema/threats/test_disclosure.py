"""What answers tell beside what was asked: by statistics, suggestions, uploads and errors."""

import re
from typing import Any

import pytest
from django.conf import settings

from courses.services.statistics import refresh_all
from tests import factories
from tests.taking import complete, start

AVERAGE = "{ viewer { statistics { averageScorePercentage } } }"


@pytest.mark.parametrize(("shows", "average"), [(False, None), (True, "100")])
def test_ones_average_tells_no_score_that_the_assessment_hides(
    api: Any, db: None, shows: bool, average: Any
) -> None:
    course = factories.make_course()
    assessment = factories.make_assessment(lesson=factories.make_lesson(course=course), show_results=shows)
    factories.single_choice(assessment)
    learner = factories.make_learner(course)
    attempt = start(api, learner, assessment)
    [question] = attempt["questions"]
    right = next(choice["id"] for choice in question["choices"] if choice["text"] == "right")
    answers = [{"questionId": question["question"], "response": {"choices": [right]}}]
    complete(api, learner, attemptId=attempt["id"], answers=answers)
    refresh_all()

    told = api(AVERAGE, learner)["viewer"]["statistics"]["averageScorePercentage"]

    assert (told is None) == (average is None)
    assert told is None or float(told) == float(average)


def test_no_statistic_changes_with_a_right_or_a_wrong_answer_before_the_end(api: Any, db: None) -> None:
    told = []
    for text in ("right", "wrong"):
        course = factories.make_course()
        assessment = factories.make_assessment(lesson=factories.make_lesson(course=course))
        factories.single_choice(assessment)
        learner = factories.make_learner(course)
        attempt = start(api, learner, assessment)
        factories.pick(learner.attempts.get(), assessment.questions.get(), text)
        refresh_all()
        told.append((attempt.get("score"), api(AVERAGE, learner)["viewer"]))

    assert told[0] == told[1] == (None, {"statistics": {"averageScorePercentage": None}})


def test_a_mistyped_name_is_corrected_by_published_names_only(api: Any, db: None) -> None:
    published = (settings.BASE_DIR / "schema" / "schema.graphql").read_text(encoding="utf-8")
    guesses = [
        "{ cours }",
        "{ nod }",
        '{ course(slog: "x") { id } }',
        "{ courses { edgs } }",
        "{ viewer { not } }",
        "mutation { creatNote(input: {}) { note { id } } }",
        "query ($a: CreateNoteInpt) { __typename }",
    ]

    said = [error["message"] for guess in guesses for error in api(guess).errors]
    suggested = {name for text in said if "Did you mean" in text for name in re.findall(r"'(\w+)'", text)}

    assert len(said) >= len(guesses)
    assert {name for name in suggested if name not in published} <= set(re.findall(r"\w+", " ".join(guesses)))


@pytest.mark.parametrize(
    "map_part", ['{"0": ["variables.file"]}', '{"0": ["no.such.path"]}', '{"0": ["variables.0.0"]}', "[]"]
)
def test_an_upload_is_refused_before_its_map_is_read(send: Any, map_part: str) -> None:
    parts = {
        "operations": (None, '{"query": "{ hello }", "variables": {"file": null}}'),
        "map": (None, map_part),
        "0": ("a.txt", b"text"),
    }

    response = send("POST", files=parts, headers={"GraphQL-Preflight": "1"})

    assert response.status_code == 415
    assert response.json()["errors"][0]["extensions"]["code"] == "UNSUPPORTED_MEDIA_TYPE"


def test_more_variables_than_fit_are_refused_before_they_are_read(post: Any) -> None:
    many = post("{ hello }", variables={f"k{number}": number for number in range(100_000)})
    long = post("query ($n: String) { hello(name: $n) }", variables={"n": "x" * 2_000_000})

    assert (many.status_code, long.status_code) == (413, 413)


def test_as_many_variables_as_fit_do_no_harm(post: Any) -> None:
    answer = post("{ hello }", variables={f"k{number}": number for number in range(15_000)})

    assert answer.json()["data"] == {"hello": "hello you"}


def test_what_a_client_wrote_never_comes_back_in_an_error_at_full_length(post: Any) -> None:
    response = post(
        "query ($n: Int) { rows(first: $n) { edges { node { number } } } }", variables={"n": "x" * 200_000}
    )

    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert len(response.content) < 2_000
