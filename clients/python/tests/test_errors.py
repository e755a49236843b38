"""What a coordinator refuses comes as an error of ours: class, reason, violations, and what to do."""

from __future__ import annotations

import socket

import grpc
import pytest
from conftest import spec

import augur
from augur.errors import from_rpc
from augur.v1 import sweep_service_pb2 as s


def test_a_spec_that_cannot_be_used_names_the_key(client: augur.Client) -> None:
    with pytest.raises(augur.InvalidRequest) as refused:
        client.submit(spec("bad").replace("seeds:", "seed:"))
    error = refused.value
    assert (error.reason, error.domain, error.code) == ("SPEC_INVALID", "augur", grpc.StatusCode.INVALID_ARGUMENT)
    assert len(error.violations) == 1
    assert "line" in error.violations[0].description
    assert "seeds" in error.violations[0].description


def test_a_name_that_is_taken(client: augur.Client, finished: str) -> None:
    with pytest.raises(augur.NameTaken, match="choose another `name`") as refused:
        client.submit(spec("finished", seeds=(5,)))
    assert refused.value.reason == "SWEEP_NAME_TAKEN"


def test_what_is_not_there(client: augur.Client) -> None:
    for read in (client.sweep, client.leaderboard, client.trials, client.wait, lambda name: list(client.watch(name))):
        with pytest.raises(augur.NotFound) as refused:
            read("nothing")
        assert refused.value.reason == "NOT_FOUND"


def test_a_field_that_cannot_be_used(client: augur.Client) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        client.stub.ListSweeps(s.ListSweepsRequest(page_size=-1))
    error = from_rpc(refused.value, client.url)
    assert isinstance(error, augur.InvalidRequest)
    assert (error.reason, [v.field for v in error.violations]) == ("FIELD_INVALID", ["page_size"])


def test_a_watch_from_the_future_begins_anew(client: augur.Client, finished: str) -> None:
    events = [event.WhichOneof("event") for event in client.watch(finished, resume_revision=1 << 40)]
    assert events == ["snapshot"]


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(augur.Unreachable, match="start one with `augur-coordinator`") as refused:
            augur.connect(url)
    assert (refused.value.reason, refused.value.domain) == ("", "")


@pytest.mark.parametrize("url", ["ftp://127.0.0.1:1", "127.0.0.1", "http://127.0.0.1:1/path"])
def test_no_address(url: str) -> None:
    with pytest.raises(ValueError, match="no address of a coordinator"):
        augur.connect(url)


def test_the_address_is_found_in_the_environment(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUGUR_COORDINATOR", url)
    with augur.connect() as client:
        assert client.coordinator().api_version == augur.API_VERSION
    monkeypatch.delenv("AUGUR_COORDINATOR")
    with pytest.raises(ValueError, match="AUGUR_COORDINATOR"):
        augur.connect()
