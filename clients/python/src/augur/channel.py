"""From an address to a client: how the channel behaves, and whether the other side speaks the same API."""

from __future__ import annotations

import json
import os

import grpc

from augur.client import Client
from augur.errors import OtherApi
from augur.v1 import API_VERSION

# A leaderboard of many trials is larger than gRPC's usual 4 MB.
_LARGEST_MESSAGE = 1 << 30

# Every call may be sent twice: reads change nothing, and what changes something has a request identifier.
_SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "augur.v1.SweepService"}],
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ]
}

_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    # A coordinator that was restarted is found again within a second.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 10_000),
]


def connect(url: str | None = None, *, timeout: float = 60.0) -> Client:
    """A client of the coordinator at `url`, such as http://127.0.0.1:7461; else at AUGUR_COORDINATOR.

    `timeout` is how long any call but a watch may take, in seconds. The connection comes back by itself.

    Raises `Unreachable` where nobody answers, `OtherApi` where the API is another one, ValueError for a bad address.
    """
    url = url or os.environ.get("AUGUR_COORDINATOR", "")
    if not url:
        raise ValueError("which coordinator? Give its address, such as http://127.0.0.1:7461, or set AUGUR_COORDINATOR")
    channel = grpc.insecure_channel(_target(url), options=_OPTIONS)
    client = Client(channel, url, timeout)
    try:
        version = client.coordinator().api_version
    except BaseException:
        channel.close()
        raise
    if version != API_VERSION:
        channel.close()
        raise OtherApi(
            f"the server at {url} speaks {version}, this client {API_VERSION}; install the client of its version"
        )
    return client


def _target(url: str) -> str:
    """HOST:PORT of an address."""
    scheme, separator, rest = url.rpartition("://")
    target = rest.rstrip("/")
    if separator and scheme != "http":
        raise ValueError(f"`{url}` is no address of a coordinator; it serves http:// (through `ssh -L`, if need be)")
    if "/" in target or not target.rpartition(":")[2].isdigit():
        raise ValueError(f"`{url}` is no address of a coordinator; write it like http://127.0.0.1:7461")
    return target
