"""Exports all responses, and reads by events what is newer: COURSES_TOKEN=... uv run python export.py"""

import gzip
import json
import os
import time
import urllib.request
from typing import IO, Any

SERVER = os.environ.get("COURSES_ORIGIN", "http://127.0.0.1:8000")


def fetch(address: str, body: object = None) -> IO[bytes]:
    headers = {"Authorization": f"Bearer {os.environ['COURSES_TOKEN']}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    answer: IO[bytes] = urllib.request.urlopen(urllib.request.Request(address, data, headers))
    return answer


def ask(query: str, **variables: Any) -> Any:
    return json.load(fetch(f"{SERVER}/graphql/", {"query": query, "variables": variables}))["data"]


started = ask("""mutation { startExport(input: {kind: RESPONSES}) {
    export { id status } userErrors { code message } } }""")["startExport"]
assert started["export"], started["userErrors"]
export = started["export"]
while export["status"] == "RUNNING":
    time.sleep(1)
    export = ask(
        "query($id: ID!) { node(id: $id) { ... on Export { id status url eventsCursor } } }", id=export["id"]
    )["node"]
with gzip.open(fetch(export["url"])) as lines:
    for line in map(json.loads, lines):
        print(line["type"], line["id"])

cursor = export["eventsCursor"]  # everything that is newer than the file comes after it
has_more = True
while has_more:
    page = ask(
        """query($after: String) { events(after: $after, first: 100) {
            events { type subjectId } endCursor hasMore } }""",
        after=cursor,
    )["events"]
    for event in page["events"]:
        print(event["type"], event["subjectId"])  # read it anew by `node`
    cursor, has_more = page["endCursor"], page["hasMore"]
