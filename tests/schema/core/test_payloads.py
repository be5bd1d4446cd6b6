"""Payloads of mutations are read by one statement, once everything is written; what that cannot hold, by plans.

Wherever a test carries out a mutation, tests/conftest.py compares what both ways read.
"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from graphql import OperationType, VariableValues

from courses.models import Assessment, AssessmentAttempt, User
from courses.services import attempts as services
from schema.core import ids
from schema.core.upstream import graphql_schema
from schema.dataloaders.statements import Kind
from schema.documents.reading import prepare
from schema.root import schema
from tests import factories
from tests.operations import operation
from tests.schema.test_operations import NAMES
from tests.taking import Api, answers_to, let_time_run_out, start

HAVE_EVERYTHING = {
    "announce",
    "delete_account",
    "delete_assessment",
    "delete_course",
    "delete_lesson",
    "delete_note",
    "delete_question",
    "delete_review",
    "explain_grade",
    "mark_all_notifications_read",
    "revoke_accommodation",
    "try_grade",
}
"""Operations whose payloads ask for nothing that has to be read."""

BY_PLANS = {
    "apply_regrade": "rows beneath plain objects",
    "create_assessment": "the problems of an assessment, which Python finds",
    "grant_accommodation": "rows beneath plain objects",
    "preview_regrade": "rows beneath plain objects",
    "update_assessment": "the problems of an assessment, which Python finds",
    "update_enrollments": "rows beneath plain objects",
}

SUBMIT = """mutation($input: SubmitAnswersInput!) { submitAnswers(input: $input) {
    __typename again: userErrors { code } attempt { __typename id revision questions { response { choices } } }
    userErrors { message } } }"""

pytestmark = pytest.mark.django_db


@pytest.fixture
def assessment() -> Assessment:
    assessment = factories.make_assessment(time_limit=30)
    factories.single_choice(assessment, question_text="Which?")
    return assessment


@pytest.fixture
def learner(assessment: Assessment) -> User:
    return factories.make_learner(assessment.lesson.course)


@pytest.fixture
def answers(api: Api, learner: User, assessment: Assessment) -> dict[str, Any]:
    """The input that answers the only question of an open attempt."""
    attempt = start(api, learner, assessment)
    return {"attemptId": attempt["id"], "answers": answers_to(attempt, {"Which?": ["right"]})}


def statements_of(api: Api, document: str, viewer: User, **variables: Any) -> tuple[Any, list[str]]:
    """The payload, and the statements without the savepoints of the test's transaction."""
    with CaptureQueriesContext(connection) as run:
        [payload] = api(document, viewer, **variables).data.values()
    return payload, [each["sql"] for each in run if "SAVEPOINT" not in each["sql"]]


def _is_one_statement(document: str) -> bool:
    prepared = prepare(schema, document)
    found = prepared.operation(None)
    assert found is not None
    compiled = prepared.reads.compiled(graphql_schema(schema), found, VariableValues({}, {}), None)
    [root] = compiled.roots.values()
    return compiled.payload(root, Kind.PERSON) is not None


def test_what_clients_ask_of_payloads_is_one_statement() -> None:
    mutations = [
        name
        for name in NAMES
        if prepare(schema, operation(name)).operation_type(None) is OperationType.MUTATION
    ]
    left = {name for name in mutations if not _is_one_statement(operation(name))}
    assert left == HAVE_EVERYTHING | set(BY_PLANS)


def test_a_save_is_two_statements_and_its_payload_one(api: Api, learner: User, answers: Any) -> None:
    payload, statements = statements_of(api, SUBMIT, learner, input=answers)
    assert list(payload) == ["__typename", "again", "attempt", "userErrors"]
    assert payload["attempt"]["revision"] == 1
    assert payload["attempt"]["questions"] == [{"response": answers["answers"][0]["response"]}]
    assert len(statements) == 3
    assert "INSERT INTO" in statements[1]


def test_of_a_refusal_nothing_is_read(api: Api, learner: User, answers: Any) -> None:
    stranger = factories.make_learner(factories.make_course())
    payload, statements = statements_of(api, SUBMIT, stranger, input=answers)
    assert (payload["attempt"], payload["again"]) == (None, [{"code": "NOT_FOUND"}])
    assert len(statements) == 1


def test_what_has_to_be_settled_before_it_is_shown_is_read_by_the_plan(
    api: Api, learner: User, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time runs out between the write and the payload."""
    submit = services.submit_answers.on_loop

    async def submit_late(**given: Any) -> AssessmentAttempt:
        attempt = await submit(**given)
        let_time_run_out(attempt)
        return attempt

    monkeypatch.setattr(services.submit_answers, "on_loop", submit_late)
    document = SUBMIT.replace("revision", "state endedBy")
    payload = api(document, learner, input=answers)["submitAnswers"]
    assert (payload["attempt"]["state"], payload["attempt"]["endedBy"]) == ("COMPLETED", "TIMER")


def test_a_payload_that_is_not_found_is_null(
    api: Api, learner: User, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deletes the attempt between the write and the payload."""
    submit = services.submit_answers.on_loop

    async def submit_and_delete(**given: Any) -> None:
        (await submit(**given)).delete()

    monkeypatch.setattr(services.submit_answers, "on_loop", submit_and_delete)
    payload = api(SUBMIT, learner, input=answers)["submitAnswers"]
    assert (payload["attempt"], payload["userErrors"]) == (None, [])


def test_without_compiled_reads_plans_read_it(api: Api, learner: User, answers: Any, settings: Any) -> None:
    settings.COMPILED_READS = False
    payload, statements = statements_of(api, SUBMIT, learner, input=answers)
    assert payload["attempt"]["id"] == ids.encode("AssessmentAttempt", learner.attempts.get().pk)
    assert len(statements) > 3


def test_of_a_statement_that_fails_the_payload_is_read_the_ordinary_way_and_nothing_is_written_twice(
    api: Api, learner: User, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: Any) -> None:
        raise ValueError("not read")

    monkeypatch.setattr("schema.core.inlined_reads.PayloadRead.data", fail)
    payload = api(SUBMIT, learner, input=answers)["submitAnswers"]
    assert payload["attempt"]["revision"] == 1
