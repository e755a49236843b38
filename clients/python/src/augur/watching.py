"""Following a sweep: one iterator of events, taken up again where it broke."""

from __future__ import annotations

import time
from collections.abc import Generator

import grpc

from augur.errors import Error, RevisionUnknown, Unavailable, from_rpc
from augur.names import is_final
from augur.v1 import sweep_service_pb2 as s
from augur.v1.sweep_service_pb2_grpc import SweepServiceStub

# Seconds that a coordinator may be away before a watcher gives up, and between two tries.
PATIENCE = 60.0
_PAUSE = 0.5


def watch(
    stub: SweepServiceStub, url: str, name: str, revision: int, timeout: float | None = None
) -> Generator[s.WatchSweepResponse, None, None]:
    """The events of a sweep after `revision` until it is over; TimeoutError after `timeout` seconds."""
    lost: float | None = None
    end = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError(f"{name} is not over after {timeout} seconds; it goes on")
        stream = stub.WatchSweep(s.WatchSweepRequest(name=name, resume_revision=revision), timeout=left)
        error: Error = Unavailable(f"the coordinator at {url} keeps hanging up")
        try:
            for event in stream:
                revision, lost = event.revision, None
                yield event
                if _ends(event):
                    return
        except grpc.RpcError as fault:
            error = from_rpc(fault, url)
            if isinstance(error, RevisionUnknown):
                revision = 0
            elif not error.transient:
                raise error from None
        finally:
            # Also where the reader has gone away in the middle.
            stream.cancel()
        lost = lost or time.monotonic()
        if time.monotonic() - lost > PATIENCE:
            raise error
        time.sleep(_PAUSE if end is None else max(0.0, min(_PAUSE, end - time.monotonic())))


def _ends(event: s.WatchSweepResponse) -> bool:
    match event.WhichOneof("event"):
        case "snapshot":
            return is_final(event.snapshot.sweep)
        case "sweep":
            return is_final(event.sweep)
        case _:
            return False
