"""Who sees what: one table of every node type, one of every protected field and list, for every kind of viewer.

The world is one published course with one of everything that `learner` owns, and another course with people of
its own. Whoever is not named in a row is answered as if the thing did not exist.
"""

from collections.abc import Callable
from typing import Any

import pytest

from schema.core.ids import KINDS
from tests.people import EVERYBODY, People

Api = Callable[..., Any]

STAFF = {"instructor", "moderator", "admin"}
PARTICIPANTS = {"learner", "classmate", *STAFF}
OWNER_ONLY = {"learner"}
ALL = set(EVERYBODY)
SIGNED_IN = ALL - {"anonymous"}

NODES: dict[str, set[str]] = {
    "User": {"learner", "classmate", "instructor", "moderator", "admin"},
    "Course": ALL,
    "Lesson": ALL,
    "Resource": PARTICIPANTS,
    "Enrollment": {"learner", *STAFF},
    "Assessment": ALL,
    "Question": STAFF,
    "Answer": STAFF,
    "AssessmentAttempt": {"learner", *STAFF},
    "GradingTask": STAFF,
    "Accommodation": {"learner", *STAFF},
    "Review": {"learner", *STAFF},
    "Note": OWNER_ONLY,
    "UserActivity": OWNER_ONLY,
    "Notification": OWNER_ONLY,
    "AccessToken": OWNER_ONLY,
    "Export": OWNER_ONLY,
    "WebhookEndpoint": OWNER_ONLY,
    "WebhookDelivery": OWNER_ONLY,
}
"""By type, who finds the learner's (the course's) one by its id. The review waits for approval; the note is private."""

FIELDS: dict[str, tuple[str, set[str]]] = {
    "username of a person": (
        '{ node(id: "%(User)s") { ... on User { value: username } } }',
        {"learner", "moderator", "admin"},
    ),
    "email of a person": (
        '{ node(id: "%(User)s") { ... on User { value: email } } }',
        {"learner", "moderator", "admin"},
    ),
    "time zone of a person": (
        '{ node(id: "%(User)s") { ... on User { value: timeZone } } }',
        {"learner", "moderator", "admin"},
    ),
    "statistics of a course": (
        '{ node(id: "%(Course)s") { ... on Course { value: statistics { totalStudents } } } }',
        STAFF,
    ),
    "roster of a course": (
        '{ node(id: "%(Course)s") { ... on Course { value: enrollments { edges { node { id } } } } } }',
        STAFF,
    ),
    "number of people on the roster of a course": (
        '{ node(id: "%(Course)s") { ... on Course { value: enrollments { totalCount } } } }',
        STAFF,
    ),
    "content of a lesson": ('{ node(id: "%(Lesson)s") { ... on Lesson { value: content } } }', PARTICIPANTS),
    "resources of a lesson": (
        '{ node(id: "%(Lesson)s") { ... on Lesson { value: resources { id } } } }',
        PARTICIPANTS,
    ),
    "notes of a lesson": (
        '{ node(id: "%(Lesson)s") { ... on Lesson { notes { value: edges { node { id } } } } } }',
        OWNER_ONLY,
    ),
    "reviews of a course": (
        '{ node(id: "%(Course)s") { ... on Course { reviews { value: edges { node { id } } } } } }',
        {"learner", *STAFF},
    ),
    "questions of an assessment": (
        '{ assessment(id: "%(Assessment)s") { value: questions { id answers { isCorrect } } } }',
        STAFF,
    ),
    "attempts of an assessment": (
        '{ assessment(id: "%(Assessment)s") { value: attempts { edges { node { id } } } } }',
        STAFF,
    ),
    "accommodations of an assessment": (
        '{ assessment(id: "%(Assessment)s") { value: accommodations { edges { node { id } } } } }',
        STAFF,
    ),
    "accommodations of a course": (
        '{ node(id: "%(Course)s") { ... on Course { value: accommodations { totalCount } } } }',
        STAFF,
    ),
    "settings that count for a learner": (
        '{ assessment(id: "%(Assessment)s") { value: effectiveFor(learnerId: "%(User)s") { maxAttempts } } }',
        STAFF,
    ),
    "reason of an accommodation": (
        '{ node(id: "%(Accommodation)s") { ... on Accommodation { value: reason } } }',
        {"learner", *STAFF},
    ),
    "own accommodations": (
        "{ viewer { accommodations { value: edges { node { reason } } } } }",
        OWNER_ONLY,
    ),
    "item analysis of an assessment": (
        '{ assessment(id: "%(Assessment)s") { value: itemAnalysis { learnerCount } } }',
        STAFF,
    ),
    "own standing in an assessment": (
        '{ assessment(id: "%(Assessment)s") { value: viewerAttempts { used } } }',
        SIGNED_IN,
    ),
    "address that an attempt was started from": (
        '{ attempt(id: "%(AssessmentAttempt)s") { value: ipAddress } }',
        STAFF,
    ),
    "browser of an attempt": ('{ attempt(id: "%(AssessmentAttempt)s") { value: userAgent } }', STAFF),
    "result of a question while results are hidden": (
        '{ attempt(id: "%(AssessmentAttempt)s") { questions { value: result { credit } } } }',
        STAFF,
    ),
    "solution of a question while attempts are left": (
        '{ attempt(id: "%(AssessmentAttempt)s") { questions { value: solution { explanation } } } }',
        STAFF,
    ),
    "moderation notes of a review": (
        '{ node(id: "%(Review)s") { ... on Review { value: moderationNotes } } }',
        STAFF,
    ),
    "grading queue": ("{ gradingQueue { value: edges { node { id } } } }", STAFF),
    "moderation queue": ("{ reviewModerationQueue { value: edges { node { id } } } }", STAFF),
    "own activity": ("{ viewer { activity { value: edges { node { id } } } } }", OWNER_ONLY),
    "own notifications": ("{ viewer { notifications { value: edges { node { id } } } } }", OWNER_ONLY),
    "own notes": ("{ viewer { notes { value: edges { node { id } } } } }", OWNER_ONLY),
    "own reviews": ("{ viewer { reviews { value: edges { node { id } } } } }", OWNER_ONLY),
    "own attempts": ("{ viewer { attempts { value: edges { node { id } } } } }", OWNER_ONLY),
    "own enrolments": (
        "{ viewer { enrollments { value: edges { node { id } } } } }",
        {"learner", "classmate", "learner_elsewhere"},
    ),
    "own access tokens": ("{ viewer { value: accessTokens { id } } }", OWNER_ONLY),
}
"""By thing, how to ask for it (as `value`), and who is answered with anything at all."""


def _values(answer: Any) -> list[Any]:
    """Everything that an answer holds under `value`."""
    if isinstance(answer, dict):
        here = [answer["value"]] if "value" in answer else []
        return here + [value for part in answer.values() for value in _values(part)]
    return [value for part in answer for value in _values(part)] if isinstance(answer, list) else []


def test_the_tables_cover_every_node_type(rows: dict[str, str]) -> None:
    assert set(NODES) == set(KINDS) == set(rows)


@pytest.mark.parametrize("type_name", NODES)
def test_who_finds_a_node_by_its_id(api: Api, people: People, rows: dict[str, str], type_name: str) -> None:
    document = "query($id: ID!) { node(id: $id) { id __typename } nodes(ids: [$id]) { id } }"
    seen = set()
    for name, viewer in vars(people).items():
        answer = api(document, viewer=viewer, id=rows[type_name])
        if answer["node"]:
            assert answer["node"] == {"id": rows[type_name], "__typename": type_name}
            seen.add(name)
        assert answer["nodes"] == ([{"id": rows[type_name]}] if name in seen else [None])
    assert seen == NODES[type_name]


@pytest.mark.parametrize("thing", FIELDS)
def test_who_is_answered_with_a_protected_field_or_list(
    api: Api, people: People, rows: dict[str, str], thing: str
) -> None:
    query, expected = FIELDS[thing]
    answered = {
        name for name, viewer in vars(people).items() if any(_values(api(query % rows, viewer=viewer).data))
    }
    assert answered == expected
