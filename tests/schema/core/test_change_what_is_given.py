"""Every update says "change what is given" in one way: left out stays, null clears or is refused."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, GraphQLNonNull, Undefined, get_named_type
from strawberry.utils.str_converters import to_snake_case

from courses import models
from courses.models import User
from schema.core import ids
from schema.root import schema
from tests import factories
from tests.taking import Api

TYPES = schema._schema.type_map
CLEARED_BY_NULL = {"durationSeconds": None, "timeLimitMinutes": 0, "timestampSeconds": None}
CLEARED_BY_NULL |= dict.fromkeys(("opensAt", "closesAt", "resultsFrom", "keyFrom"))
"""How what null clears is stored; a time limit of 0 is none."""
UPDATES = sorted(
    name.removesuffix("Input")
    for name in TYPES
    if name.startswith(("Update", "Moderate")) and name.endswith("Input")
)


def _reachable(type_: Any, seen: set[str]) -> set[str]:
    named: Any = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType) and named.name not in seen:
        seen.add(named.name)
        for field in named.fields.values():
            _reachable(field.type, seen)
    return seen


@pytest.mark.parametrize("update", UPDATES)
def test_no_input_of_an_update_has_a_default(update: str) -> None:
    """A default would be written by every client that leaves the field out."""
    inputs: list[Any] = [TYPES[name] for name in sorted(_reachable(TYPES[f"{update}Input"], set()))]
    assert [
        f"{type_.name}.{name}"
        for type_ in inputs
        for name, field in type_.fields.items()
        if field.default_value is not Undefined
    ] == []


@pytest.fixture
def author(db: None) -> User:
    return factories.make_staff()


def _course(author: User) -> models.Course:
    return factories.make_course(instructors=(author,))


def _assessment(author: User) -> models.Assessment:
    return factories.make_assessment(lesson=factories.make_lesson(course=_course(author)))


def _review(author: User) -> models.Review:
    course = factories.make_course()
    factories.enroll(author, course)
    return factories.make_review(author, course)


ROWS: dict[str, tuple[str, Callable[[User], Any]]] = {
    "UpdateAssessment": ("Assessment", _assessment),
    "UpdateCourse": ("Course", _course),
    "UpdateLesson": ("Lesson", lambda author: factories.make_lesson(course=_course(author))),
    "UpdateNote": (
        "Note",
        lambda author: factories.make_note(author, factories.make_lesson(course=_course(author))),
    ),
    "UpdateQuestion": ("Question", lambda author: factories.single_choice(_assessment(author), points=7)),
    "UpdateReview": ("Review", _review),
    "UpdateWebhookEndpoint": ("WebhookEndpoint", factories.make_webhook_endpoint),
    "ModerateReview": (
        "Review",
        lambda author: factories.make_review(factories.make_user(), _course(author)),
    ),
}


def _input_of(update: str) -> Any:
    return TYPES[f"{update}Input"]


FIELDS = [
    pytest.param(update, name, id=f"{update}.{name}")
    for update in UPDATES
    if update in ROWS
    for name, field in _input_of(update).fields.items()
    if not isinstance(field.type, GraphQLNonNull) and name != "idempotencyKey"  # which changes nothing
]


def _ask(api: Api, author: User, update: str, values: dict[str, Any]) -> Any:
    field = update[0].lower() + update[1:]
    document = (
        f"mutation ($input: {update}Input!) {{ {field}(input: $input) {{ userErrors {{ code field }} }} }}"
    )
    return api(document, author, input=values)[field]["userErrors"]


def _stored(row: Any) -> dict[str, Any]:
    values: dict[str, Any] = type(row)._base_manager.filter(pk=row.pk).values().get()
    return values


def test_every_update_is_tried_here() -> None:
    """A new update gets a row of its kind in ROWS; those of the viewer and of many people are tried elsewhere."""
    assert sorted(ROWS) == sorted(set(UPDATES) - {"UpdateProfile", "UpdateEnrollments"})


@pytest.mark.parametrize(("update", "name"), FIELDS)
def test_null_clears_what_can_be_empty_and_is_refused_elsewhere(
    api: Api, author: User, update: str, name: str
) -> None:
    type_name, make = ROWS[update]
    row = make(author)
    before = _stored(row)
    id_field = next(field for field in _input_of(update).fields if field.endswith("Id"))
    errors = _ask(api, author, update, {id_field: ids.encode(type_name, row.pk), name: None})
    if name in CLEARED_BY_NULL:
        assert errors == []
        assert _stored(row)[to_snake_case(name)] == CLEARED_BY_NULL[name]
    else:
        assert errors == [{"code": "REQUIRED", "field": [name]}]
        assert _stored(row) == before


@pytest.mark.parametrize("update", sorted(set(ROWS) - {"UpdateQuestion"}))
def test_what_is_left_out_stays(api: Api, author: User, update: str) -> None:
    type_name, make = ROWS[update]
    row = make(author)
    before = _stored(row)
    id_field = next(field for field in _input_of(update).fields if field.endswith("Id"))
    assert _ask(api, author, update, {id_field: ids.encode(type_name, row.pk)}) == []
    assert _stored(row) | {"updated_date": None} == before | {"updated_date": None}


QUESTION = {"type": "MULTIPLE_CHOICE", "text": "What now?"}


def test_a_question_keeps_its_points_its_scoring_and_its_key(api: Api, author: User) -> None:
    question = factories.multiple_response(
        _assessment(author), points=7, explanation="Because.", scoring="all_or_nothing"
    )
    before, key = _stored(question), list(question.answers.order_by("pk").values())
    named = {"questionId": ids.encode("Question", question.pk), "question": QUESTION}
    assert _ask(api, author, "UpdateQuestion", named) == []
    assert _stored(question) | {"updated_date": None} == before | {
        "text": "What now?",
        "updated_date": None,
    }
    assert list(question.answers.order_by("pk").values()) == key


@pytest.mark.parametrize("name", ["points", "explanation", "scoring", "answers"])
def test_null_for_a_part_of_a_question_is_refused(api: Api, author: User, name: str) -> None:
    question = factories.single_choice(_assessment(author), points=7)
    before = _stored(question)
    named = {"questionId": ids.encode("Question", question.pk), "question": {**QUESTION, name: None}}
    assert _ask(api, author, "UpdateQuestion", named) == [{"code": "REQUIRED", "field": ["question", name]}]
    assert _stored(question) == before


def test_a_new_question_has_one_point(api: Api, author: User) -> None:
    assessment = _assessment(author)
    document = """mutation ($input: CreateQuestionInput!) { createQuestion(input: $input) {
        userErrors { code } question { points scoring } } }"""
    created = api(
        document,
        author,
        input={"assessmentId": ids.encode("Assessment", assessment.pk), "question": QUESTION},
    )["createQuestion"]
    assert created == {"userErrors": [], "question": {"points": 1, "scoring": "RIGHT_MINUS_WRONG"}}
