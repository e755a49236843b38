"""A worker without libtorch: it speaks the real API, by the generated stubs, and invents outcomes.

What it invents is a function of the trial, so that a test knows the leaderboard: `loss` and `auroc`.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from types import TracebackType

import grpc
from google.protobuf.duration_pb2 import Duration

from augur.v1 import API_VERSION
from augur.v1 import resources_pb2 as r
from augur.v1 import worker_service_pb2 as w
from augur.v1.worker_service_pb2_grpc import WorkerServiceStub

EPOCHS = 3
#: The true angle of all planted rotations; the nearer a start, the lower its loss.
TRUTH_DEG = 100.0
#: Trials that start here fail.
BROKEN_DEG = 13.0


def loss(angle_deg: float) -> float:
    """The selecting loss of a trial that began at an angle."""
    return abs(angle_deg - TRUTH_DEG) / 360.0


def auroc(start_deg: float) -> float:
    """How well its scores agree with the labels."""
    return 1.0 - loss(start_deg)


class LightWorker:
    """Works in a thread of its own while the `with` lasts.

    `after_epoch` is called with each epoch that it has reported.
    """

    def __init__(self, url: str, after_epoch: Callable[[int], None] = lambda _: None) -> None:
        self._after_epoch = after_epoch
        self.id = str(_uuid7())
        self._channel = grpc.insecure_channel(url.removeprefix("http://"))
        self._api = WorkerServiceStub(self._channel)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=does, daemon=True) for does in (self._work, self._beat)]
        self._interval = 1.0
        self._held: list[str] = []
        self._starts: dict[str, float] = {}

    def __enter__(self) -> LightWorker:
        registered = self._api.RegisterWorker(
            w.RegisterWorkerRequest(worker_id=self.id, host="light", slots=2, api_version=API_VERSION), timeout=10
        )
        self._interval = registered.heartbeat_interval.ToTimedelta().total_seconds()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._api.LeaveWorker(w.LeaveWorkerRequest(worker_id=self.id), timeout=10)
        self._channel.close()

    def _work(self) -> None:
        while not self._stop.is_set():
            request = w.AcquireLeasesRequest(worker_id=self.id, max_leases=2, wait_timeout=Duration(nanos=200_000_000))
            leases = self._api.AcquireLeases(request, timeout=10, wait_for_ready=True).leases
            self._held = [lease.token for lease in leases]
            for lease in leases:
                try:
                    self._do(lease)
                except grpc.RpcError as fault:
                    # A stale lease: the trial is dropped.
                    if not isinstance(fault, grpc.Call) or fault.code() is not grpc.StatusCode.ABORTED:
                        raise

    def _beat(self) -> None:
        """Keeps the leases alive."""
        while not self._stop.wait(self._interval):
            request = w.RenewLeasesRequest(worker_id=self.id, tokens=self._held)
            self._api.RenewLeases(request, timeout=10, wait_for_ready=True)

    def _do(self, lease: w.Lease) -> None:
        if lease.WhichOneof("work") == "trial":
            self._run(lease.token, lease.trial)
        else:
            self._evaluate(lease.token, lease.evaluation)

    def _run(self, token: str, work: w.TrialWork) -> None:
        start = _start_deg(work.trial_spec_json)
        self._starts[work.trial.rsplit("/", 1)[-1]] = start
        if start == BROKEN_DEG:
            cause = r.Cause(kind=r.CAUSE_KIND_BAD_DATA, detail="this angle is unlucky")
            self._api.FailLease(w.FailLeaseRequest(worker_id=self.id, token=token, cause=cause), timeout=10)
            return
        for epoch in range(1, EPOCHS + 1):
            report = w.LeaseMeasurements(token=token, measurements=[_measurement(start, epoch)])
            self._api.ReportMeasurements(w.ReportMeasurementsRequest(worker_id=self.id, reports=[report]), timeout=10)
            self._after_epoch(epoch)
        request = w.CompleteTrialRequest(worker_id=self.id, token=token, outcome=_outcome(start))
        self._api.CompleteTrial(request, timeout=10)

    def _evaluate(self, token: str, work: w.EvaluationWork) -> None:
        def agreement(trial: str) -> w.TrialAgreement:
            value = auroc(self._starts[trial])
            interval = r.Interval(low=value - 0.1, high=value)
            return w.TrialAgreement(trial=trial, auroc=value, average_precision=value / 2, auroc_interval=interval)

        request = w.CompleteEvaluationRequest(
            worker_id=self.id, token=token, trials=[agreement(scored.trial) for scored in work.trials]
        )
        self._api.CompleteEvaluation(request, timeout=10)


def _start_deg(trial_spec_json: str) -> float:
    start: float = _find(json.loads(trial_spec_json), "angle_deg")
    return start


def _find(node: object, key: str) -> float:
    """The first number under a key, wherever the trial's JSON has it."""
    if isinstance(node, dict):
        if isinstance(node.get(key), (int, float)):
            return float(node[key])
        node = list(node.values())
    found = [_find(item, key) for item in node] if isinstance(node, list) else []
    return next((value for value in found if value == value), float("nan"))


def _measurement(start: float, epoch: int) -> r.Measurement:
    """Half the way that is left to the truth with each epoch; the first is warm-up."""
    angle = TRUTH_DEG + (start - TRUTH_DEG) / 2 ** (epoch - 1)
    return r.Measurement(
        epoch=epoch,
        training_loss=1 / epoch,
        validation_loss=1 + loss(angle),
        hyperparameters={"angle_deg": angle},
        hypergradient_norm=None if epoch == 1 else 0.5 / epoch,
        seconds=float(epoch),
    )


def _outcome(start: float) -> r.Outcome:
    return r.Outcome(
        tuned={"angle_deg": _measurement(start, EPOCHS).hyperparameters["angle_deg"]},
        validation=r.Validation(
            mixture_energy=0.1, mean_distance=loss(start), explained=0.5, anomaly_share=0.3, score_variance=1.0
        ),
        diagnostics=r.Diagnostics(training_loss=0.1, embedding_scale=1.0, augmentation_distance=0.5),
        scores=[0.0, 1.0],
        seconds=2.0,
    )


def _uuid7() -> uuid.UUID:
    """The kind that workers have to be: a random one with another version."""
    return uuid.UUID(int=uuid.uuid4().int & ~(0xF << 76) | 7 << 76)
