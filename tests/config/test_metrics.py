"""Metrics of a server with two workers, as Prometheus' own parsers read them."""

import json
import re
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import promql_parser
import psutil
import pytest
import yaml
from django.conf import settings
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from tests.config.deployments import manage, python
from tests.demo_server import free_port
from tests.schema.execution.conftest import wait_until
from tests.serve_command import ServeCommand, directory

__all__ = ["directory"]

KNOWN = "query Catalogue { courses(first: 1) { totalCount } }"
TOKEN = {"Authorization": "Bearer of the operators"}
OPENMETRICS = {"Accept": "application/openmetrics-text; version=1.0.0"}

NAMES = """
import django
django.setup()
from config import metrics
from schema.network.request_log import RequestRecord
for number in range(10_000):
    metrics.observe(RequestRecord("1", "http", f"Name{number}"), 200, 0.01)
samples = metrics._requests.collect()[0].samples
print(sum(sample.name == "courses_requests_total" for sample in samples))
"""

PUBLISHED = """
import django
django.setup()
from config import metrics
from prometheus_client import REGISTRY
print(*(family.name for family in REGISTRY.collect()))
"""

ALERTS, DASHBOARD = (
    settings.BASE_DIR / "docs" / "operating" / name for name in ("alerts.yaml", "dashboard.json")
)


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The values in Prometheus' text, by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def labelled(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return name, frozenset(labels.items())


def sums(text: str, name: str, label: str) -> Mapping[str, float]:
    """The values of one metric, added up by one of its labels."""
    found: dict[str, float] = {}
    for (each, labels), value in samples(text).items():
        if each == name:
            key = dict(labels)[label]
            found[key] = found.get(key, 0) + value
    return found


@pytest.mark.slow
def test_the_requests_of_both_workers_are_counted_also_those_of_one_that_was_killed(directory: Path) -> None:
    port = free_port()
    manifest = directory / "manifest.json"
    manifest.write_text(json.dumps({"1": KNOWN}))
    server = ServeCommand(
        directory,
        workers=2,
        COURSES_METRICS_ADDRESS=f"127.0.0.1:{port}",
        COURSES_METRICS_TOKEN="of the operators",
    )
    own_address = f"http://127.0.0.1:{port}/metrics"
    try:
        server.run("manage.py", "trust_documents", str(manifest))
        wait_until(lambda: _is_counted(server, own_address), seconds=60)
        before = httpx.get(own_address).text

        for number in range(30):
            _ask(server, KNOWN)
            _ask(server, f"query Name{number} {{ serverTime }}")
        _ask(server, "query Wrong { nothing }")
        wait_until(lambda: samples(httpx.get(own_address).text)[labelled("courses_requests_executing")] == 0)

        after = httpx.get(own_address).text
        gained = {
            key: value - samples(before).get(key, 0)
            for key, value in samples(after).items()
            if key[0] == "courses_requests_total"
        }
        assert {key: value for key, value in gained.items() if value} == {
            labelled("courses_requests_total", operation="Catalogue", transport="http", code="OK"): 30,
            labelled("courses_requests_total", operation="other", transport="http", code="OK"): 30,
            labelled(
                "courses_requests_total",
                operation="other",
                transport="http",
                code="GRAPHQL_VALIDATION_FAILED",
            ): 1,
        }
        assert sums(after, "courses_request_duration_seconds_count", "operation") == sums(
            after, "courses_requests_total", "operation"
        )
        assert sums(after, "courses_backlog", "kind").keys() == {
            "stale_statistics",
            "overdue_attempts",
            "events",
            "webhook_deliveries",
            "exports",
        }
        assert samples(after)[labelled("courses_sessions", kind="database")] == 8

        behind_token = f"{server.address}/metrics"
        assert httpx.get(behind_token).status_code == 401
        assert httpx.get(behind_token, headers={"Authorization": "Bearer x"}).status_code == 401
        page = httpx.get(behind_token, headers=TOKEN | OPENMETRICS)
        families = {family.name for family in openmetrics.text_string_to_metric_families(page.text)}
        assert families >= {"courses_requests", "courses_request_duration_seconds", "courses_sessions"}

        [killed, _] = [
            child
            for child in psutil.Process(server.process.pid).children()
            if any("spawn_main" in part for part in child.cmdline())
        ]
        killed.send_signal(signal.SIGKILL)
        killed.wait()

        assert sums(httpx.get(own_address).text, "courses_requests_total", "operation") == sums(
            after, "courses_requests_total", "operation"
        )
        wait_until(
            lambda: samples(httpx.get(own_address).text)[labelled("courses_sessions", kind="database")] == 8,
            seconds=60,
        )
    finally:
        server.process.terminate()
        server.process.wait(timeout=60)


@pytest.mark.slow
def test_ten_thousand_names_of_operations_are_one_label(tmp_path: Path) -> None:
    ended = python(tmp_path, "-c", NAMES)

    assert ended.stdout.split() == ["1"], ended.stderr


@pytest.mark.slow
def test_dashboard_and_alerts_ask_for_metrics_that_are_there_in_the_language_of_prometheus(
    tmp_path: Path,
) -> None:
    published = set(python(tmp_path, "-c", PUBLISHED).stdout.split())
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    asked = [rule["expr"] for rule in rules] + [
        target["expr"].replace("$__rate_interval", "5m") for panel in panels for target in panel["targets"]
    ]

    assert "courses_requests" in published
    assert len(asked) > 15
    for expression in asked:
        promql_parser.parse(expression)
        named = set(re.findall(r"courses_\w+", expression))
        assert {re.sub("_(total|bucket|sum|count)$", "", name) for name in named} <= published, expression
    for rule in rules:
        assert rule["annotations"].keys() == {"summary", "action"}, rule["alert"]
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]


@pytest.mark.django_db
def test_without_a_setting_there_are_no_metrics(client: Any) -> None:
    assert client.get("/metrics").status_code == 404


@pytest.mark.slow
def test_an_impossible_address_is_named_before_anything_begins(tmp_path: Path) -> None:
    code, _, complaint = manage(tmp_path, "check", COURSES_METRICS_ADDRESS="9464")

    assert code != 0
    assert (
        "COURSES_METRICS_ADDRESS: '9464' is not an address with a port such as 127.0.0.1:9464." in complaint
    )


def _ask(server: ServeCommand, query: str) -> httpx.Response:
    return httpx.post(f"{server.address}/graphql/", json={"query": query})


def _is_counted(server: ServeCommand, address: str) -> bool:
    """Ask the trusted document twenty times, and tell if the workers that answered know its name by now: both."""
    before = _requests(address).get("Catalogue", 0)
    for _ in range(20):
        _ask(server, KNOWN)
    return _requests(address).get("Catalogue", 0) - before == 20


def _requests(address: str) -> Mapping[str, float]:
    return sums(httpx.get(address).text, "courses_requests_total", "operation")
