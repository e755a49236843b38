"""A coordinator that is killed and comes back, under a watcher and between two calls."""

from __future__ import annotations

from pathlib import Path

from conftest import spec
from coordinator import Coordinator
from light_worker import LightWorker

import augur


def test_a_watch_goes_on_where_it_was(tmp_path: Path) -> None:
    coordinator = Coordinator(tmp_path)
    with augur.connect(coordinator.url) as client:
        client.submit(spec("lasting"))
        events = client.watch("lasting")
        first = next(events)
        coordinator.restart()
        with LightWorker(coordinator.url):
            rest = list(events)
        kinds = [event.WhichOneof("event") for event in rest]
        assert first.WhichOneof("event") == "snapshot"
        # From the revision that was seen last on, so without a snapshot and without a gap.
        assert "snapshot" not in kinds
        assert kinds.count("trial") == 12
        assert augur.state(rest[-1].sweep) == "succeeded"
        coordinator.restart()
        assert augur.state(client.sweep("lasting")) == "succeeded"
    coordinator.kill()
