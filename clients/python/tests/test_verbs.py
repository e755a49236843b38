"""The verbs, and how often each has an effect."""

from __future__ import annotations

import pytest
from conftest import spec
from light_worker import BROKEN_DEG, LightWorker

import augur
from augur.v1 import sweep_service_pb2 as s


def test_pause_resume_priority_cancel(client: augur.Client) -> None:
    sweep = client.submit(spec("verbs"))
    paused = client.pause(sweep)
    assert (augur.state(paused), bool(paused.pause_reason)) == ("paused", True)
    assert augur.state(client.resume("verbs")) == "running"
    assert client.set_priority(sweep.name, 7).priority == 7
    assert augur.state(client.cancel(sweep)) == "cancelled"
    with pytest.raises(augur.Refused) as refused:
        client.resume(sweep)
    assert refused.value.reason == "SWEEP_CANCELLED"


def test_retry_tries_failed_trials_again(client: augur.Client, url: str) -> None:
    client.submit(spec("unlucky", starts=(BROKEN_DEG,), seeds=(0,)))
    with LightWorker(url):
        assert augur.state(client.wait("unlucky", timeout=60)) == "failed"
    failed = client.trials("unlucky").iloc[0]
    assert (failed.state, failed.cause, failed.detail) == ("failed", "bad_data", "this angle is unlucky")
    assert augur.state(client.retry("unlucky")) == "running"
    assert client.trials("unlucky").state[0] == "pending"
    client.cancel("unlucky")


def test_extend_adds_seeds(client: augur.Client, finished: str) -> None:
    extended = client.extend(finished, seeds=[2], name="longer")
    assert (extended.display_name, extended.progress.trials_total) == ("longer", 9)
    client.cancel(extended)
    by_spec = client.extend(finished, spec=spec("wider", starts=(70, 90, 300, 10)))
    assert by_spec.progress.trials_total == 8
    client.cancel(by_spec)


def test_drain_sends_a_worker_away(client: augur.Client, url: str) -> None:
    with LightWorker(url) as worker:
        assert augur.state(client.drain(worker.id)) == "draining"


def test_a_request_that_is_sent_twice_has_one_effect(client: augur.Client) -> None:
    sweep = client.submit(spec("twice"))
    pause = s.PauseSweepRequest(name=sweep.name, request_id="the same")
    client.stub.PauseSweep(pause)
    client.resume(sweep)
    # The answer is where the sweep stands now; nothing is paused again.
    assert augur.state(client.stub.PauseSweep(pause)) == "running"
    client.cancel(sweep)
