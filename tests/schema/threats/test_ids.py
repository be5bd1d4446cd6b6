"""Ids that are not one's own, of another type, of nothing at all, or that never were ids."""

import base64
from typing import Any

import pytest

from courses.models import Assessment, AssessmentAttempt, Course, Note, Question, Review
from schema.core import ids
from schema.core.error_codes import ErrorCode
from schema.core.ids import KINDS
from schema.dataloaders.statements import STAND_IN
from tests.schema.threats.conftest import TYPE_OF_ID, World, failures, walk_with

WITHOUT_ANY_ID = {"createCourse", "createAccessToken", "deleteAccount", "tryGrade", "updateProfile"}
"""Mutations whose input names nothing that there is."""
ALL_IDS_OPTIONAL = {"markAllNotificationsRead", "recordActivity"}
MISSING = 999_999_999


def mutations() -> list[str]:
    names = walk_with(dict.fromkeys(TYPE_OF_ID, "x")).root_fields("mutation")
    return sorted(set(names) - WITHOUT_ANY_ID)


def encoded(key: str) -> str:
    return base64.b64encode(f"Course:{key}".encode()).decode()


NO_IDS = {
    "nothing": "",
    "a word": "x",
    "a number": "1",
    "letters that are none": "é",
    "no key": encoded(""),
    "a negative key": encoded("-1"),
    "a key of zero": encoded("0"),
    "a broken key": encoded("1.5"),
    "a key in words": encoded("1 OR 1=1"),
    "digits of another alphabet": encoded("١"),
    "the stand-in for the viewer": encoded(str(STAND_IN)),
    "more than the database counts": encoded(str(2**63)),
    "thirty digits": encoded("9" * 30),
    "thirty digits behind zeros": encoded("0" * 20 + "9" * 30),
    "five thousand digits behind zeros": encoded("0" * 20 + "9" * 5_000),
    "a key with a sign": encoded("+1"),
    "bytes that are no text": base64.b64encode(b"\xff\xfe:1").decode(),
    "a type of a thousand letters": base64.b64encode(b"C" * 1_000 + b":1").decode(),
}


def counts() -> list[int]:
    return [
        model.objects.count() for model in (Course, Assessment, Question, AssessmentAttempt, Note, Review)
    ]


def ask_mutation(api: Any, viewer: Any, name: str, ids_by_name: dict[str, str]) -> Any:
    walk = walk_with(ids_by_name)
    return api(walk.document("mutation", name, depth=1), viewer, input=walk.input_for(name))


@pytest.mark.parametrize("name", mutations())
def test_what_a_stranger_may_not_know_of_and_what_is_not_there_are_one_answer(
    api: Any, world: World, name: str
) -> None:
    foreign: dict[str, str] = {key: world.id_of(kind) for key, kind in TYPE_OF_ID.items()}
    missing: dict[str, str] = {key: ids.encode(kind, MISSING) for key, kind in TYPE_OF_ID.items()}
    before = counts()

    answers = [ask_mutation(api, world.stranger, name, each) for each in (foreign, missing)]

    assert failures(answers[0]) == failures(answers[1])
    if name not in ALL_IDS_OPTIONAL:
        assert {code for code, _ in failures(answers[0])} == {"NOT_FOUND"}
    assert counts() == before


@pytest.mark.parametrize("name", mutations())
def test_an_id_of_another_type_is_that_of_nothing_even_to_a_superuser(
    api: Any, world: World, name: str
) -> None:
    wrong = {"Note": "Course", "Course": "Note"}
    confused: dict[str, str] = {
        key: ids.encode(wrong.get(kind, "Note"), world.rows[kind]) for key, kind in TYPE_OF_ID.items()
    }
    before = counts()

    answer = ask_mutation(api, world.admin, name, confused)

    assert {code for code, _ in failures(answer)} == {"NOT_FOUND"}
    assert counts() == before


@pytest.mark.parametrize("garbage", NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_is_not_found_by_every_mutation(api: Any, world: World, garbage: str) -> None:
    for name in mutations():
        answer = ask_mutation(api, world.admin, name, dict.fromkeys(TYPE_OF_ID, garbage))
        assert {code for code, _ in failures(answer)} <= {"NOT_FOUND", "RESPONSE_MISMATCH"}, name
        assert failures(answer), name


@pytest.mark.parametrize("garbage", NO_IDS.values(), ids=NO_IDS)
def test_what_is_no_id_is_null_for_every_query(api: Any, world: World, garbage: str) -> None:
    document = """query ($id: ID!) {
      node(id: $id) { id } nodes(ids: [$id]) { id }
      course(id: $id) { id } assessment(id: $id) { id } attempt(id: $id) { id }
      gradingQueue(courseId: $id) { totalCount } reviewModerationQueue(courseId: $id) { totalCount }
      courses(filter: {instructorId: $id}) { totalCount }
      viewer { attempts(assessmentId: $id) { totalCount } }
    }"""

    answer = api(document, world.admin, id=garbage)

    assert {error["extensions"]["code"] for error in answer.errors} <= {"NOT_FOUND"}
    assert [answer.data[name] for name in ("node", "nodes", "course", "assessment", "attempt")] == [
        None,
        [None],
        None,
        None,
        None,
    ]


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_no_id_of_anything_leads_a_stranger_into_a_course_that_is_not_theirs(
    api: Any, world: World, who: str
) -> None:
    viewer = None if who == "anonymous" else world.stranger
    assert set(world.rows) == set(KINDS)

    for type_name in KINDS:
        answer = api("query ($id: ID!) { node(id: $id) { id } }", viewer, id=world.id_of(type_name))
        assert (answer.data, answer.errors) == ({"node": None}, []), type_name


def test_the_same_ids_lead_their_owner_there(api: Any, world: World) -> None:
    """Without this the walks above might find nothing because the ids are wrong."""
    found = {
        type_name
        for type_name in KINDS
        if api("query ($id: ID!) { node(id: $id) { id } }", world.learner, id=world.id_of(type_name))["node"]
    }

    assert found == set(KINDS) - {"Question", "Answer", "GradingTask"}


def test_every_error_of_every_root_field_has_a_code_of_the_catalogue(api: Any, world: World) -> None:
    garbage = walk_with(dict.fromkeys(TYPE_OF_ID, "x"))
    codes = set()
    for kind in ("query", "mutation"):
        for name in garbage.root_fields(kind):
            variables = {"input": garbage.input_for(name)} if kind == "mutation" else {}
            for viewer, scopes in ((None, None), (world.learner, frozenset()), (world.learner, None)):
                answer = api(garbage.document(kind, name, depth=0), viewer, scopes, **variables)
                codes |= set(answer.codes)

    assert codes <= {code.name for code in ErrorCode} - {ErrorCode.INTERNAL.name}
    assert {"UNAUTHENTICATED", "TOKEN_SCOPE_MISSING"} <= codes
