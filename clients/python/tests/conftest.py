"""One coordinator for all tests, and a sweep on it that has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from coordinator import Coordinator
from light_worker import LightWorker

import augur


def spec(name: str, starts: tuple[float, ...] = (70, 90, 300), seeds: tuple[int, ...] = (0, 1)) -> str:
    """A sweep of one planted task and rotations that begin at these angles; its data is never read here."""
    angles = ", ".join(f"{{angle_deg: {start}}}" for start in starts)
    return f"""\
version: 1
name: {name}
data: {{fashion_mnist: {{size_px: 16}}}}
split: {{train: 64, validation_normal: 20, validation_anomalous: 10}}
tasks:
  - {{normal: sneaker, anomaly: {{planted: {{rotate_deg: 100}}}}}}
families:
  - rotation: {{starts: [{angles}]}}
seeds: [{", ".join(map(str, seeds))}]
detector: {{resnet: {{width: 4, head: 16}}}}
training: {{epochs: 3}}
tuning: {{warmup_epochs: 1}}
selection: {{criterion: mean_distance}}
resources: {{device: cpu}}
"""


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a coordinator."""
    coordinator = Coordinator(tmp_path_factory.mktemp("coordinator"))
    yield coordinator.url
    coordinator.kill()


@pytest.fixture
def client(url: str) -> Iterator[augur.Client]:
    """A client of it."""
    with augur.connect(url) as client:
        yield client


@pytest.fixture(scope="session")
def finished(url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a sweep that has ended: two seeds of three trials, all completed."""
    path: Path = tmp_path_factory.mktemp("spec") / "finished.yaml"
    path.write_text(spec("finished"))
    with augur.connect(url) as client, LightWorker(url):
        client.submit(path)
        assert augur.state(client.wait("finished", timeout=60)) == "succeeded"
    return "finished"
