"""Fixtures: one server with its own database for all faults; each fault is repaired afterwards."""

from collections.abc import Iterator

import pytest

from tests.faults.cluster import Cluster
from tests.faults.server import Server


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster()
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(cluster.url, tmp_path_factory.mktemp("server"))
    yield server
    server.stop()
