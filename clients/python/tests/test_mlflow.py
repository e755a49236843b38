"""`augur mlflow`, with a real MLflow server: `make mlflow-test` brings one and runs this."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from conftest import spec
from coordinator import binary
from light_worker import EPOCHS, LightWorker

import augur
from augur.names import last

_MLFLOW = os.environ.get("AUGUR_MLFLOW", "")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server on a free loopback port, with its store in SQLite."""
    if not _MLFLOW:
        pytest.skip("needs an MLflow server: make mlflow-test")
    folder: Path = tmp_path_factory.mktemp("mlflow")
    command = [_MLFLOW, "server", "--host", "127.0.0.1", "--port", "0", "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        str(folder / "artifacts"),
    ]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "DO_NOT_TRACK": "true"},
        # The server starts children, which have to go with it.
        start_new_session=True,
    )
    assert process.stdout is not None
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.search(r"running on (http://127\.0\.0\.1:\d+)", line):
            break
    else:
        raise AssertionError(f"the MLflow server did not start: {''.join(said)}")
    # Its log is read on, so that it is never stopped by a full pipe.
    reader = threading.Thread(target=process.stdout.read, daemon=True)
    reader.start()
    yield found[1]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _export(client: augur.Client, sweep: str, server: str) -> str:
    command = [binary("augur"), "mlflow", sweep, "--coordinator", client.url, "--tracking-uri", server]
    done = subprocess.run([*map(str, command), "--experiment", f"of {sweep}"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _get(server: str, call: str) -> Any:
    return json.load(urlopen(f"{server}/api/2.0/mlflow/{call}"))


def _runs(server: str, sweep: str) -> dict[str, Any]:
    """The runs of a sweep's experiment, by their trials."""
    name = f"of%20{sweep}"
    experiment = _get(server, f"experiments/get-by-name?experiment_name={name}")["experiment"]["experiment_id"]
    request = Request(
        f"{server}/api/2.0/mlflow/runs/search",
        json.dumps({"experiment_ids": [experiment]}).encode(),
        {"Content-Type": "application/json"},
    )
    runs = json.load(urlopen(request)).get("runs", [])
    return {_pairs(run, "tags")["augur.trial"]: run for run in runs}


def _pairs(run: Any, kind: str) -> dict[str, Any]:
    return {pair["key"]: pair["value"] for pair in run["data"].get(kind, [])}


def test_each_trial_is_a_run(client: augur.Client, finished: str, server: str) -> None:
    assert (
        _export(client, finished, server)
        == "experiment of finished: 6 runs made, 0 brought up to date, 0 there already\n"
    )
    runs = _runs(server, finished)
    board = client.leaderboard(finished).set_index("trial")
    assert set(runs) == set(board.index)
    for trial in client.trial_messages(finished):
        run = runs[last(trial.name)]
        chosen: Any = board.loc[last(trial.name)]
        assert _pairs(run, "params") == {
            "task": "sneaker-rotated-100",
            "seed": str(trial.seed),
            "variant": "st-ssad",
            "family": "rotation",
            "initial.angle_deg": f"{trial.initial['angle_deg']:g}",
        }
        tags = _pairs(run, "tags")
        assert (tags["augur.sweep"], tags["selected"]) == (finished, str(bool(chosen.selected)).lower())
        metrics = _pairs(run, "metrics")
        for name in ("auroc", "average_precision", "val_loss", "rank", "mean_distance"):
            assert metrics[name] == chosen[name]
        assert metrics["tuned/angle_deg"] == trial.outcome.tuned["angle_deg"]
        assert run["info"]["status"] == "FINISHED"
        assert run["info"]["end_time"] - run["info"]["start_time"] == 1000 * EPOCHS
        history = _get(server, f"metrics/get-history?run_id={run['info']['run_id']}&metric_key=validation_loss")
        losses = client.measurements(trial).validation_loss
        assert [(point["step"], point["value"]) for point in history["metrics"]] == list(enumerate(losses, 1))


def test_a_repeated_export_makes_nothing_twice(client: augur.Client, finished: str, server: str) -> None:
    _export(client, finished, server)
    before = _runs(server, finished)
    assert (
        _export(client, finished, server)
        == "experiment of finished: 0 runs made, 0 brought up to date, 6 there already\n"
    )
    assert _runs(server, finished) == before


def test_a_run_grows_with_its_trial(client: augur.Client, url: str, server: str) -> None:
    client.submit(spec("exported", starts=(70, 90), seeds=(0,)))
    first, go_on = threading.Event(), threading.Event()

    def hold(_: int) -> None:
        first.set()
        go_on.wait(60)

    with LightWorker(url, after_epoch=hold):
        assert first.wait(60)
        # Both are leased; one has reported an epoch.
        assert "2 runs made" in _export(client, "exported", server)
        before = _runs(server, "exported")
        assert {run["info"]["status"] for run in before.values()} == {"RUNNING"}
        assert "selected" not in _pairs(next(iter(before.values())), "tags")
        go_on.set()
        client.wait("exported", timeout=60)
    assert "0 runs made, 2 brought up to date" in _export(client, "exported", server)
    after = _runs(server, "exported")
    for trial, run in after.items():
        assert run["info"]["run_id"] == before[trial]["info"]["run_id"]
        assert run["info"]["status"] == "FINISHED"
    assert sorted(_pairs(run, "tags")["selected"] for run in after.values()) == ["false", "true"]


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("http://127.0.0.1:9", 7, "can't reach an MLflow server at http://127.0.0.1:9"),
        ("sqlite:///mlflow.db", 2, "`sqlite:///mlflow.db` is no tracking URI of an MLflow server"),
    ],
)
def test_no_server(client: augur.Client, finished: str, address: str, code: int, said: str) -> None:
    command = [binary("augur"), "mlflow", finished, "--coordinator", client.url, "--tracking-uri", address]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == code
    assert said in done.stderr
