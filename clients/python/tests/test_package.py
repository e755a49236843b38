"""The package: its generated code is that of the API, its types hold, and pip installs it from the tree."""

from __future__ import annotations

import os
import subprocess
import sys
from filecmp import dircmp
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def test_the_generated_code_is_that_of_the_api(tmp_path: Path) -> None:
    subprocess.run([_PACKAGE / "generate", tmp_path], check=True, env={**os.environ, "PYTHON": sys.executable})
    compared = dircmp(_PACKAGE / "src" / "augur" / "v1", tmp_path / "augur" / "v1", ignore=["__pycache__"])
    stale = [*compared.left_only, *compared.right_only, *compared.diff_files]
    assert not stale, f"{stale} are not those of proto/augur/v1: run clients/python/generate and commit what it writes"


def test_its_types_hold(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
    checked = subprocess.run(command, cwd=_PACKAGE, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_pip_installs_it_from_the_tree(tmp_path: Path) -> None:
    source = tmp_path / "python"
    # Elsewhere, for the build leaves files beside the sources.
    subprocess.run(["cp", "-r", _PACKAGE, source], check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", tmp_path / "site", source], check=True)
    installed = tmp_path / "site" / "augur"
    assert (installed / "py.typed").exists()
    assert (installed / "v1" / "sweep_service_pb2.pyi").exists()
    imported = "import augur, sys; sys.exit(not augur.__file__.startswith(sys.argv[1]))"
    path = {"PYTHONPATH": str(tmp_path / "site")}
    subprocess.run([sys.executable, "-c", imported, tmp_path / "site"], check=True, cwd=tmp_path, env=path)
