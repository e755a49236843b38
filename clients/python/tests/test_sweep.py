"""A whole sweep: submitted, watched, worked on, chosen under a seal, and read as tables."""

from __future__ import annotations

import subprocess
from io import StringIO

import pandas as pd
import pytest
from conftest import spec
from coordinator import binary
from light_worker import EPOCHS, LightWorker, auroc, loss

import augur


def test_leaderboard_has_a_row_for_each_candidate(client: augur.Client, finished: str) -> None:
    board = client.leaderboard(finished)
    assert len(board) == 2 * 3
    for seed in (0, 1):
        ranked = board[board.seed == seed]
        assert list(ranked["initial.angle_deg"]) == [90, 70, 300]
        assert list(ranked["rank"]) == [1, 2, 3]
        assert list(ranked.selected) == [True, False, False]
        assert list(ranked.val_loss) == [loss(90), loss(70), loss(300)]
        assert list(ranked.auroc) == [auroc(90), auroc(70), auroc(300)]
        assert list(ranked.auroc_low) == [auroc(start) - 0.1 for start in (90, 70, 300)]
    assert set(board.criterion) == {"mean_distance"}
    assert set(board.variant) == {"st-ssad"}
    assert board["tuned.angle_deg"].notna().all()
    # What nobody measured has a column and no value.
    assert board[["f1_max", "test_auroc", "dsv"]].isna().all(axis=None)
    assert client.excluded(finished).empty


def test_leaderboard_is_that_of_the_command(client: augur.Client, finished: str) -> None:
    command = [str(binary("augur")), "leaderboard", finished, "--format", "csv", "--coordinator", client.url]
    csv = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = pd.read_csv(StringIO(csv), float_precision="round_trip")
    ours = client.leaderboard(finished)
    assert set(theirs) <= set(ours)
    pd.testing.assert_frame_equal(ours[theirs.columns], theirs, check_dtype=False, check_exact=True)


def test_leaderboard_is_sealed(client: augur.Client, finished: str) -> None:
    seals = [task.seal for task in client.leaderboard_message(finished).tasks]
    assert len(set(seals)) == 2
    assert all(len(seal) == 64 for seal in seals)


def test_trials_come_in_the_plans_order(client: augur.Client, finished: str) -> None:
    trials = client.trials(finished)
    assert list(trials["index"]) == list(range(6))
    assert set(trials.state) == {"completed"}
    assert list(trials["initial.angle_deg"]) == [70, 90, 300] * 2
    assert list(trials.mean_distance) == [loss(start) for start in (70, 90, 300)] * 2
    assert isinstance(trials.update_time.dtype, pd.DatetimeTZDtype)
    assert list(client.trials(finished, group=1)["index"]) == [3, 4, 5]
    assert len(client.trial(trials.name[0]).outcome.scores) == 2


def test_measurements_have_a_row_for_each_epoch(client: augur.Client, finished: str) -> None:
    trial = client.trials(finished).name[0]
    epochs = client.measurements(trial)
    assert list(epochs.epoch) == list(range(1, EPOCHS + 1))
    assert list(epochs["hyperparameters.angle_deg"]) == [70, 85, 92.5]
    assert epochs.hypergradient_norm.isna().tolist() == [True, False, False]
    assert len(client.group_measurements(finished, 0)) == 3 * EPOCHS


def test_a_sweep_that_waits_has_empty_tables(client: augur.Client) -> None:
    client.submit(spec("waits"))
    assert client.leaderboard("waits").empty
    assert "auroc" in client.leaderboard("waits")
    trials = client.trials("waits")
    assert set(trials.state) == {"pending"}
    assert client.measurements(trials.name[0]).empty
    assert [augur.state(group) for group in client.groups("waits")] == ["searching"] * 2
    client.cancel("waits")


def test_watch_tells_everything_until_the_end(client: augur.Client, url: str) -> None:
    client.submit(spec("watched"))
    events = client.watch("watched")
    # Seen before anything happens, or the snapshot holds the first leases already.
    kinds = [next(events).WhichOneof("event")]
    revision = 0
    with LightWorker(url):
        for event in events:
            kinds.append(event.WhichOneof("event"))
            revision = event.revision
    assert (kinds[0], kinds[-1]) == ("snapshot", "sweep")
    # Each of the six is leased, then completed.
    assert kinds.count("trial") == 12
    # Someone who comes back after the end is told of it, and of nothing else.
    assert [event.WhichOneof("event") for event in client.watch("watched", revision)] == ["sweep"]


def test_sweeps_and_workers_are_listed(client: augur.Client, finished: str) -> None:
    assert finished in [sweep.display_name for sweep in client.sweeps()]
    workers = client.workers()
    assert {worker.host for worker in workers} == {"light"}
    assert "left" in {augur.state(worker) for worker in workers}


def test_a_spec_is_a_file_yaml_or_a_mapping(client: augur.Client, finished: str) -> None:
    sweep = client.sweep(finished)
    assert client.submit(sweep.spec_yaml).name == sweep.name
    mapping = {
        "version": 1,
        "name": "mapping",
        "data": {"fashion_mnist": {"size_px": 16}},
        "split": {"train": 64, "validation_normal": 20, "validation_anomalous": 10},
        "tasks": [{"normal": "sneaker", "anomaly": {"planted": {"rotate_deg": 100}}}],
        "families": [{"rotation": {"starts": [{"angle_deg": 70}]}}],
        "seeds": [0],
    }
    planned = client.submit(mapping, validate_only=True)
    assert (planned.display_name, planned.progress.trials_total) == ("mapping", 1)
    with pytest.raises(augur.NotFound):
        client.sweep("mapping")


def test_wait_gives_up_in_time(client: augur.Client) -> None:
    client.submit(spec("slow"))
    with pytest.raises(TimeoutError, match=r"not over after 0\.2 seconds"):
        client.wait("slow", timeout=0.2)
    client.cancel("slow")
    assert augur.state(client.wait("slow", timeout=60)) == "cancelled"
