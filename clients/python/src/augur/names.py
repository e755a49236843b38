"""Resource names, and states in a word."""

from __future__ import annotations

import uuid

from google.protobuf.message import Message

from augur.v1 import resources_pb2 as r

_FINAL = {r.SWEEP_STATE_SUCCEEDED, r.SWEEP_STATE_FAILED, r.SWEEP_STATE_CANCELLED}


def sweep_name(given: str | r.Sweep) -> str:
    """`sweeps/{sweep}` of a sweep that is named by its name, its identifier, its resource name or itself."""
    return _resource("sweeps", given.name if isinstance(given, r.Sweep) else given)


def worker_name(given: str | r.Worker) -> str:
    """`workers/{worker}` of a worker that is named by its identifier, its host, its resource name or itself."""
    return _resource("workers", given.name if isinstance(given, r.Worker) else given)


def trial_name(given: str | r.Trial) -> str:
    """`sweeps/{sweep}/trials/{trial}` of a trial."""
    return given.name if isinstance(given, r.Trial) else given


def _resource(kind: str, name: str) -> str:
    return name if name.startswith(f"{kind}/") else f"{kind}/{name}"


def last(name: str) -> str:
    """The last part of a resource name: `{trial}` of a trial's."""
    return name.rsplit("/", 1)[-1]


def request_id() -> str:
    """A new one: a request that is sent twice under one has one effect."""
    return str(uuid.uuid4())


def is_final(sweep: r.Sweep) -> bool:
    """Whether a sweep is over."""
    return sweep.state in _FINAL


def state(thing: r.Sweep | r.Group | r.Trial | r.Worker) -> str:
    """The state of a sweep, group, trial or worker in a word: running, succeeded, ..."""
    return word(thing, "state")


def word(message: Message, field: str) -> str:
    """The value of an enum field, such as `pending` for TRIAL_STATE_PENDING; a number where it has no name."""
    value: int = getattr(message, field)
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    if enum is None or value not in enum.values_by_number:
        return str(value)
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    return enum.values_by_number[value].name.removeprefix(prefix).lower()
