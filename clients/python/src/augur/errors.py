"""What a coordinator answers instead of a result, as exceptions.

One class for each gRPC code that augur uses; `Error.reason` says which of the reasons in docs/api.md it is. Every
message says what is wrong and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass

import grpc
from google.rpc import error_details_pb2, status_pb2

# Where gRPC puts the google.rpc.Status of a failed call.
_DETAILS = "grpc-status-details-bin"


@dataclass(frozen=True)
class Violation:
    """A field of a request, or a key of a spec, that can't be used."""

    #: Such as `page_size`, or `tasks[0].normal` of a spec.
    field: str
    #: What is wrong and what to do; of a spec with line and column.
    description: str


class Error(Exception):
    """A call that was refused or failed."""

    #: Whether the same call may do better in a moment.
    transient = False

    def __init__(
        self,
        message: str,
        *,
        code: grpc.StatusCode = grpc.StatusCode.UNKNOWN,
        reason: str = "",
        domain: str = "",
        violations: tuple[Violation, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        #: In UPPER_SNAKE, such as SWEEP_NAME_TAKEN; empty where no coordinator answered.
        self.reason = reason
        #: "augur" for every error of a coordinator.
        self.domain = domain
        #: Of a request or a spec that can't be used.
        self.violations = violations


class InvalidRequest(Error):
    """A field or a spec can't be used: `violations` tells which, where, and what to do."""


class NotFound(Error):
    """There is no sweep, trial, group or worker of this name."""


class NotAllowed(Error):
    """The coordinator does not know the token, or the token's role does not allow the call."""


class TooMuch(Error):
    """This caller asks for too much at once; wait, then go on."""

    transient = True


class NameTaken(Error):
    """Another spec has this name already."""


class Refused(Error):
    """The verb does not fit where the sweep or the worker stands."""


class StaleLease(Error):
    """The lease has ended or went to another worker: drop the trial and carry on."""


class RevisionUnknown(Error):
    """A watch can't go on from there; begin with revision 0."""


class SlowReader(Error):
    """A watch was not read for too long; go on from the last revision that was read."""

    transient = True


class Unavailable(Error):
    """The coordinator answers that it can't do it now, such as with a full disk; nothing was changed."""

    transient = True


class Damaged(Error):
    """The store is damaged."""


class Unreachable(Error):
    """No coordinator answers."""

    transient = True


class OtherApi(Error):
    """Somebody answers who speaks another API, or another version of it."""


_CLASSES = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidRequest,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.ALREADY_EXISTS: NameTaken,
    grpc.StatusCode.FAILED_PRECONDITION: Refused,
    grpc.StatusCode.UNAUTHENTICATED: NotAllowed,
    grpc.StatusCode.PERMISSION_DENIED: NotAllowed,
    grpc.StatusCode.ABORTED: StaleLease,
    grpc.StatusCode.OUT_OF_RANGE: RevisionUnknown,
    grpc.StatusCode.RESOURCE_EXHAUSTED: SlowReader,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.DATA_LOSS: Damaged,
}

# Of these the code alone does not say enough.
_REASONS = {
    "REQUEST_TOO_LARGE": InvalidRequest,
    "TOO_MANY_CALLS": TooMuch,
    "TOO_MANY_STREAMS": TooMuch,
}

# Without a reason nobody of augur has spoken: the way to the coordinator broke.
_BROKEN_WAY = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}


def from_rpc(fault: grpc.RpcError, url: str) -> Error:
    """The error that a failed call to the coordinator at `url` means."""
    if not isinstance(fault, grpc.Call):
        return Error(str(fault))
    code, message = fault.code(), fault.details() or ""
    info, violations = _details(fault)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return OtherApi(f"the server at {url} does not know this call; use the client of its version", code=code)
    if info is None and code in _BROKEN_WAY:
        return Unreachable(
            f"can't reach a coordinator at {url}: {message}; start one with `augur-coordinator`, or check the address",
            code=code,
        )
    made = _CLASSES.get(code, Error)
    if info is not None:
        made = _REASONS.get(info.reason, made)
    if info is None:
        return made(message, code=code, violations=violations)
    return made(message, code=code, reason=info.reason, domain=info.domain, violations=violations)


def _details(call: grpc.Call) -> tuple[error_details_pb2.ErrorInfo | None, tuple[Violation, ...]]:
    """The ErrorInfo and the field violations of a failed call."""
    info, violations = None, []
    for key, value in call.trailing_metadata() or ():
        if key != _DETAILS or not isinstance(value, bytes):
            continue
        for detail in status_pb2.Status.FromString(value).details:
            if detail.Is(error_details_pb2.ErrorInfo.DESCRIPTOR):
                info = error_details_pb2.ErrorInfo()
                detail.Unpack(info)
            elif detail.Is(error_details_pb2.BadRequest.DESCRIPTOR):
                bad = error_details_pb2.BadRequest()
                detail.Unpack(bad)
                violations += [Violation(v.field, v.description) for v in bad.field_violations]
    return info, tuple(violations)
