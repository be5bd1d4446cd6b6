"""What a token reaches of its person's things, by paths, by ids and by mutations."""

import pytest

from courses.constants import Scope
from courses.models import AccessToken, Assessment, Note, Notification, User
from schema.core import ids
from schema.core.ids import KINDS
from tests.factories import (
    make_access_token,
    make_activity,
    make_assessment,
    make_attempt,
    make_course,
    make_learner,
    make_lesson,
    make_note,
    make_notification,
    make_user,
)

# ---------------------------------------------------------------- what courses:read does not reach


@pytest.fixture
def learner(db: None) -> User:
    """Somebody who has one of everything."""
    assessment = make_assessment()
    learner = make_learner(assessment.lesson.course)
    make_attempt(learner, assessment)
    make_note(learner, assessment.lesson)
    make_notification(learner)
    make_activity(learner)
    make_access_token(learner, "cat_" + "x" * 40)
    return learner


BEYOND = {
    "{ viewer { attempts { totalCount } } }": "attempts:read",
    "{ viewer { notifications { totalCount } } }": "notifications:read",
    "{ viewer { unreadNotificationCount } }": "notifications:read",
    "{ viewer { notes { totalCount } } }": "notes:read",
    "{ viewer { activity { totalCount } } }": "statistics:read",
    "{ viewer { statistics { coursesEnrolled } } }": "statistics:read",
    "{ viewer { accessTokens { name } } }": "tokens:write",
    "{ viewer { webhookEndpoints { url } } }": "events:read",
    "{ courses { edges { node { statistics { totalStudents } } } } }": "statistics:read",
    "{ courses { edges { node { lessons { notes { totalCount } } } } } }": "notes:read",
    "{ courses { edges { node { lessons { assessment { viewerAttempts { used } } } } } } }": "attempts:read",
    "{ courses { edges { node { lessons { assessment { attempts { totalCount } } } } } } }": "attempts:read",
    "{ courses { edges { node { lessons { assessment { itemAnalysis { mean } } } } } } }": "statistics:read",
}


@pytest.mark.parametrize(("document", "scope"), BEYOND.items())
def test_a_token_to_read_courses_does_not_read_what_else_the_viewer_has(api, learner, document, scope):
    refused = api(document, viewer=learner, scopes=frozenset({"courses:read"}))

    assert refused.codes == ["TOKEN_SCOPE_MISSING"]
    assert refused.errors[0]["message"] == f"This token lacks the scope `{scope}`: make one that has it."
    assert not api(document, viewer=learner, scopes=frozenset({"courses:read", scope})).errors
    assert not api(document, viewer=learner).errors


def test_what_is_refused_is_not_even_loaded(api, learner, django_assert_num_queries):
    with django_assert_num_queries(1):  # the viewer
        api("{ viewer { attempts { totalCount } } }", viewer=learner, scopes=frozenset({"courses:read"}))


def test_beside_a_refused_field_the_others_are_answered(api, learner):
    answer = api(
        "{ courses { edges { node { lessonCount statistics { totalStudents } } } } }",
        viewer=learner,
        scopes=frozenset({"courses:read"}),
    )

    assert answer.data["courses"]["edges"] == [{"node": {"lessonCount": 1, "statistics": None}}]
    assert answer.errors[0]["path"] == ["courses", "edges", 0, "node", "statistics"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_an_id_opens_nothing_that_the_token_was_not_made_for(api, db, kind):
    answer = api(
        "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }",
        viewer=make_user(),
        scopes=frozenset({"courses:read"}),
        id=ids.encode(kind.name, 1),
    )

    assert answer.data == {"node": None, "nodes": [None]}
    refused = [] if kind.scope is Scope.COURSES_READ else ["TOKEN_SCOPE_MISSING"] * 2
    assert answer.codes == refused


def test_ids_of_what_the_token_was_made_for_are_answered_beside_those_it_was_not(api, learner):
    assessment = Assessment.objects.get()
    token = ids.encode("AccessToken", AccessToken.objects.get().pk)
    wanted = [ids.encode("Assessment", assessment.pk), token]

    answer = api(
        "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        viewer=learner,
        scopes=frozenset({"courses:read"}),
        ids=wanted,
    )

    assert answer.data == {"nodes": [{"id": wanted[0]}, None]}
    assert answer.errors[0]["path"] == ["nodes", 1]


# ---------------------------------------------------------------- what a mutation shows


def test_a_mutation_shows_what_it_wrote_and_nothing_behind_it(api, db):
    lesson = make_lesson()
    learner = make_learner(lesson.course)
    document = """mutation($input: CreateNoteInput!) { createNote(input: $input) {
        note { content lesson { title } } userErrors { code } } }"""
    note = {"lessonId": ids.encode("Lesson", lesson.pk), "content": "Remember"}

    alone = api(document.replace("lesson { title }", ""), learner, frozenset({"notes:write"}), input=note)
    assert alone["createNote"]["note"] == {"content": "Remember"}
    behind = api(document, learner, frozenset({"notes:write"}), input=note)
    assert behind.errors[0]["path"] == ["createNote", "note", "lesson"]
    assert behind.codes == ["TOKEN_SCOPE_MISSING"]


READ_BY_WRITING = {
    "Note": ("updateNote", "noteId", "note { content }", "notes"),
    "Notification": ("markNotificationRead", "notificationId", "notification { title }", "notifications"),
}


@pytest.mark.parametrize("kind", READ_BY_WRITING)
def test_to_write_a_thing_is_not_to_read_it(api, learner, kind):
    """A mutation of a note or a notification that is there would show more than it wrote."""
    mutation, name, selection, noun = READ_BY_WRITING[kind]
    row = Note.objects.get() if kind == "Note" else Notification.objects.get()
    document = f"""mutation($input: {mutation[0].upper()}{mutation[1:]}Input!) {{
        {mutation}(input: $input) {{ {selection} userErrors {{ code }} }} }}"""
    given, shown = {name: ids.encode(kind, row.pk)}, selection.split()[0]

    alone = api(document, learner, frozenset({f"{noun}:write"}), input=given)
    assert alone.codes == ["TOKEN_SCOPE_MISSING"]
    assert alone.errors[0]["path"] == [mutation, shown]
    assert alone.data[mutation] == {shown: None, "userErrors": []}
    both = api(document, learner, frozenset({f"{noun}:write", f"{noun}:read"}), input=given)
    assert both[mutation][shown] is not None


@pytest.mark.parametrize("scope", ["courses:write", "notifications:read"])
def test_only_its_own_scope_marks_notifications(api, learner, scope):
    document = "mutation { markAllNotificationsRead(input: {}) { markedCount userErrors { code } } }"
    payload = api(document, learner, frozenset({scope}))["markAllNotificationsRead"]
    assert payload == {"markedCount": None, "userErrors": [{"code": "TOKEN_SCOPE_MISSING"}]}
    assert not Notification.objects.get().is_read


def test_a_course_can_be_read_with_the_basic_scope(api, db):
    make_course(title="Open")

    answer = api("{ courses { edges { node { title lessons { title } instructors { displayName } } } } }")
    scoped = api(
        "{ courses { edges { node { title lessons { title } instructors { displayName } } } } }",
        viewer=make_user(),
        scopes=frozenset({"courses:read"}),
    )

    assert scoped["courses"] == answer["courses"]
