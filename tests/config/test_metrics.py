"""Metrics without a server: their labels are bounded, and dashboard and alerts ask for what there is."""

import json
import math
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from django.conf import settings

from tests.config.deployments import manage, python

TELL = """
import asyncio, json
from types import SimpleNamespace
import django
django.setup()
from config import metrics
from prometheus_client import REGISTRY
from schema.application import GraphQLApplication
from schema.network.request_log import RequestRecord
from schema.root import schema
published = [family.name for family in REGISTRY.collect()]
metrics.trusted_texts = lambda *, most: [f"query T{number:05} {{ serverTime }}" for number in range(most + 9)]
metrics._operations.refresh()
for number in range(10_000):
    for name in (f"Name{number}", f"T{number:05}"):
        metrics.observe(RequestRecord("1", "http", name, codes=["RATE_LIMITED"]), 200, 0.01)
labels = [
    {json.dumps(sample.labels) for sample in family.samples if not sample.name.endswith("_bucket")}
    for family in REGISTRY.collect()
]
operations = {sample.labels["operation"] for sample in metrics._requests.collect()[0].samples}
for answerer in ("replica1", "replica2", "replica1", "primary", "primary-behind", "replica1", None):
    metrics.observe(RequestRecord("1", "http", read_from=answerer), 200, 0.01)
graphql = GraphQLApplication(schema)
graphql.replicas.each = [
    SimpleNamespace(name="replica1", open=3, is_used=True, lag=0.25),
    SimpleNamespace(name="replica2", open=0, is_used=False, lag=None),
]
async def sample_once():
    sampling = asyncio.create_task(metrics.sample(graphql))
    await asyncio.sleep(0)
    sampling.cancel()
asyncio.run(sample_once())
(metrics.DIRECTORY / "counter_0.db").touch()
families = {family.name: family.samples for family in metrics._registry.collect()}
def of_replicas(name):
    found = {[*sample.labels.values()][0]: sample.value for sample in families[name] if sample.labels}
    return {label: value for label, value in found.items() if label.startswith(("replica", "primary"))}
names = ("courses_reads", "courses_replica_used", "courses_replica_lag_seconds", "courses_sessions")
print(json.dumps({
    "collected": [*families], "of_replicas": {name: of_replicas(name) for name in names},
    "published": published, "operations": sorted(operations)[-2:], "series": max(map(len, labels))
}))
"""


ALERTS, DASHBOARD = (
    settings.BASE_DIR / "docs" / "operating" / name for name in ("alerts.yaml", "dashboard.json")
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Metrics as a process tells them: one of its own, since the library writes files once it is imported."""
    ended = python(tmp_path_factory.mktemp("metrics"), "-c", TELL)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.slow
def test_of_ten_thousand_names_of_operations_the_first_thousand_that_are_trusted_are_labels(
    told: dict[str, Any],
) -> None:
    assert told["operations"] == ["T00999", "other"]
    assert told["series"] == 1001


@pytest.mark.slow
def test_a_file_that_a_starting_process_has_just_made_hinders_nobody(told: dict[str, Any]) -> None:
    assert "courses_requests" in told["collected"]


@pytest.mark.slow
def test_replicas_are_told_by_how_they_are_read_used_and_behind(told: dict[str, Any]) -> None:
    assert told["of_replicas"] == {
        "courses_reads": {"replica1": 3, "replica2": 1, "primary": 1, "primary-behind": 1},
        "courses_replica_used": {"replica1": 1, "replica2": 0},
        "courses_replica_lag_seconds": {"replica1": 0.25, "replica2": math.inf},
        "courses_sessions": {"replica1": 3, "replica2": 0},
    }


@pytest.mark.slow
def test_dashboard_and_alerts_ask_for_metrics_that_are_there_in_the_language_of_prometheus(
    told: dict[str, Any],
) -> None:
    published = set(told["published"])
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
