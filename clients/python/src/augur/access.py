"""How a coordinator is reached: its address, TLS, a token; the same files and variables as of the command."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import grpc

File = str | os.PathLike[str]


class _Call(NamedTuple):
    method: str
    timeout: float | None
    metadata: Sequence[tuple[str, str | bytes]] | None
    credentials: grpc.CallCredentials | None
    wait_for_ready: bool | None
    compression: grpc.Compression | None


class _Bearer(grpc.UnaryUnaryClientInterceptor, grpc.UnaryStreamClientInterceptor):
    """Sends the token with each call, as its file says then: one that is replaced there takes effect at once."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token

    def intercept_unary_unary(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_token(client_call_details), request)

    def intercept_unary_stream(self, continuation: Any, client_call_details: Any, request: Any) -> Any:
        return continuation(self._with_token(client_call_details), request)

    def _with_token(self, details: Any) -> _Call:
        metadata = [*(details.metadata or ()), ("authorization", f"Bearer {self._token()}")]
        return _Call(
            details.method,
            details.timeout,
            metadata,
            details.credentials,
            getattr(details, "wait_for_ready", None),
            getattr(details, "compression", None),
        )


def channel(
    url: str,
    options: Sequence[tuple[str, Any]],
    token_file: File | None,
    ca: File | None,
    cert: File | None,
    key: File | None,
) -> grpc.Channel:
    """A channel to `url`. What is None is read from AUGUR_TOKEN_FILE or AUGUR_TOKEN, AUGUR_CA, AUGUR_CERT, AUGUR_KEY.

    Raises ValueError for a bad address, and where a token would cross a network in the clear; OSError for a bad file.
    """
    is_secure, target = _target(url)
    token = _token(token_file or os.environ.get("AUGUR_TOKEN_FILE"))
    if is_secure:
        credentials = grpc.ssl_channel_credentials(
            _read(ca or os.environ.get("AUGUR_CA")),
            _read(key or os.environ.get("AUGUR_KEY")),
            _read(cert or os.environ.get("AUGUR_CERT")),
        )
        opened = grpc.secure_channel(target, credentials, options=options)
    elif token and not _is_local(target):
        raise ValueError(f"a token would cross the network in the clear on the way to {url}; use https://")
    else:
        opened = grpc.insecure_channel(target, options=options)
    return grpc.intercept_channel(opened, _Bearer(token)) if token else opened


def _target(url: str) -> tuple[bool, str]:
    """Whether TLS is spoken there, and HOST:PORT."""
    scheme, separator, rest = url.rpartition("://")
    target = rest.rstrip("/")
    is_known = not separator or scheme in ("http", "https")
    if not is_known or "/" in target or not target.rpartition(":")[2].isdigit():
        raise ValueError(
            f"`{url}` is no address of a coordinator; write it like http://127.0.0.1:7461 or https://HOST:PORT"
        )
    return scheme == "https", target


def _is_local(target: str) -> bool:
    host = target.rpartition(":")[0].strip("[]")
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token(file: File | None) -> Callable[[], str] | None:
    if file is None:
        text = os.environ.get("AUGUR_TOKEN", "").strip()
        return (lambda: text) if text else None
    path = Path(file)
    held = [path.read_text().strip()]
    if not held[0]:
        raise ValueError(f"{path} holds no token; write it as it was printed when it was made")

    def read() -> str:
        try:
            text = path.read_text().strip()
        except OSError:
            # On its way to be replaced.
            text = ""
        held[0] = text or held[0]
        return held[0]

    return read


def _read(file: File | None) -> bytes | None:
    return None if file is None else Path(file).read_bytes()
