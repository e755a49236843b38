"""`augur watch --tensorboard`: the event files, read by TensorBoard's own code."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import spec
from coordinator import binary
from light_worker import LightWorker
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import augur
from augur.names import last


def _watch(url: str, sweep: str, out: Path) -> subprocess.Popen[bytes]:
    command = [str(binary("augur")), "watch", sweep, "--coordinator", url, "--tensorboard", str(out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _run(folder: Path) -> EventAccumulator:
    run = EventAccumulator(str(folder))
    run.Reload()
    return run


def _scalars(run: EventAccumulator, tag: str) -> tuple[list[int], list[float]]:
    events = run.Scalars(tag) if tag in run.Tags()["scalars"] else []
    return [event.step for event in events], [event.value for event in events]


def _single(value: float) -> float:
    """As event files hold it."""
    return float(np.float32(value))


def test_each_trial_is_a_run_with_its_epochs(client: augur.Client, finished: str, tmp_path: Path) -> None:
    assert _watch(client.url, finished, tmp_path).wait(60) == 0
    trials = list(client.trial_messages(finished))
    board = client.leaderboard(finished).set_index("trial")
    assert len(list(tmp_path.rglob("*tfevents*"))) == len(trials)
    for trial in trials:
        identifier = last(trial.name)
        name = f"{trial.index:05}-rotation-{identifier[:8]}"
        run = _run(tmp_path / "sneaker-rotated-100" / f"seed-{trial.seed}" / "st-ssad" / name)
        measured = client.measurements(trial).set_index("epoch")
        for tag, column in [
            ("training_loss", "training_loss"),
            ("validation_loss", "validation_loss"),
            ("hypergradient_norm", "hypergradient_norm"),
            ("hyperparameters/angle_deg", "hyperparameters.angle_deg"),
        ]:
            known = measured[column].dropna()
            assert _scalars(run, tag) == (list(known.index), [_single(value) for value in known]), tag
        chosen: Any = board.loc[identifier]
        for measure in ("val_loss", "rank", "auroc", "average_precision"):
            assert _scalars(run, f"selection/{measure}") == ([3], [_single(chosen[measure])])
        assert "selection/f1_max" not in run.Tags()["scalars"]
        seconds = [event.wall_time for event in run.Scalars("training_loss")]
        assert np.diff(seconds) == pytest.approx([1, 1])


def test_the_plugin_hparams_knows_start_and_end(client: augur.Client, finished: str, tmp_path: Path) -> None:
    assert _watch(client.url, finished, tmp_path).wait(60) == 0
    trial = client.trials(finished).iloc[4]
    (folder,) = tmp_path.rglob(f"*-{trial.trial[:8]}")
    contents = _run(folder).PluginTagToContent("hparams")
    start = HParamsPluginData.FromString(contents["_hparams_/session_start_info"]).session_start_info
    assert {name: value.string_value or value.number_value for name, value in start.hparams.items()} == {
        "trial": trial.trial,
        "task": "sneaker-rotated-100",
        "seed": 1,
        "variant": "st-ssad",
        "family": "rotation",
        "initial.angle_deg": 90,
    }
    end = HParamsPluginData.FromString(contents["_hparams_/session_end_info"]).session_end_info
    assert end.status == 1
    assert end.end_time_secs == start.start_time_secs + 3


def test_files_grow_while_the_sweep_runs(client: augur.Client, url: str, tmp_path: Path) -> None:
    client.submit(spec("growing", starts=(70,), seeds=(0,)))
    seen: list[tuple[list[int], int]] = []

    def until_written(epoch: int) -> None:
        """Holds the worker until TensorBoard would show the epoch."""
        end = time.monotonic() + 60
        while time.monotonic() < end and watching.poll() is None:
            for file in tmp_path.rglob("*tfevents*"):
                steps, _ = _scalars(_run(file.parent), "training_loss")
                if epoch in steps:
                    seen.append((steps, file.stat().st_ino))
                    return
            time.sleep(0.1)

    watching = _watch(url, "growing", tmp_path)
    with LightWorker(url, after_epoch=until_written):
        assert watching.wait(120) == 0
    assert [steps for steps, _ in seen] == [[1], [1, 2], [1, 2, 3]]
    # An open TensorBoard goes on reading the file that it has: that one grew.
    assert len({inode for _, inode in seen}) == 1
