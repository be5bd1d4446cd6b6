"""The demonstration content as files: well-formed, within the models' limits, sound as course material.

Reads the JSON only. That the loader accepts it is shown where the loader is tested.
"""

import json
import re
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from courses.constants import QuestionType, ResourceKind, ScoringPolicy, TextMatch

CONTENT = Path(__file__).parents[4] / "courses" / "management" / "demonstration"

TITLE_LENGTH = 255
ANSWER_TEXT_LENGTH = 500
TAGS_PER_NOTE = 10
TAG_LENGTH = 50
REVIEW_CONTENT_MINIMUM = 10

Json = dict[str, Any]


def read(name: str) -> Any:
    return json.loads((CONTENT / name).read_text(encoding="utf-8"))


COURSES: dict[str, Json] = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((CONTENT / "courses").glob("*.json"))
}
PUBLISHED = [slug for slug, course in COURSES.items() if course["is_published"]]
LESSONS: list[Json] = [lesson for course in COURSES.values() for lesson in course["lessons"]]
ASSESSMENTS: list[Json] = [lesson["assessment"] for lesson in LESSONS if "assessment" in lesson]
QUESTIONS: list[Json] = [question for assessment in ASSESSMENTS for question in assessment["questions"]]


def of_type(question_type: QuestionType) -> list[Any]:
    return [
        pytest.param(question, id=question["question_text"][:40])
        for question in QUESTIONS
        if question["question_type"] == question_type
    ]


def answers(question: Json) -> list[Json]:
    return cast(list[Json], question.get("answers", []))


def correct(question: Json) -> list[Json]:
    return [answer for answer in answers(question) if answer.get("is_correct", False)]


def earns_everything(answer: Json) -> bool:
    return bool(answer.get("is_correct", False)) and Decimal(answer.get("credit", "1")) == 1


def parts(question: Json) -> int:
    """Into how many equal shares partial credit divides the points of a question."""
    shares = [Fraction(answer.get("credit", "1")).denominator for answer in answers(question)]
    match question["question_type"], question.get("scoring", "right_minus_wrong"):
        case "matching", _:
            return sum(bool(answer["answer_text"]) for answer in answers(question))
        case "fill_blank", _:
            return lcm(*shares) * len({answer["blank_key"] for answer in answers(question)})
        case "multiple_choice", "every_decision":
            return len(answers(question))
        case "multiple_choice", "right_minus_wrong" if len(correct(question)) > 1:
            return len(correct(question))
        case _:
            return lcm(*shares)


def test_three_courses_of_four_lessons_are_published_and_one_is_a_draft() -> None:
    assert len([slug for slug in PUBLISHED if len(COURSES[slug]["lessons"]) >= 4]) >= 3
    assert len(COURSES) - len(PUBLISHED) == 1


@pytest.mark.parametrize("slug", COURSES)
def test_a_course_is_named_like_its_file_and_examines_what_it_teaches(slug: str) -> None:
    course = COURSES[slug]
    assert course["slug"] == slug
    assert re.fullmatch(r"\d+\.\d{2}", course["price"])
    assert re.fullmatch(r"[A-Z]{3}", course["currency"])
    assert any("assessment" in lesson for lesson in course["lessons"])


def test_titles_and_answers_fit_their_columns() -> None:
    resources = [resource for lesson in LESSONS for resource in lesson["resources"]]
    titled = [*COURSES.values(), *LESSONS, *ASSESSMENTS, *resources]
    assert all(2 <= len(entry["title"]) <= TITLE_LENGTH for entry in titled)
    assert all(len(a["answer_text"]) <= ANSWER_TEXT_LENGTH for q in QUESTIONS for a in answers(q))


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson["title"])
def test_a_lesson_has_paragraphs_a_duration_and_resources_behind_https(lesson: Json) -> None:
    assert 120 <= len(lesson["content"].split()) <= 250
    assert lesson["content"].count("\n\n") >= 2
    assert lesson["duration_seconds"] > 0
    assert 1 <= len(lesson["resources"]) <= 2
    for resource in lesson["resources"]:
        assert resource["kind"] in ResourceKind.values
        assert re.match(r"https://example\.(org|com)/", resource["url"])


def test_every_question_type_scoring_policy_and_text_match_occurs() -> None:
    multiple = [q for q in QUESTIONS if q["question_type"] == "multiple_choice" and len(correct(q)) > 1]
    written = [q for q in QUESTIONS if q["question_type"] in {"short_answer", "fill_blank"}]
    matches = {answer.get("text_match", "ignore_case") for q in written for answer in answers(q)}

    assert {q["question_type"] for q in QUESTIONS} == set(QuestionType.values)
    assert {q.get("scoring", "right_minus_wrong") for q in multiple} == set(ScoringPolicy.values)
    assert matches == set(TextMatch.values)


@pytest.mark.parametrize("assessment", ASSESSMENTS, ids=lambda assessment: assessment["title"])
def test_an_assessment_has_six_to_ten_explained_questions_and_settings_in_range(assessment: Json) -> None:
    assert 6 <= len(assessment["questions"]) <= 10
    assert all(q["points"] >= 1 and q["explanation"] for q in assessment["questions"])
    assert 0 <= assessment["passing_score"] <= 100
    assert assessment["max_attempts"] >= 1
    assert assessment["time_limit"] >= 0


def test_the_settings_of_assessments_differ() -> None:
    assert {a["time_limit"] == 0 for a in ASSESSMENTS} == {True, False}
    assert 1 in {a["max_attempts"] for a in ASSESSMENTS}
    for switch in ("randomize_questions", "show_results", "show_correct_answers"):
        assert {a[switch] for a in ASSESSMENTS} == {True, False}


@pytest.mark.parametrize("question", of_type(QuestionType.TRUE_FALSE))
def test_true_false_has_two_answers_of_which_one_is_correct(question: Json) -> None:
    assert [answer["answer_text"] for answer in answers(question)] == ["True", "False"]
    assert len(correct(question)) == 1


@pytest.mark.parametrize("question", of_type(QuestionType.MULTIPLE_CHOICE))
def test_multiple_choice_has_distinct_answers_right_and_wrong_ones(question: Json) -> None:
    texts = {answer["answer_text"] for answer in answers(question)}
    assert len(texts) == len(answers(question)) >= 2
    assert 1 <= len(correct(question)) < len(answers(question))


@pytest.mark.parametrize("question", of_type(QuestionType.MATCHING))
def test_matching_has_two_pairs_at_least_and_a_distractor(question: Json) -> None:
    pairs = [answer for answer in answers(question) if answer["answer_text"]]
    assert len(pairs) >= 2
    assert len(answers(question)) > len(pairs)
    assert all(answer["match_text"] for answer in answers(question))
    assert len({answer["match_text"] for answer in answers(question)}) == len(answers(question))


@pytest.mark.parametrize("question", of_type(QuestionType.FILL_BLANK))
def test_every_blank_has_an_accepted_text_and_every_text_its_blank(question: Json) -> None:
    blanks = Counter(re.findall(r"\[\[(\w+)\]\]", question["question_text"]))
    assert set(blanks.values()) == {1}
    assert {answer["blank_key"] for answer in answers(question)} == set(blanks)
    assert {answer["blank_key"] for answer in answers(question) if earns_everything(answer)} == set(blanks)


@pytest.mark.parametrize("question", of_type(QuestionType.SHORT_ANSWER))
def test_short_answer_has_a_text_that_earns_everything(question: Json) -> None:
    assert correct(question) == answers(question)
    assert any(earns_everything(answer) for answer in answers(question))


@pytest.mark.parametrize("question", of_type(QuestionType.ESSAY))
def test_an_essay_has_no_answers(question: Json) -> None:
    assert "answers" not in question


def test_credits_are_fractions_and_tolerances_belong_to_numbers() -> None:
    everything = [answer for question in QUESTIONS for answer in answers(question)]
    weighted = [answer for q in QUESTIONS if q.get("scoring") == "weighted" for answer in answers(q)]
    shares = [Decimal(each["credit"]) for each in everything if "credit" in each and each not in weighted]
    numeric = [answer for answer in everything if answer.get("text_match") == "numeric"]

    assert shares
    assert all(0 < credit < 1 for credit in shares)
    assert sum(Decimal(answer["credit"]) for answer in weighted if answer.get("is_correct")) == 1
    assert all(-1 <= Decimal(answer["credit"]) < 0 for answer in weighted if not answer.get("is_correct"))
    assert all(Decimal(answer["answer_text"]).is_finite() for answer in numeric)
    assert all(
        answer in numeric and Decimal(answer["tolerance"]) > 0
        for answer in everything
        if "tolerance" in answer
    )
    assert any("tolerance" in answer for answer in numeric)


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question["question_text"][:40])
def test_partly_right_responses_earn_whole_points_without_rounding(question: Json) -> None:
    assert question["points"] % parts(question) == 0


def test_people_have_distinct_names_and_real_time_zones() -> None:
    people = read("people.json")
    everyone = people["fixed"] + people["learners"]

    assert [p["username"] for p in people["fixed"]] == [
        "learner",
        "classmate",
        "instructor",
        "moderator",
        "admin",
    ]
    assert len({p["username"] for p in everyone}) == len({p["display_name"] for p in everyone}) == 29
    assert all(ZoneInfo(p["time_zone"]).key == p["time_zone"] for p in everyone)


def test_each_published_course_has_eight_to_fifteen_reviews_of_differing_length() -> None:
    reviews = read("reviews.json")
    assert set(reviews) == set(PUBLISHED)
    for texts in reviews.values():
        lengths = {len(review["content"]) for review in texts}
        assert 8 <= len(texts) <= 15
        assert min(lengths) >= REVIEW_CONTENT_MINIMUM
        assert max(lengths) > 3 * min(lengths)
        assert all(0 < len(review["title"]) <= TITLE_LENGTH for review in texts)
        assert all(review["rating"] in range(1, 6) for review in texts)


def test_notes_belong_to_lessons_and_their_tags_and_moments_are_in_range() -> None:
    notes = read("notes.json")
    assert {note["is_private"] for note in notes} == {True, False}
    for note in notes:
        lesson = COURSES[note["course"]]["lessons"][note["lesson"]]
        folded = {tag.strip().casefold() for tag in note["tags"]}
        assert note["content"].strip()
        assert 0 <= note.get("timestamp_seconds", 0) <= lesson["duration_seconds"]
        assert len(folded) == len(note["tags"]) <= TAGS_PER_NOTE
        assert all(1 <= len(tag) <= TAG_LENGTH for tag in note["tags"])
