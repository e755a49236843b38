"""From an address to a client: how the channel behaves, and whether the other side speaks the same API."""

from __future__ import annotations

import json
import os

from augur import access
from augur.access import File
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


def connect(
    url: str | None = None,
    *,
    timeout: float = 60.0,
    token_file: File | None = None,
    ca: File | None = None,
    cert: File | None = None,
    key: File | None = None,
) -> Client:
    """A client of the coordinator at `url`, such as http://127.0.0.1:7461 or https://HOST:PORT; else at AUGUR_COORDINATOR.

    `timeout` is how long any call but a watch may take, in seconds. The connection comes back by itself.

    `token_file` holds the token that the coordinator knows this caller by, and is read again with each call; `ca` is the
    certificate of the authority that signed the coordinator's, `cert` and `key` are this caller's own (all PEM). Else
    AUGUR_TOKEN_FILE (or AUGUR_TOKEN, a token itself), AUGUR_CA, AUGUR_CERT and AUGUR_KEY say so, as for the command.

    Raises `Unreachable` where nobody answers, `OtherApi` where the API is another one, `NotAllowed` where the token is
    missing or not enough, ValueError for a bad address, OSError for a file that can't be read.
    """
    url = url or os.environ.get("AUGUR_COORDINATOR", "")
    if not url:
        raise ValueError("which coordinator? Give its address, such as http://127.0.0.1:7461, or set AUGUR_COORDINATOR")
    channel = access.channel(url, _OPTIONS, token_file, ca, cert, key)
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
