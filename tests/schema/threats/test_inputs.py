"""What inputs offer, and what they refuse: fields that nobody may write, filters that tell secrets, bad values."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from courses.models import AccessToken, Note, Notification, Review, UserActivity
from schema.core import ids
from schema.root import schema
from tests.schema.threats.conftest import World, failures

GRAPH = schema._schema

FOR_THE_SERVER_ALONE = {
    "user", "userId", "author", "authorId", "learnerId", "ownerId", "isStaff", "isSuperuser", "isVerifiedPurchase",
    "helpfulCount", "isRead", "readAt", "readDate", "score", "maxScore", "isPassed", "passed", "credit", "pointsEarned",
    "gradedBy", "gradedAt", "startTime", "endTime", "deadlineAt", "attemptNumber", "isCompleted", "ipAddress",
    "userAgent", "createdAt", "createdDate", "updatedDate", "progressPercentage", "pricePaid", "status", "digest",
    "prefix", "order",
}  # fmt: skip
"""What a write never takes from a client, under any name that the models have for it."""

FOR_SOME_ALONE = {
    "isApproved": {"ModerateReviewInput"},
    "isFeatured": {"ModerateReviewInput"},
    "moderationNotes": {"ModerateReviewInput"},
    "feedback": {"GradeAnswerInput"},
    "points": {"GradeAnswerInput", "QuestionInput"},
    "isCorrect": {"AnswerInput"},
    "credit": {"AnswerInput"},
}
"""What only a service with its own permission takes, and the inputs that lead to it."""

OF_THE_KEY = {
    "isCorrect",
    "matchText",
    "tolerance",
    "credit",
    "explanation",
    "textMatch",
    "answerText",
    "scoring",
}
PATTERNS = ("regex", "iregex", "contains", "startswith", "endswith", "lookup", "exact")


def inputs() -> dict[str, GraphQLInputObjectType]:
    return {name: kind for name, kind in GRAPH.type_map.items() if isinstance(kind, GraphQLInputObjectType)}


def names_that_narrow_or_sort() -> Iterator[tuple[str, str]]:
    """Every argument of a reading field, every field of the inputs among them, and every value of their enums."""
    for owner in GRAPH.type_map.values():
        if owner is GRAPH.mutation_type or owner.name.startswith("__"):
            continue
        for field_name, field in getattr(owner, "fields", {}).items():
            for name, argument in getattr(field, "args", {}).items():
                where, kind = f"{owner.name}.{field_name}", get_named_type(argument.type)
                yield where, name
                yield from ((where, each) for each in getattr(kind, "fields", {}))
                yield from ((where, each) for each in getattr(kind, "values", {}))


def test_no_input_takes_what_only_the_server_says() -> None:
    offered = {(kind, name) for kind, each in inputs().items() for name in each.fields}

    assert {each for each in offered if each[1] in FOR_THE_SERVER_ALONE} == {
        ("AnswerInput", "credit"),
        ("RemoveInstructorInput", "userId"),  # an instructor of the course, whom another one removes
    }


def test_what_only_some_may_write_stands_in_their_inputs_alone() -> None:
    for name, kinds in FOR_SOME_ALONE.items():
        assert {kind for kind, each in inputs().items() if name in each.fields} == kinds, name


def test_nothing_is_filtered_or_sorted_by_a_column_of_the_key() -> None:
    written = {name.lower().replace("_", "") for name in OF_THE_KEY}
    narrowing = list(names_that_narrow_or_sort())

    assert ("Query.courses", "search") in narrowing
    assert [each for each in narrowing if each[1].lower().replace("_", "") in written] == []


def test_no_filter_takes_a_pattern_or_an_operator() -> None:
    assert [each for each in names_that_narrow_or_sort() if each[1].lower() in PATTERNS] == []


@pytest.mark.parametrize("search", ["[a-", "(((((", "%", "a' OR 1=1 --", "*", "\\", ":*", "& | !", "<->"])
def test_a_search_is_words_and_never_a_pattern(api: Any, world: World, search: str) -> None:
    document = """query ($s: String) {
      courses(filter: {search: $s}) { totalCount } viewer { notes(search: $s) { totalCount } }
    }"""

    answer = api(document, world.learner, s=search)

    assert answer.errors == []
    assert answer["courses"]["totalCount"] == 0


# ---------------------------------------------------------------- values

REVIEW = "mutation ($input: CreateReviewInput!) { createReview(input: $input) { userErrors { code message field } } }"
NOTE = (
    "mutation ($input: CreateNoteInput!) { createNote(input: $input) { userErrors { code message field } } }"
)
ACTIVITY = "mutation ($input: RecordActivityInput!) { recordActivity(input: $input) { userErrors { code message } } }"
ANNOUNCE = "mutation ($input: AnnounceInput!) { announce(input: $input) { userErrors { code message } } }"


def codes(answer: Any) -> list[str]:
    return [code for code, _ in failures(answer)]


@pytest.mark.parametrize(
    ("rating", "code"),
    [
        *((number, "INVALID") for number in (0, 6, 99, -1)),
        *((other, "BAD_USER_INPUT") for other in (2**31, 4.5, "5", True, None)),
    ],
)
def test_a_rating_outside_one_to_five_is_refused(api: Any, world: World, rating: Any, code: str) -> None:
    Review.objects.all().delete()
    given = {"courseId": world.id_of("Course"), "rating": rating, "content": "Long enough to be a review."}

    assert codes(api(REVIEW, world.learner, input=given)) == [code]
    assert not Review.objects.exists()


TAGS = {
    "NUL": (["\u0000"], "BAD_USER_INPUT"),
    "half of a surrogate pair": (["\ud800"], "BAD_USER_INPUT"),
    "a thousand": ([f"t{number}" for number in range(1_000)], "TOO_MANY_TAGS"),
    "objects": ([{"a": [{}]}], "BAD_USER_INPUT"),
    "a list in the list": ([["a"]], "BAD_USER_INPUT"),
    "a megabyte": (["x" * 2**20], "INVALID"),
    "blank": (["  "], "INVALID"),
}


@pytest.mark.parametrize(("tags", "code"), TAGS.values(), ids=TAGS)
def test_tags_are_few_short_texts(api: Any, world: World, tags: Any, code: str) -> None:
    given = {"lessonId": world.id_of("Lesson"), "content": "Remember.", "tags": tags}

    assert codes(api(NOTE, world.learner, input=given)) == [code]
    assert Note.objects.count() == 1


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


DATA = {
    "six levels": (nested(6), "INVALID"),
    "thirty-one levels": (nested(31), "LIMIT_EXCEEDED"),
    "a list": ([1], "INVALID"),
    "a text": ("text", "INVALID"),
    "five kilobytes": ({"a": "x" * 5_000}, "INVALID"),
    "NUL in a key": ({"a\u0000": 1}, "BAD_USER_INPUT"),
    "NUL in a value": ({"a": ["\u0000"]}, "BAD_USER_INPUT"),
    "infinity": ({"a": float("inf")}, "INVALID"),
    "no number": ({"a": float("nan")}, "INVALID"),
}


@pytest.mark.parametrize(("data", "code"), DATA.values(), ids=DATA)
def test_what_is_recorded_is_a_small_object_that_the_database_can_keep(
    api: Any, world: World, data: Any, code: str
) -> None:
    given = {"type": "VIEW_COURSE", "courseId": world.id_of("Course"), "data": data}

    assert codes(api(ACTIVITY, world.learner, input=given)) == [code]
    assert UserActivity.objects.count() == 1


@pytest.mark.parametrize("literal", ["1e400", "-1e400", "1" * 400])
def test_a_number_beyond_all_numbers_is_refused_as_a_literal_too(
    api: Any, world: World, literal: str
) -> None:
    document = (
        f'mutation {{ recordActivity(input: {{type: VIEW_COURSE, courseId: "{world.id_of("Course")}", '
        f"data: {{a: {literal}}}}}) {{ userErrors {{ code message }} }} }}"
    )

    assert set(codes(api(document, world.learner))) <= {"INVALID", "LIMIT_EXCEEDED"}
    assert UserActivity.objects.count() == 1


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(-1, "INVALID"), (-(2**31), "INVALID"), (2**31, "BAD_USER_INPUT"), (10**30, "BAD_USER_INPUT")],
)
def test_a_number_that_no_column_takes_is_refused(api: Any, world: World, seconds: int, code: str) -> None:
    given = {"lessonId": world.id_of("Lesson"), "content": "Remember.", "timestampSeconds": seconds}

    assert codes(api(NOTE, world.learner, input=given)) == [code]
    assert Note.objects.count() == 1


def test_the_largest_number_that_a_column_takes_is_accepted(api: Any, world: World) -> None:
    given = {"lessonId": world.id_of("Lesson"), "content": "Remember.", "timestampSeconds": 2**31 - 1}

    assert codes(api(NOTE, world.learner, input=given)) == []


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "ftp://example.org/",
     "//evil.example/", "http://example.org/", "/\\evil.example", "https://", "vbscript:x", "/a\nb"],
)  # fmt: skip
def test_a_notification_leads_nowhere_that_runs_or_leaves_unseen(api: Any, world: World, url: str) -> None:
    given = {"courseId": world.id_of("Course"), "title": "News", "message": "Look.", "actionUrl": url}

    assert codes(api(ANNOUNCE, world.admin, input=given)) == ["INVALID"]
    assert Notification.objects.count() == 1


@pytest.mark.parametrize("text", ["\u0000", "a\u0000b", "\ud800", "\udfff!"])
@pytest.mark.parametrize("as_literal", [True, False])
def test_no_text_that_the_database_cannot_keep_reaches_it(
    api: Any, world: World, text: str, as_literal: bool
) -> None:
    lesson = world.id_of("Lesson")
    written = f'{{lessonId: "{lesson}", content: {json.dumps(text)}}}'
    literal = f"mutation {{ createNote(input: {written}) {{ userErrors {{ code }} }} }}"
    given = {"lessonId": lesson, "content": text}

    answer = api(literal, world.learner) if as_literal else api(NOTE, world.learner, input=given)

    assert set(answer.codes) <= {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED"}
    assert answer.codes
    assert Note.objects.count() == 1


TOKEN = (
    "mutation ($input: CreateAccessTokenInput!) { "
    "createAccessToken(input: $input) { userErrors { code message } } }"
)
MOMENTS = [
    "2030-01-01", "2030-01-01T00:00:00", "2030-01-01T00:00:00+24:00", "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-00:01", "tomorrow", "", 1_900_000_000, True, ["2030-01-01T00:00:00Z"],
]  # fmt: skip


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_moment_without_an_offset_or_beyond_the_calendar_is_refused(
    api: Any, world: World, moment: Any
) -> None:
    given = {"name": "a script", "scopes": ["courses:read"], "expiresAt": moment}

    answer = api(TOKEN, world.learner, input=given)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "like 2030-01-31T12:00:00Z" in answer.errors[0]["message"]
    assert AccessToken.objects.count() == 1


@pytest.mark.parametrize(
    ("moment", "stored"),
    [
        ("2030-01-01T00:00:00Z", "2030-01-01T00:00:00+00:00"),
        ("2030-01-01T00:00:00+23:59", "2029-12-31T00:01:00+00:00"),
        ("2030-01-01T00:00:00-05:00", "2030-01-01T05:00:00+00:00"),
    ],
)
def test_a_moment_is_kept_in_utc_whatever_its_offset(
    api: Any, world: World, moment: str, stored: str
) -> None:
    given = {"name": "a script", "scopes": ["courses:read"], "expiresAt": moment}

    assert codes(api(TOKEN, world.learner, input=given)) == []
    expires_at = AccessToken.objects.get(name="a script").expires_at
    assert expires_at is not None
    assert expires_at.isoformat() == stored


@pytest.mark.parametrize(
    "rating", ["NaN", "sNaN", "Infinity", "-Infinity", "1e400000", "-0.01", "5.01", "-1"]
)
def test_a_list_is_narrowed_to_ratings_that_there_are(api: Any, world: World, rating: str) -> None:
    document = "query ($rating: Decimal) { courses(filter: {minimumRating: $rating}) { totalCount } }"

    answer = api(document, world.learner, rating=rating)

    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


def cursor(*values: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode()


PAGES = {
    "a million": {"first": 1_000_000},
    "one too many": {"first": 101},
    "none": {"first": 0},
    "less than none": {"first": -1},
    "a million from the end": {"last": 1_000_000},
    "both ends": {"first": 1, "last": 1},
    "a cursor that is none": {"after": "x"},
    "an offset": {"after": "YXJyYXljb25uZWN0aW9uOjk5OTk5OTk="},
    "a cursor beyond all numbers": {"after": "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSwgMV0="},
    "a cursor of other things": {"after": "W3t9LCBbXV0="},
    "a cursor with NUL": {"after": "WyJcdTAwMDAiLCAxXQ=="},
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_1_to_100_rows_after_a_cursor_of_its_own_list(
    api: Any, world: World, page: dict[str, Any]
) -> None:
    document = """query ($first: Int, $after: String, $last: Int) {
      courses(first: $first, after: $after, last: $last) { totalCount }
    }"""

    answer = api(document, world.learner, **page)

    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


@pytest.mark.parametrize(
    ("order", "value"),
    [
        ("RATING", "1e400000"),
        ("RATING", "1e-400000"),
        ("RATING", "1e20"),
        ("RATING", "NaN"),
        ("NEWEST", "2030-01-01T00:00:00"),
        ("NEWEST", "0001-01-01T00:00:00+01:00"),
    ],
)
def test_a_cursor_beyond_what_a_column_keeps_is_refused(
    api: Any, world: World, order: str, value: str
) -> None:
    document = (
        "query ($by: [CourseOrder!], $after: String) { courses(orderBy: $by, after: $after) { totalCount } }"
    )

    answer = api(document, world.learner, by=[order], after=cursor(value, 1))

    assert (answer.data, answer.codes) == (None, ["BAD_USER_INPUT"])


def test_a_cursor_of_any_offset_is_read(api: Any, world: World) -> None:
    document = "query ($after: String) { courses(after: $after) { edges { node { id } } } }"

    answer = api(document, world.learner, after=cursor("2030-01-01T00:00:00+23:59", 1))

    assert answer.errors == []


def test_a_list_of_ids_is_at_most_100_long(api: Any, world: World) -> None:
    asked = {"ids": [ids.encode("Course", 1)] * 101}

    answer = api("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", world.learner, **asked)

    assert answer.codes == ["BAD_USER_INPUT"]
