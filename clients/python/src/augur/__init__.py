"""The client of a coordinator of augur.

>>> import augur
>>> client = augur.connect("http://127.0.0.1:7461")
>>> client.leaderboard("demo")

Messages of the API are in `augur.v1`; docs/api.md says what they mean.
"""

from augur.channel import connect
from augur.client import Client
from augur.errors import (
    Damaged,
    Error,
    InvalidRequest,
    NameTaken,
    NotAllowed,
    NotFound,
    OtherApi,
    Refused,
    RevisionUnknown,
    SlowReader,
    StaleLease,
    TooMuch,
    Unavailable,
    Unreachable,
    Violation,
)
from augur.names import state
from augur.v1 import API_VERSION

__all__ = [
    "API_VERSION",
    "Client",
    "Damaged",
    "Error",
    "InvalidRequest",
    "NameTaken",
    "NotAllowed",
    "NotFound",
    "OtherApi",
    "Refused",
    "RevisionUnknown",
    "SlowReader",
    "StaleLease",
    "TooMuch",
    "Unavailable",
    "Unreachable",
    "Violation",
    "connect",
    "state",
]
