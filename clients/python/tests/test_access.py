"""TLS, a token and a certificate, against a coordinator that asks for all three."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import augur
import pytest
from coordinator import Coordinator, binary


def _make(folder: Path, *arguments: str) -> str:
    made = subprocess.run(
        [binary("augur-coordinator"), *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return made.stdout.strip()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Coordinator]:
    _make(tmp_path, "certificates", "--out", "tls", "--host", "localhost")
    token = _make(tmp_path, "token", "add", "alice", "--role", "viewer", "--tokens", "tokens")
    (tmp_path / "token").write_text(f"{token}\n")
    tls = tmp_path / "tls"
    flags = {
        "--tls-cert": tls / "coordinator.pem",
        "--tls-key": tls / "coordinator.key",
        "--tls-client-ca": tls / "ca.pem",
        "--tokens": tmp_path / "tokens",
    }
    coordinator = Coordinator(tmp_path, *(str(part) for flag in flags.items() for part in flag))
    yield coordinator
    coordinator.kill()


def test_who_has_all_three_gets_in_and_a_new_token_works_at_once(strict: Coordinator, tmp_path: Path) -> None:
    assert strict.url.startswith("https://")
    tls = tmp_path / "tls"
    ca, cert, key = tls / "ca.pem", tls / "client.pem", tls / "client.key"
    token = tmp_path / "token"
    with augur.connect(strict.url, token_file=token, ca=ca, cert=cert, key=key) as client:
        assert client.coordinator().api_version == augur.API_VERSION
        assert len(client.sweeps()) == 0
        with pytest.raises(augur.NotAllowed) as refused:
            client.cancel("nothing")
        assert refused.value.reason == "ROLE_LACKING"
        new = _make(tmp_path, "token", "rotate", "alice", "--grace", "0s", "--tokens", "tokens")
        with pytest.raises(augur.NotAllowed) as refused:
            client.sweeps()
        assert refused.value.reason == "TOKEN_EXPIRED"
        token.write_text(new)
        assert len(client.sweeps()) == 0
    with pytest.raises(augur.NotAllowed) as refused:
        augur.connect(strict.url, ca=ca, cert=cert, key=key)
    assert refused.value.reason == "TOKEN_MISSING"


def test_a_token_never_crosses_a_network_in_the_clear(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("augur_x")
    with pytest.raises(ValueError, match="in the clear"):
        augur.connect("http://192.0.2.1:7461", token_file=tmp_path / "token")
