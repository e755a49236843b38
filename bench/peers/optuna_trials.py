"""Optuna's side of bench-scale: the gRPC proxy before a database, and clients that run trials of no work through it.

    optuna_trials.py server URL PORT        the proxy; URL as SQLAlchemy takes it
    optuna_trials.py client PORT REPORTS JOBS SECONDS

Client: prints "ready" once it is connected, begins with a line on standard input, and ends with a line of JSON.
"""

import json
import resource
import sys
import time

import optuna
from optuna.storages import GrpcStorageProxy, RDBStorage, run_grpc_proxy_server

STUDY = "scale"


def server(url, port):
    storage = RDBStorage(url)
    optuna.create_study(study_name=STUDY, storage=storage, load_if_exists=True)
    run_grpc_proxy_server(storage, host="127.0.0.1", port=int(port))


def client(port, reports, jobs, seconds):
    storage = GrpcStorageProxy(host="127.0.0.1", port=int(port))
    storage.wait_server_ready(timeout=60)
    # Neither a sampler nor a pruner that reads other trials: nothing is timed but the storage.
    study = optuna.load_study(
        study_name=STUDY,
        storage=storage,
        sampler=optuna.samplers.RandomSampler(),
        pruner=optuna.pruners.NopPruner(),
    )
    print("ready", flush=True)
    sys.stdin.readline()
    done = []

    def objective(trial):
        start = trial.suggest_float("start", 0.0, 180.0)
        for step in range(int(reports)):
            trial.report(start / (step + 1), step)
        return start

    def note(study, trial):
        done.append(trial.number)

    begin = time.perf_counter()
    study.optimize(objective, timeout=float(seconds), n_jobs=int(jobs), callbacks=[note])
    took = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"trials": len(done), "seconds": took, "cpu": used.ru_utime + used.ru_stime}), flush=True)


if __name__ == "__main__":
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    {"server": server, "client": client}[sys.argv[1]](*sys.argv[2:])
