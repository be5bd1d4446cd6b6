"""README's commands and its story with curl, as printed; and that the demonstration is there to stay."""

import gzip
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings

from courses.management.demonstration.partners import CLIENT_ID, CLIENT_SECRET
from tests.demo_server import DemoServer
from tests.schema.execution.conftest import wait_until

pytestmark = pytest.mark.slow


def _ask(server: DemoServer, query: str, username: str, secret: str = "", **variables: Any) -> Any:
    """The data of an answer, with the token that the server printed unless another `secret` is given."""
    secret = secret or server.token_of(username)
    request = urllib.request.Request(
        server.url("/graphql/"),
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {secret}"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.loads(response.read())["data"]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demonstration") / "data"


def test_the_story_with_curl_works_as_printed(directory: Path) -> None:
    readme = (settings.BASE_DIR / "README.md").read_text(encoding="utf-8")
    story = re.search(r"```bash\n(.*?)```", readme, re.DOTALL)
    assert story is not None
    with DemoServer(directory) as server:
        told = subprocess.run(
            ["bash", "-eu", "-c", story[1]],
            cwd=settings.BASE_DIR,
            env=server.environment | {"COURSES_DATA_DIR": str(directory), "URL": server.url("/graphql/")},
            capture_output=True,
            text=True,
            check=True,
        )
    answers = [json.loads(line)["data"] for line in told.stdout.splitlines() if line.strip()]
    viewer, course, submitted, completed, reviewed = answers
    assert viewer == {"viewer": {"user": {"displayName": "Mira Lindholt"}}}
    assert course["course"]["title"] == "Coffee: from Seed to Cup"
    assert course["course"]["reviewSummary"]["count"] == 10
    assert submitted["submitAnswers"] == {"attempt": {"revision": 1, "answeredCount": 1}, "userErrors": []}
    attempt = completed["completeAttempt"]["attempt"]
    assert completed["completeAttempt"]["userErrors"] == []
    assert attempt["state"] == "COMPLETED"
    assert re.fullmatch("[0-9a-f]{64}", attempt["receipt"]["digest"])
    assert reviewed["createReview"] == {"review": {"rating": 5, "isVerifiedPurchase": True}, "userErrors": []}


def test_the_second_start_keeps_the_data_of_the_first_and_copies_run_side_by_side(
    directory: Path, tmp_path: Path
) -> None:
    mine = "{ viewer { attempts { totalCount } reviews { totalCount } } courses { totalCount } }"
    with DemoServer(directory) as again, DemoServer(tmp_path / "other") as other:
        assert _ask(again, mine, "learner") == {
            "viewer": {"attempts": {"totalCount": 1}, "reviews": {"totalCount": 1}},
            "courses": {"totalCount": 3},
        }
        assert _ask(other, mine, "learner") == {
            "viewer": {"attempts": {"totalCount": 0}, "reviews": {"totalCount": 0}},
            "courses": {"totalCount": 3},
        }
        names = re.findall(r"^(\w+) +(\S+) +cat_\S+$", again.printed(), re.MULTILINE)
        assert names == [
            (n, f"{n}-demo") for n in ("learner", "classmate", "instructor", "moderator", "admin")
        ]
        assert f"GraphiQL: http://127.0.0.1:{again.port}/graphql/" in again.printed()


def test_tokens_work_until_their_demonstration_stops(directory: Path) -> None:
    """Another one on the same data leaves them alone; the next one that is alone ends those of both."""
    name = "{ viewer { user { username } } }"
    learner = {"viewer": {"user": {"username": "learner"}}}
    with DemoServer(directory) as first, DemoServer(directory) as second:
        assert [_ask(demo, name, "learner") for demo in (first, second)] == [learner, learner]
    with DemoServer(directory) as alone:
        assert _ask(alone, name, "learner") == learner
        for stopped in (first, second):
            with pytest.raises(urllib.error.HTTPError, match="401"):
                _ask(alone, name, "learner", secret=stopped.token_of("learner"))


def test_the_demonstration_has_what_an_explorer_needs(directory: Path) -> None:
    """Three published courses of at least four lessons, every question type, and plausible life in them."""
    with DemoServer(directory) as server:
        courses = _ask(
            server,
            "{ courses(filter: {isPublished: true}) { edges { node { lessonCount reviewSummary { count } lessons "
            "{ assessment { questions { type } attempts { totalCount } } } } } } }",
            "instructor",
        )["courses"]["edges"]
        queue = _ask(server, "{ gradingQueue { totalCount } }", "instructor")["gradingQueue"]["totalCount"]
    assessments = [
        lesson["assessment"] for edge in courses for lesson in edge["node"]["lessons"] if lesson["assessment"]
    ]
    assert len(courses) == 3
    assert all(edge["node"]["lessonCount"] >= 4 for edge in courses)
    assert all(edge["node"]["reviewSummary"]["count"] >= 8 for edge in courses)
    assert {question["type"] for assessment in assessments for question in assessment["questions"]} == {
        "MULTIPLE_CHOICE",
        "TRUE_FALSE",
        "SHORT_ANSWER",
        "ESSAY",
        "MATCHING",
        "FILL_BLANK",
    }
    assert all(assessment["attempts"]["totalCount"] > 0 for assessment in assessments)
    assert queue > 0


RUNNING = """{ courses { edges { node { lessons { assessment { attempts(state: IN_PROGRESS) {
    edges { node { deadlineAt answeredCount } } } } } } } } }"""
FOLLOWED = """{ viewer { webhookEndpoints { url format isEnabled disabledReason
    delivered: deliveries(status: DELIVERED) { totalCount }
    others: deliveries(first: 3) { edges { node { status tries lastResponseStatus problem event { id } } } } } }
    events(first: 100) { events { id } hasMore } }"""
EXPORTS = "{ viewer { exports { kind status objectCount url eventsCursor } } }"


def test_the_demonstration_has_partners_that_follow_what_happens(directory: Path) -> None:
    """Endpoints on this machine alone, which are off, with what became of messages; an export; a registered program."""
    with DemoServer(directory) as server:
        running = _ask(server, RUNNING, "instructor")["courses"]["edges"]
        followed = _ask(server, FOLLOWED, "instructor")
        wait_until(lambda: _export(server)["status"] == "READY", seconds=60)
        export = _export(server)
        file = _fetched(server.url(urlsplit(export["url"]).path), server.token_of("instructor"))
        printed = _exported_by_the_program_of_the_documentation(server)
        program = _fetched(
            server.url("/identity/o/api/token"),
            grant_type="client_credentials",
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            scope="courses:read",
        )
        asked = _ask(server, "{ viewer { user { username } } }", "", json.loads(program)["access_token"])
    attempts = [
        edge["node"]
        for course in running
        for lesson in course["node"]["lessons"]
        if lesson["assessment"]
        for edge in lesson["assessment"]["attempts"]["edges"]
    ]
    assert len([attempt for attempt in attempts if attempt["deadlineAt"]]) == 3
    own, standard = followed["viewer"]["webhookEndpoints"]
    assert (own["url"], standard["url"]) == (
        "http://127.0.0.1:9000/events",
        "http://127.0.0.1:9001/statements",
    )
    assert [(each["format"], each["isEnabled"], each["disabledReason"]) for each in (own, standard)] == [
        ("NATIVE", False, "It was switched off by its owner."),
        ("XAPI", False, "The receiver answered 410 (Gone)."),
    ]
    for endpoint, tried in (
        (own, ("PENDING", 1, None, "The receiver could not be reached.")),
        (standard, ("FAILED", 1, 410, None)),
    ):
        assert endpoint["delivered"]["totalCount"] == 3
        nodes = [edge["node"] for edge in endpoint["others"]["edges"]]
        assert all(node.pop("event") for node in nodes)
        assert [tuple(node.values()) for node in nodes] == [("PENDING", 0, None, None)] * 2 + [tried]
    assert (len(followed["events"]["events"]), followed["events"]["hasMore"]) == (100, True)
    lines = [json.loads(line) for line in gzip.decompress(file).splitlines()]
    assert {line["type"] for line in lines} >= {"attempt", "grade"}
    assert (export["kind"], export["objectCount"]) == ("GRADES", len(lines))
    assert {line.split()[0] for line in printed} == {"attempt", "response"}
    assert asked == {"viewer": {"user": {"username": "instructor"}}}


def _exported_by_the_program_of_the_documentation(server: DemoServer) -> list[str]:
    ended = subprocess.run(
        [sys.executable, "tests/clients/python/export.py"],
        cwd=settings.BASE_DIR,
        env=server.environment
        | {"COURSES_ORIGIN": server.url(""), "COURSES_TOKEN": server.token_of("instructor")},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.splitlines()


def _export(server: DemoServer) -> dict[str, Any]:
    """The export that the demonstration has begun with."""
    export: dict[str, Any] = _ask(server, EXPORTS, "instructor")["viewer"]["exports"][-1]
    return export


def _fetched(address: str, token: str = "", **form: str) -> bytes:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = urlencode(form).encode() if form else None
    with urllib.request.urlopen(urllib.request.Request(address, body, headers), timeout=30) as answer:
        return answer.read()


TAKE = """mutation Start($id: ID!) { startAttempt(input: {assessmentId: $id}) {
    attempt { id questions { question type choices { id } prompts { id } matches { id } blanks } }
    userErrors { code } } }"""
HAND_IN = """mutation HandIn($input: CompleteAttemptInput!) { completeAttempt(input: $input) {
    attempt { state answeredCount questions { response { choices text matches { prompt } blanks { key } } } }
    userErrors { code message field } } }"""


def _some_response(question: dict[str, Any]) -> dict[str, Any]:
    """A response to a question by its type, whether it is right or not."""
    if question["choices"]:
        return {"choices": [question["choices"][0]["id"]]}
    if question["prompts"]:
        pairs = zip(question["prompts"], question["matches"], strict=False)
        return {"matches": [{"prompt": prompt["id"], "match": match["id"]} for prompt, match in pairs]}
    if question["blanks"]:
        return {"blanks": [{"key": key, "text": "something"} for key in question["blanks"]]}
    return {"text": "something"}


def test_every_assessment_of_the_demonstration_can_be_taken_with_every_type_of_question(
    tmp_path: Path,
) -> None:
    types = set()
    with DemoServer(tmp_path / "data") as server:
        courses = _ask(server, "{ courses { edges { node { lessons { assessment { id } } } } } }", "learner")
        lessons = [lesson for edge in courses["courses"]["edges"] for lesson in edge["node"]["lessons"]]
        for assessment in (lesson["assessment"] for lesson in lessons if lesson["assessment"]):
            started = _ask(server, TAKE, "learner", id=assessment["id"])["startAttempt"]
            assert started["userErrors"] == []
            questions = started["attempt"]["questions"]
            types |= {question["type"] for question in questions}
            answers = [{"questionId": q["question"], "response": _some_response(q)} for q in questions]
            handed_in = {"attemptId": started["attempt"]["id"], "answers": answers}
            completed = _ask(server, HAND_IN, "learner", input=handed_in)["completeAttempt"]
            assert completed["userErrors"] == []
            assert completed["attempt"]["state"] == "COMPLETED"
            assert completed["attempt"]["answeredCount"] == len(questions)
    assert types == {"MULTIPLE_CHOICE", "TRUE_FALSE", "SHORT_ANSWER", "ESSAY", "MATCHING", "FILL_BLANK"}
