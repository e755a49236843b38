"""Ray Tune's side of bench-scale: trials of no work, so many at a time, each in a process of its own.

    ray_trials.py FOLDER TRIALS PROCESSES REPORTS

Actors are used again from trial to trial. What is timed is from the first trial that ended to the last one, so that the start of
Ray and of its processes does not count. Ends with a line of JSON.
"""

import json
import logging
import os
import sys
import time

os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "0")

import ray
from ray import tune


class Times(tune.Callback):
    """When each trial ended."""

    def __init__(self):
        self.at = []

    def on_trial_complete(self, iteration, trials, trial, **info):
        self.at.append(time.perf_counter())


def main(folder, trials, processes, reports):
    trials, processes, reports = int(trials), int(processes), int(reports)

    def trial(config):
        for step in range(reports):
            tune.report({"loss": config["start"] / (step + 1)})

    ray.init(num_cpus=processes, include_dashboard=False, logging_level=logging.ERROR, log_to_driver=False)
    times = Times()
    tuner = tune.Tuner(
        tune.with_resources(trial, {"cpu": 1}),
        param_space={"start": tune.uniform(0.0, 180.0)},
        tune_config=tune.TuneConfig(num_samples=trials, max_concurrent_trials=processes, reuse_actors=True),
        run_config=tune.RunConfig(storage_path=folder, name="scale", callbacks=[times], verbose=0),
    )
    results = tuner.fit()
    assert len(times.at) == trials and not results.errors, "a trial failed"
    print(json.dumps({"trials": trials - 1, "seconds": times.at[-1] - times.at[0]}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
