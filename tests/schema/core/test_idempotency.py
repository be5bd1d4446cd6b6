"""Keys against repeats: every mutation has one effect, however often it is sent."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from courses.models import AssessmentAttempt, IdempotencyKey, Note, Notification, User
from courses.services import notes as note_services
from courses.services.erasure import erase_person
from courses.services.expired_rows import clear_expired
from schema.context import Context, Identity
from schema.core import ids
from schema.core.idempotency import _nullable, _stored
from schema.core.user_errors import STILL_RUNNING, Payload
from schema.execution import request_work
from schema.root import schema
from tests import factories
from tests.concurrency import at_once
from tests.conftest import Answered, _answered
from tests.schema.core.killed_worker import killed_worker
from tests.schema.every_mutation import CALLS, PASSWORD, WRITE_NOTHING, World, document_of, id_of
from tests.taking import let_time_run_out

KEY = "5f2b7a0e-1d34-4b7c"
CREATE = """mutation($input: CreateNoteInput!) { createNote(input: $input) {
    note { id content } userErrors { code message field } } }"""
COUNT = """mutation($input: MarkAllNotificationsReadInput!) { markAllNotificationsRead(input: $input) {
    markedCount userErrors { code field } } }"""

SHOWN_ONCE = {
    "createAccessToken": "new idempotency key",
    "createWebhookEndpoint": "`rotateWebhookSecret`",
    "rotateWebhookSecret": "new idempotency key",
}
"""Mutations that tell a secret, and what whoever repeats them is told to use."""

CANNOT_BE_REPEATED = {"deleteAccount"}
"""Whoever did it is nobody any more."""

NOT_SHOWN_AGAIN: dict[str, Any] = {"revokeAccessToken": {"accessToken": None}}
"""Payloads that differ in a repeat, because what they show cannot be seen any more by its id."""


class Asked:
    """An answer, and whether it was that of an earlier request."""

    def __init__(self, answered: Answered, is_replayed: bool) -> None:
        self.answered, self.is_replayed = answered, is_replayed

    @property
    def payload(self) -> Any:
        assert not self.answered.errors, self.answered.errors
        [payload] = self.answered.data.values()
        return payload

    @property
    def codes(self) -> list[str]:
        """The codes of user errors."""
        return [error["code"] for error in self.payload["userErrors"]]


def ask(
    document: str, viewer: User, input: Mapping[str, Any], key: str | None = KEY, **context: Any
) -> Asked:
    """Ask with a key in the input. `viewer` is read again, as for every request."""
    work = request_work.start()
    identity = Identity(
        User.objects.get(pk=viewer.pk), context.pop("scopes", None), partner=context.pop("partner", "")
    )
    given = dict(input) if key is None else {**input, "idempotencyKey": key}
    answered = _answered(document, Context(identity, **context), {"input": given})
    return Asked(answered, work.is_replayed)


def everything_stored() -> dict[str, list[Any]]:
    """Every row of ours but the keys, by table."""
    models = [model for model in apps.get_app_config("courses").get_models() if model is not IdempotencyKey]
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in models}


@pytest.fixture
def world(db: None) -> World:
    return World()


@pytest.fixture
def note(world: World) -> dict[str, Any]:
    return {"lessonId": id_of(world.lesson), "content": "Finer."}


# ---------------------------------------------------------------- every mutation


def test_every_mutation_is_called_below() -> None:
    mutations = schema._schema.mutation_type
    assert mutations is not None
    assert sorted(mutations.fields) == sorted(CALLS)


@pytest.mark.parametrize("compiles", [True, False], ids=["compiled", "graphql-core"])
@pytest.mark.parametrize("name", CALLS)
def test_a_repeat_gives_the_same_outcome_and_has_no_second_effect(
    world: World, name: str, compiles: bool
) -> None:
    viewer, given, _ = CALLS[name](world)
    first = ask(document_of(name), viewer, given, compiles=compiles)
    assert (first.codes, first.is_replayed) == ([], False)
    stored = everything_stored()
    if name in CANNOT_BE_REPEATED:
        assert not IdempotencyKey.objects.exists()
        return
    again = ask(document_of(name), viewer, given, compiles=compiles)
    assert everything_stored() == stored
    if name in SHOWN_ONCE:
        assert (again.codes, again.is_replayed) == (["CONFLICT"], True)
        return
    assert again.is_replayed == (name not in WRITE_NOTHING)
    assert again.payload == first.payload | NOT_SHOWN_AGAIN.get(name, {})


@pytest.mark.parametrize("name", sorted(set(CALLS) - WRITE_NOTHING - CANNOT_BE_REPEATED))
def test_the_same_key_with_another_input_is_refused_and_nothing_written(world: World, name: str) -> None:
    viewer, given, other = CALLS[name](world)
    assert ask(document_of(name), viewer, given).codes == []
    stored, keys = everything_stored(), list(IdempotencyKey.objects.values())
    refused = ask(document_of(name), viewer, other)
    assert (refused.codes, refused.is_replayed) == (["KEY_REUSED"], False)
    assert (everything_stored(), list(IdempotencyKey.objects.values())) == (stored, keys)


@pytest.mark.parametrize("name", CALLS)
def test_without_a_key_no_statement_is_made_for_one(world: World, name: str) -> None:
    viewer, given, _ = CALLS[name](world)
    with CaptureQueriesContext(connection) as statements:
        assert ask(document_of(name), viewer, given, key=None).codes == []
    made = [each["sql"] for each in statements if "DELETE" not in each["sql"]]
    assert not [
        sql for sql in made if "courses_idempotencykey" in sql or "pg_try_advisory_xact_lock(-" in sql
    ]
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_repeats_at_once_one_is_carried_out_and_the_others_are_busy_or_replays() -> None:
    for name in CALLS:
        viewer, outcomes = _outcomes_at_once(name)
        if name in WRITE_NOTHING:
            assert outcomes == ["carried out"] * 3, name
            continue
        assert outcomes.count("carried out") == 1, (name, outcomes)
        assert set(outcomes) <= {"carried out", "replayed", STILL_RUNNING}, (name, outcomes)
        assert IdempotencyKey.objects.filter(user=viewer).count() == (name not in CANNOT_BE_REPEATED), name


def _outcomes_at_once(name: str) -> tuple[User, list[str]]:
    """Who called a mutation three times at once, and what came of each call."""
    viewer, given, _ = CALLS[name](World())
    outcomes: list[str] = []

    def repeat(_number: int) -> None:
        asked = ask(document_of(name), viewer, given)
        if asked.answered.errors:
            outcomes.append(asked.answered.errors[0]["message"])
        else:
            outcomes.append("replayed" if asked.is_replayed else "carried out")

    assert at_once(repeat, writers=3) == [], name
    return viewer, outcomes


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_between_an_effect_and_its_memory_has_no_effect() -> None:
    """Of one that is killed later, between the commit and the answer, tells test_idempotency_header.py."""
    with killed_worker() as worker:
        for name in sorted(set(CALLS) - WRITE_NOTHING):
            viewer, given, _ = CALLS[name](World())
            untouched = digests()
            worker.is_killed_in(document_of(name), viewer.pk, {**given, "idempotencyKey": KEY})
            assert digests() == untouched, name

            again = ask(document_of(name), viewer, given)

            assert (again.codes, again.is_replayed) == ([], False), name


def digests() -> list[tuple[str, str]]:
    """A digest of each table."""
    tables = [model._meta.db_table for model in apps.get_app_config("courses").get_models()]
    digest = "SELECT '{0}', md5(string_agg(each::text, ' ' ORDER BY each::text)) FROM {0} AS each"
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(digest.format(table) for table in tables))
        return cursor.fetchall()


# ---------------------------------------------------------------- whose key, and for how long


def test_the_same_key_is_another_one_for_somebody_else_and_for_each_partner(
    world: World, note: dict[str, Any]
) -> None:
    asked = [
        ask(CREATE, person, note, partner=partner)
        for person in (world.learner, world.classmate)
        for partner in ("", "library", "archive")
    ]
    assert [each.is_replayed for each in asked] == [False] * 6
    assert Note.objects.filter(content="Finer.").count() == 6


def test_sessions_and_tokens_of_a_person_share_their_keys(world: World, note: dict[str, Any]) -> None:
    first = ask(CREATE, world.learner, note)
    again = ask(CREATE, world.learner, note, scopes=frozenset({"notes:write", "notes:read", "courses:read"}))
    assert (again.is_replayed, again.payload) == (True, first.payload)


def test_a_key_is_for_one_mutation(world: World, note: dict[str, Any]) -> None:
    ask(CREATE, world.learner, note)
    assert ask(document_of("updateProfile"), world.learner, {}).codes == ["KEY_REUSED"]


def test_after_a_day_a_key_is_as_good_as_new(world: World, note: dict[str, Any]) -> None:
    ask(CREATE, world.learner, note)
    IdempotencyKey.objects.update(created_at=Now() - timedelta(hours=23, minutes=59))
    assert ask(CREATE, world.learner, note).is_replayed
    IdempotencyKey.objects.update(created_at=Now() - timedelta(hours=24, seconds=1))
    other = note | {"content": "Coarser."}
    assert not ask(CREATE, world.learner, other).is_replayed
    assert ask(CREATE, world.learner, other).is_replayed
    assert list(
        Note.objects.filter(user=world.learner).order_by("pk").values_list("content", flat=True)[1:]
    ) == [
        "Finer.",
        "Coarser.",
    ]


def test_keys_are_forgotten_after_a_day(world: World, note: dict[str, Any]) -> None:
    for key in ("k" * 8, "l" * 8):
        ask(CREATE, world.learner, note, key)
    first = IdempotencyKey.objects.order_by("pk")[0]
    IdempotencyKey.objects.filter(pk=first.pk).update(created_at=Now() - timedelta(hours=24, seconds=1))
    clear_expired()
    assert not IdempotencyKey.objects.filter(pk=first.pk).exists()
    assert IdempotencyKey.objects.count() == 1


def test_keys_go_with_their_person(world: World, note: dict[str, Any]) -> None:
    for person in (world.learner, world.classmate):
        ask(CREATE, person, note)
    erase_person(person=world.learner)
    assert list(IdempotencyKey.objects.values_list("user", flat=True)) == [world.classmate.pk]


# ---------------------------------------------------------------- the key itself


@pytest.mark.parametrize("length", [8, 255])
def test_keys_of_8_to_255_characters_are_taken(world: World, note: dict[str, Any], length: int) -> None:
    assert [ask(CREATE, world.learner, note, "é" * length).is_replayed for _ in range(2)] == [False, True]


@pytest.mark.parametrize("length", [0, 7, 256])
@pytest.mark.parametrize("name", ["createNote", "tryGrade"])
def test_shorter_and_longer_keys_are_refused(world: World, name: str, length: int) -> None:
    viewer, given, _ = CALLS[name](world)
    notes = Note.objects.count()
    refused = ask(document_of(name), viewer, given, "k" * length)
    assert refused.payload["userErrors"] == [
        {
            "code": "INVALID",
            "message": "Please make a key of 8 to 255 characters.",
            "field": ["idempotencyKey"],
        }
    ]
    assert (Note.objects.count(), IdempotencyKey.objects.count()) == (notes, 0)


def test_the_keys_of_header_and_input_are_one_space(world: World, note: dict[str, Any]) -> None:
    asked = [
        ask(CREATE, world.learner, note, KEY),
        ask(CREATE, world.learner, note, None, idempotency_key=KEY),
        ask(CREATE, world.learner, note, KEY, idempotency_key=KEY),
    ]
    assert [each.is_replayed for each in asked] == [False, True, True]


def test_keys_of_header_and_input_that_differ_are_refused(world: World, note: dict[str, Any]) -> None:
    refused = ask(CREATE, world.learner, note, KEY, idempotency_key=f"{KEY}x")
    [error] = refused.payload["userErrors"]
    assert (error["code"], error["field"]) == ("INVALID", ["idempotencyKey"])
    assert not Note.objects.filter(content="Finer.").exists()


def test_what_was_left_out_is_another_input_than_null(world: World) -> None:
    left_out = {"noteId": id_of(world.note), "content": "Finer."}
    document = document_of("updateNote")
    assert ask(document, world.learner, left_out).codes == []
    assert ask(document, world.learner, left_out | {"timestampSeconds": None}).codes == ["KEY_REUSED"]


# ---------------------------------------------------------------- what is remembered


def test_neither_an_input_nor_a_key_nor_a_secret_is_stored(world: World) -> None:
    given = {"name": "a name", "scopes": ["courses:read"]}
    secret = ask(document_of("createAccessToken"), world.learner, given).payload["secret"]
    ask(CREATE, world.learner, {"lessonId": id_of(world.lesson), "content": "Finer."}, f"{KEY}-2")
    rows = list(IdempotencyKey.objects.order_by("pk").values())
    text = json.dumps(rows, default=str)
    assert not [each for each in (secret, secret[4:], KEY, "a name", "Finer", PASSWORD) if each in text]
    assert [row["outcome"] for row in rows] == [None, {"note_id": Note.objects.latest("pk").pk}]


def test_the_fingerprint_needs_the_secret_of_the_server(
    world: World, note: dict[str, Any], settings: Any
) -> None:
    ask(CREATE, world.learner, note)
    settings.SECRET_KEY = "another"
    assert ask(CREATE, world.learner, note).codes == ["KEY_REUSED"]


@pytest.mark.parametrize("name", SHOWN_ONCE)
def test_a_secret_is_neither_stored_with_its_key_nor_told_again(world: World, name: str) -> None:
    viewer, given, _ = CALLS[name](world)
    secret = ask(document_of(name), viewer, given).payload["secret"]
    [key] = IdempotencyKey.objects.values()
    assert key["outcome"] is None
    hidden = secret.removeprefix("cat_").removeprefix("whsec_")
    assert hidden not in json.dumps(key, default=str)

    payload = ask(document_of(name), viewer, given).payload

    [error] = payload.pop("userErrors")
    assert set(payload.values()) == {None}
    assert error["code"] == "CONFLICT"
    assert SHOWN_ONCE[name] in error["message"]


def test_refusals_are_not_remembered(world: World, note: dict[str, Any]) -> None:
    assert ask(CREATE, world.learner, note | {"content": " "}).codes == ["INVALID"]
    assert ask(CREATE, world.stranger, note).codes == ["NOT_ENROLLED"]
    assert not IdempotencyKey.objects.exists()
    assert not ask(CREATE, world.learner, note).is_replayed


def test_missing_scopes_are_not_remembered(world: World, note: dict[str, Any]) -> None:
    ask(CREATE, world.learner, note)
    repeated = ask(CREATE, world.learner, note, scopes=frozenset({"courses:read"}))
    assert (repeated.codes, repeated.is_replayed) == (["TOKEN_SCOPE_MISSING"], False)


@pytest.mark.parametrize(
    "state", ["40P01", "55P03", "57014", ""], ids=["deadlock", "lock", "timeout", "away"]
)
def test_failures_are_not_remembered(
    world: World, note: dict[str, Any], monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    class Cause(psycopg2.Error):
        pgcode = state

    create = note_services.create_note

    def fail(**given: Any) -> Any:
        create(**given)
        raise OperationalError from Cause()

    with monkeypatch.context() as patch:
        patch.setattr(note_services, "create_note", fail)
        assert len(ask(CREATE, world.learner, note).answered.codes) == 1
    assert (IdempotencyKey.objects.count(), Note.objects.filter(content="Finer.").count()) == (0, 0)
    assert not ask(CREATE, world.learner, note).is_replayed


def test_what_a_service_has_committed_before_it_refused_stays(world: World) -> None:
    """An attempt whose time is over is closed, and the save refused."""
    let_time_run_out(world.attempt)
    viewer, given, _ = CALLS["submitAnswers"](world)
    assert ask(document_of("submitAnswers"), viewer, given).codes == ["TIME_EXPIRED"]
    assert AssessmentAttempt.objects.get(pk=world.attempt.pk).ended_by == "timer"
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_start_closes_what_is_over_and_then_begins_in_one_transaction() -> None:
    world = World()
    let_time_run_out(world.attempt)
    document, given = document_of("startAttempt"), {"assessmentId": id_of(world.assessment)}
    first, again = (ask(document, world.learner, given) for _ in range(2))
    assert (first.payload["created"], again.payload) == (True, first.payload)
    attempts = AssessmentAttempt.objects.filter(user=world.learner).order_by("pk")
    assert list(attempts.values_list("is_completed", flat=True)) == [True, False]


@pytest.mark.django_db(transaction=True)
def test_a_call_that_collides_is_begun_again_with_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    create, calls = note_services.create_note, []

    class Deadlock(psycopg2.Error):
        pgcode = "40P01"

    def collide(**given: Any) -> Any:
        calls.append(create(**given))
        if len(calls) == 1:
            raise OperationalError from Deadlock()
        return calls[-1]

    monkeypatch.setattr(note_services, "create_note", collide)
    given = {"lessonId": id_of(world.lesson), "content": "Finer."}
    assert ask(CREATE, world.learner, given).codes == []
    assert len(calls) == 2
    assert Note.objects.filter(content="Finer.").count() == IdempotencyKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_before_the_key_is_free() -> None:
    """Another session carries the same call out: it has taken the key, and not committed yet."""
    world = World()
    given = {"lessonId": id_of(world.lesson), "content": "Finer."}
    with transaction.atomic():
        first = ask(CREATE, world.learner, given)
        answers: list[Asked] = []
        assert at_once(lambda _: answers.append(ask(CREATE, world.learner, given)), writers=1) == []
        [error] = answers[0].answered.errors
        assert (error["extensions"]["code"], error["message"]) == ("BUSY", STILL_RUNNING)
    again = ask(CREATE, world.learner, given)
    assert (again.is_replayed, again.payload) == (True, first.payload)
    assert Note.objects.filter(content="Finer.").count() == 1


# ---------------------------------------------------------------- what a repeat shows


def test_a_repeat_shows_what_is_there_now(world: World, note: dict[str, Any]) -> None:
    ask(CREATE, world.learner, note)
    Note.objects.filter(content="Finer.").update(content="Coarser.")
    assert ask(CREATE, world.learner, note).payload["note"]["content"] == "Coarser."
    Note.objects.filter(content="Coarser.").delete()
    gone = ask(CREATE, world.learner, note)
    assert gone.payload == {"note": None, "userErrors": []}
    assert gone.is_replayed


def test_a_repeat_shows_nothing_that_the_viewer_may_not_see_any_more(world: World) -> None:
    course = {"courseId": id_of(world.course), "isPublished": False}
    document = document_of("updateCourse")
    assert ask(document, world.author, course).payload["course"] is not None
    world.course.instructors.remove(world.author)
    hidden = ask(document, world.author, course)
    assert (hidden.payload["course"], hidden.codes, hidden.is_replayed) == (None, [], True)


def test_a_repeated_regrade_leaves_out_attempts_that_the_viewer_may_not_see_any_more(world: World) -> None:
    viewer, given, _ = CALLS["applyRegrade"](world)
    document = document_of("applyRegrade")
    [change] = ask(document, viewer, given).payload["changes"]
    assert change["attempt"]["id"] == ids.encode("AssessmentAttempt", world.done.pk)
    world.course.instructors.remove(viewer)
    assert ask(document, viewer, given).payload == {"changes": [], "userErrors": []}


def test_counts_are_those_of_the_first_time(world: World) -> None:
    assert ask(COUNT, world.learner, {}).payload["markedCount"] == 1
    factories.make_notification(world.learner)
    assert ask(COUNT, world.learner, {}).payload["markedCount"] == 1
    assert Notification.objects.filter(user=world.learner, is_read=False).count() == 1


def _payloads() -> list[Any]:
    return sorted(Payload.__subclasses__(), key=lambda each: each.__name__)


@pytest.mark.parametrize("payload", _payloads(), ids=lambda each: each.__name__)
def test_everything_that_a_payload_has_can_be_remembered(payload: Any) -> None:
    """A type that is added to payloads has to be added to what is stored and restored."""
    waiting, seen = list(_stored(payload).values()), set()
    while waiting:
        of, _ = _nullable(waiting.pop())
        if of in seen:
            continue
        seen.add(of)
        if hasattr(of, "__args__"):
            waiting.extend(of.__args__)
        elif hasattr(of, "__dataclass_fields__"):
            waiting.extend(_stored(of).values())
        else:
            name = getattr(of, "__name__", "")
            assert name in {"int", "str", "bool", "ID", "list", "Decimal"} or hasattr(of, "__members__"), of
