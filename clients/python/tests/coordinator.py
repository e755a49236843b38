"""A real coordinator on a free loopback port, as a process that can be killed and started again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[3]


def binary(name: str) -> Path:
    """A program of augur: in the folder AUGUR_BIN, or where `make setup` builds it."""
    path = Path(os.environ.get("AUGUR_BIN", _ROOT / "target" / "release")) / name
    assert path.exists(), f"{path} is missing; run `make setup`, or name the folder of the programs by AUGUR_BIN"
    return path


class Coordinator:
    """Starts with its store in `folder`; `url` is where it answers."""

    def __init__(self, folder: Path, *more: str) -> None:
        self._folder = folder
        self._more = more
        self.url = ""
        self._start("127.0.0.1:0")

    def _start(self, address: str) -> None:
        with (self._folder / "coordinator.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    binary("augur-coordinator"),
                    "--listen",
                    address,
                    "--http",
                    "off",
                    "--store",
                    self._folder / "store.sqlite",
                    "--exit-with-stdin",
                    *self._more,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        said = (self._folder / "coordinator.log").read_text()
        assert line.startswith("listening on "), f"the coordinator did not start: {said}"
        self.url = line.removeprefix("listening on ").strip()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()
        self._process.communicate()

    def restart(self) -> None:
        """SIGKILL, then anew at the same address on the same store."""
        self.kill()
        self._start(self.url.removeprefix("http://"))
