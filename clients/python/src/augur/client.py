"""The client: submit, watch, read, and the verbs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import grpc
import pandas as pd

from augur import tables
from augur.errors import from_rpc
from augur.names import request_id, sweep_name, trial_name, worker_name
from augur.v1 import resources_pb2 as r
from augur.v1 import sweep_service_pb2 as s
from augur.v1.sweep_service_pb2_grpc import SweepServiceStub
from augur.watching import watch

_Request = TypeVar("_Request")
_Answer = TypeVar("_Answer")

_PAGE = 1000

#: A spec: a file, the YAML itself, or the same as a mapping.
Spec = str | os.PathLike[str] | Mapping[str, Any]
#: A sweep by its name, its identifier, its resource name, or itself.
Sweep = str | r.Sweep


class Client:
    """A coordinator. `augur.connect` makes one.

    Every method raises `augur.Error`. Sweeps, trials and workers are messages of `augur.v1`; tables are DataFrames.
    """

    def __init__(self, channel: grpc.Channel, url: str, timeout: float) -> None:
        self.url = url
        #: For calls that this class has no method for.
        self.stub = SweepServiceStub(channel)
        self._channel = channel
        self._timeout = timeout

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the connection."""
        self._channel.close()

    def _call(self, method: grpc.UnaryUnaryMultiCallable[_Request, _Answer], request: _Request) -> _Answer:
        try:
            return method(request, timeout=self._timeout)
        except grpc.RpcError as fault:
            raise from_rpc(fault, self.url) from None

    def coordinator(self) -> s.Coordinator:
        """Who answers: its version and that of its API."""
        return self._call(self.stub.GetCoordinator, s.GetCoordinatorRequest())

    # What there is

    def sweeps(self) -> list[r.Sweep]:
        """Every sweep, newest first, without their specs."""

        def page(token: str) -> tuple[Sequence[r.Sweep], str]:
            answer = self._call(self.stub.ListSweeps, s.ListSweepsRequest(page_size=_PAGE, page_token=token))
            return answer.sweeps, answer.next_page_token

        return list(_pages(page))

    def sweep(self, sweep: Sweep) -> r.Sweep:
        """A sweep as it is now, with its spec."""
        return self._call(self.stub.GetSweep, s.GetSweepRequest(name=sweep_name(sweep)))

    def groups(self, sweep: Sweep) -> list[r.Group]:
        """The groups (task, seed, variant) of a sweep in the plan's order."""
        parent = sweep_name(sweep)

        def page(token: str) -> tuple[Sequence[r.Group], str]:
            request = s.ListGroupsRequest(parent=parent, page_size=_PAGE, page_token=token)
            answer = self._call(self.stub.ListGroups, request)
            return answer.groups, answer.next_page_token

        return list(_pages(page))

    def trial(self, trial: str) -> r.Trial:
        """A trial by its resource name, with its scores."""
        return self._call(self.stub.GetTrial, s.GetTrialRequest(name=trial))

    def workers(self) -> list[r.Worker]:
        """Every worker, also those that are gone."""

        def page(token: str) -> tuple[Sequence[r.Worker], str]:
            answer = self._call(self.stub.ListWorkers, s.ListWorkersRequest(page_size=_PAGE, page_token=token))
            return answer.workers, answer.next_page_token

        return list(_pages(page))

    # Tables

    def leaderboard(self, sweep: Sweep) -> pd.DataFrame:
        """One row for each ranked candidate of what is done; `tables.leaderboard` has the columns."""
        return tables.leaderboard(self.leaderboard_message(sweep))

    def excluded(self, sweep: Sweep) -> pd.DataFrame:
        """One row for each trial that was kept out of its choice, with the reason."""
        return tables.excluded(self.leaderboard_message(sweep))

    def leaderboard_message(self, sweep: Sweep) -> r.Leaderboard:
        """The leaderboard as the API has it, with seals and what early stopping did."""
        return self._call(self.stub.GetLeaderboard, s.GetLeaderboardRequest(name=sweep_name(sweep)))

    def trials(self, sweep: Sweep, group: int | None = None) -> pd.DataFrame:
        """One row for each trial in the plan's order, of one group if one is given; `tables.trials` has the columns."""
        return tables.trials(self.trial_messages(sweep, group))

    def trial_messages(self, sweep: Sweep, group: int | None = None) -> Iterator[r.Trial]:
        """The trials as the API has them, page by page, without their scores."""
        parent = sweep_name(sweep)

        def page(token: str) -> tuple[Sequence[r.Trial], str]:
            request = s.ListTrialsRequest(parent=parent, page_size=_PAGE, page_token=token, group=group)
            answer = self._call(self.stub.ListTrials, request)
            return answer.trials, answer.next_page_token

        return _pages(page)

    def measurements(self, trial: str | r.Trial) -> pd.DataFrame:
        """One row for each epoch of a trial's newest attempt; `tables.measurements` has the columns."""
        return tables.measurements(self.measurement_messages(trial_name(trial)))

    def group_measurements(self, sweep: Sweep, group: int) -> pd.DataFrame:
        """The same for every trial of a group."""
        return tables.measurements(self.measurement_messages(f"{sweep_name(sweep)}/trials/-", group))

    def measurement_messages(self, parent: str, group: int | None = None) -> Sequence[s.TrialMeasurements]:
        """The measurements as the API has them, of a trial, or of `sweeps/{sweep}/trials/-` and a group."""
        request = s.ListMeasurementsRequest(parent=parent, group=group)
        return self._call(self.stub.ListMeasurements, request).trials

    # Following

    def watch(self, sweep: Sweep, resume_revision: int = 0) -> Iterator[s.WatchSweepResponse]:
        """The events of a sweep until it is over: a snapshot, then what changes, and the counts about once a second.

        The iterator comes back by itself after a restart of the coordinator and loses nothing. To go on later, pass the
        `revision` of the last event that was seen.
        """
        return watch(self.stub, self.url, sweep_name(sweep), resume_revision)

    def wait(self, sweep: Sweep, timeout: float | None = None) -> r.Sweep:
        """Waits until a sweep is over, and gives it as it is then. A paused one is not over.

        Raises TimeoutError after `timeout` seconds.
        """
        for _ in watch(self.stub, self.url, sweep_name(sweep), 0, timeout):
            pass
        return self.sweep(sweep)

    # Verbs

    def submit(self, spec: Spec, *, validate_only: bool = False, reuse: bool = True) -> r.Sweep:
        """Gives a sweep to the coordinator and returns at once.

        `spec` is a file, or YAML (a string of several lines), or a mapping. The same spec again is the same sweep.
        With `validate_only` it only says what would be; without `reuse` every trial is computed.
        """
        request = s.CreateSweepRequest(
            spec_yaml=_yaml(spec), request_id=request_id(), validate_only=validate_only, no_reuse=not reuse
        )
        return self._call(self.stub.CreateSweep, request)

    def pause(self, sweep: Sweep, *, now: bool = False) -> r.Sweep:
        """Begins no further trial of a sweep; with `now` those that run are given back."""
        request = s.PauseSweepRequest(name=sweep_name(sweep), request_id=request_id(), now=now)
        return self._call(self.stub.PauseSweep, request)

    def resume(self, sweep: Sweep) -> r.Sweep:
        """Goes on with a paused sweep."""
        return self._call(self.stub.ResumeSweep, s.ResumeSweepRequest(name=sweep_name(sweep), request_id=request_id()))

    def cancel(self, sweep: Sweep) -> r.Sweep:
        """Cancels what is waiting or running of a sweep."""
        return self._call(self.stub.CancelSweep, s.CancelSweepRequest(name=sweep_name(sweep), request_id=request_id()))

    def retry(self, sweep: Sweep) -> r.Sweep:
        """Tries failed trials again, where no choice stands that left them out."""
        return self._call(self.stub.RetryTrials, s.RetryTrialsRequest(name=sweep_name(sweep), request_id=request_id()))

    def set_priority(self, sweep: Sweep, priority: int) -> r.Sweep:
        """Sweeps of a higher priority come first; 0 unless set."""
        request = s.SetPriorityRequest(name=sweep_name(sweep), request_id=request_id(), priority=priority)
        return self._call(self.stub.SetPriority, request)

    def extend(self, sweep: Sweep, *, seeds: Sequence[int] = (), name: str = "", spec: Spec | None = None) -> r.Sweep:
        """Submits a sweep that has all trials of another one and more: by `seeds` (under `name`), or by `spec`."""
        request = s.ExtendSweepRequest(
            name=sweep_name(sweep),
            request_id=request_id(),
            spec_yaml="" if spec is None else _yaml(spec),
            seeds=seeds,
            display_name=name,
        )
        return self._call(self.stub.ExtendSweep, request)

    def drain(self, worker: str | r.Worker, *, now: bool = False) -> r.Worker:
        """Sends a worker away: it finishes what it runs, or with `now` gives it back."""
        return self._call(self.stub.DrainWorker, s.DrainWorkerRequest(name=worker_name(worker), now=now))


def _pages(page: Callable[[str], tuple[Sequence[_Answer], str]]) -> Iterator[_Answer]:
    """Walks through all pages of a list; `page` reads the one of a token."""
    token = ""
    while True:
        items, token = page(token)
        yield from items
        if not token:
            return


def _yaml(spec: Spec) -> str:
    match spec:
        case Mapping():
            # JSON is YAML.
            return json.dumps(spec)
        case str() if "\n" in spec or spec.lstrip().startswith("{"):
            return spec
        case _:
            return Path(spec).read_text(encoding="utf-8")
