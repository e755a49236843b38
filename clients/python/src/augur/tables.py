"""Messages as pandas DataFrames: one row a thing, one column a variable, NaN where there is no value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from augur.names import last, state, word
from augur.v1 import resources_pb2 as r
from augur.v1 import sweep_service_pb2 as s

_Row = dict[str, Any]

_NAN = float("nan")
_MEASURES = ("auroc", "average_precision", "f1_max")
_VALIDATION = tuple(field.name for field in r.Validation.DESCRIPTOR.fields)


def leaderboard(board: r.Leaderboard) -> pd.DataFrame:
    """One row for each ranked candidate, best first within its (task, seed, variant).

    - task, seed, variant (`st-ssad` for the method itself), rank (from 1), selected, trial, family
    - criterion (its name), val_loss (its value, the lowest wins), then every other unsupervised loss
    - auroc, average_precision, f1_max over the validation images, `test_...` over test images, each with the ends of
      its 95 percent interval, `_low` and `_high`; NaN without labels
    - seconds, reused_from, `initial.NAME` and `tuned.NAME` of every hyperparameter
    """
    rows = [_candidate(board, task, rank, c) for task in board.tasks for rank, c in enumerate(task.candidates, 1)]
    return _frame(rows, _candidate(board, r.TaskResult(), 0, r.Candidate()))


def _candidate(board: r.Leaderboard, task: r.TaskResult, rank: int, candidate: r.Candidate) -> _Row:
    return {
        "task": task.task,
        "seed": task.seed,
        "variant": task.variant,
        "rank": rank,
        "selected": task.HasField("selected") and task.selected.trial == candidate.trial,
        "trial": candidate.trial,
        "family": candidate.family,
        "criterion": board.criterion,
        "val_loss": _optional(candidate, "val_loss"),
        **_validation(candidate),
        **_measures(candidate, ""),
        **_measures(
            candidate.test if candidate.HasField("test") else r.Measures(), "test_", candidate.HasField("test")
        ),
        "seconds": candidate.seconds,
        "reused_from": candidate.reused_from,
        **_prefixed("initial", candidate.initial),
        **_prefixed("tuned", candidate.tuned),
    }


def excluded(board: r.Leaderboard) -> pd.DataFrame:
    """One row for each trial that was kept out of its choice: task, seed, variant, trial, reason."""
    rows = [_excluded(task, out) for task in board.tasks for out in task.excluded]
    return _frame(rows, _excluded(r.TaskResult(), r.Excluded()))


def _excluded(task: r.TaskResult, out: r.Excluded) -> _Row:
    return {
        "task": task.task,
        "seed": task.seed,
        "variant": task.variant,
        "trial": out.trial,
        "reason": out.reason,
    }


def trials(messages: Iterable[r.Trial]) -> pd.DataFrame:
    """One row for each trial.

    - name (`sweeps/{sweep}/trials/{trial}`), trial, index, group, task, seed, variant, family
    - state (pending, running, completed, failed, cancelled, stopped), attempts, worker, cause and detail of the last
      failure, stopped_epoch, reused_from, update_time (UTC)
    - once it is completed: every unsupervised loss, training_loss, embedding_scale, augmentation_distance, seconds
    - `initial.NAME` and `tuned.NAME` of every hyperparameter
    """
    return _frame([_trial(message) for message in messages], _trial(r.Trial()))


def _trial(trial: r.Trial) -> _Row:
    outcome = trial.outcome
    failed = trial.HasField("cause")
    diagnosed = outcome.HasField("diagnostics")
    updated = trial.update_time.ToDatetime() if trial.HasField("update_time") else None
    return {
        "name": trial.name,
        "trial": last(trial.name),
        "index": trial.index,
        "group": trial.group,
        "task": trial.task,
        "seed": trial.seed,
        "variant": trial.variant,
        "family": trial.family,
        "state": state(trial),
        "attempts": trial.attempts,
        "worker": last(trial.worker),
        "cause": word(trial.cause, "kind") if failed else "",
        "detail": trial.cause.detail,
        "stopped_epoch": _optional(trial, "stopped_epoch"),
        "reused_from": trial.reused_from,
        "update_time": pd.Timestamp(updated, tz="UTC") if updated else pd.NaT,
        **_validation(outcome),
        **{
            field.name: getattr(outcome.diagnostics, field.name) if diagnosed else _NAN
            for field in r.Diagnostics.DESCRIPTOR.fields
        },
        "seconds": outcome.seconds if trial.HasField("outcome") else _NAN,
        **_prefixed("initial", trial.initial),
        **_prefixed("tuned", outcome.tuned),
    }


def measurements(messages: Iterable[s.TrialMeasurements]) -> pd.DataFrame:
    """One row for each epoch of each trial.

    trial, attempt, epoch (from 1), training_loss, validation_loss (mean distance), hypergradient_norm, seconds (since
    the trial began), and `hyperparameters.NAME` at the end of the epoch.
    """
    rows = [_measurement(trial, measured) for trial in messages for measured in trial.measurements]
    return _frame(rows, _measurement(s.TrialMeasurements(), r.Measurement()))


def _measurement(trial: s.TrialMeasurements, measured: r.Measurement) -> _Row:
    return {
        "trial": trial.trial,
        "attempt": trial.attempt,
        "epoch": measured.epoch,
        "training_loss": measured.training_loss,
        "validation_loss": _optional(measured, "validation_loss"),
        "hypergradient_norm": _optional(measured, "hypergradient_norm"),
        "seconds": measured.seconds,
        **_prefixed("hyperparameters", measured.hyperparameters),
    }


def _frame(rows: list[_Row], template: _Row) -> pd.DataFrame:
    """The rows under the template's columns, which are there with no row too, then those that only some rows have."""
    more = sorted({column for row in rows for column in row} - set(template))
    return pd.DataFrame(rows, columns=[*template, *more])


def _validation(message: r.Candidate | r.Outcome) -> _Row:
    if not message.HasField("validation"):
        return dict.fromkeys(_VALIDATION, _NAN)
    return {name: _optional(message.validation, name) for name in _VALIDATION}


def _measures(message: r.Candidate | r.Measures, prefix: str, known: bool = True) -> _Row:
    row: _Row = {}
    for measure in _MEASURES:
        interval = f"{measure}_interval"
        has_interval = known and message.HasField(interval)  # type: ignore[arg-type]
        row[f"{prefix}{measure}"] = _optional(message, measure) if known else _NAN
        for end in ("low", "high"):
            row[f"{prefix}{measure}_{end}"] = getattr(getattr(message, interval), end) if has_interval else _NAN
    return row


def _optional(message: Any, field: str) -> Any:
    """A field, NaN where it is optional and absent."""
    described = message.DESCRIPTOR.fields_by_name[field]
    return _NAN if described.has_presence and not message.HasField(field) else getattr(message, field)


def _prefixed(prefix: str, values: Mapping[str, float]) -> _Row:
    return {f"{prefix}.{name}": values[name] for name in sorted(values)}
