"""What set-up leaves behind: the operators' command, and packages that are compiled."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "set_up.py"


@pytest.fixture
def set_up() -> ModuleType:
    spec = importlib.util.spec_from_file_location("set_up", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_command_works_from_any_folder(set_up: ModuleType, tmp_path: Path) -> None:
    command = tmp_path / "rookery"
    # What a folder happens to hold is not taken for the command's own.
    (tmp_path / "operate.py").write_text("raise SystemExit('the wrong one')")
    set_up.write_command(command)

    done = subprocess.run(
        [str(command), "--help"], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "usage: rookery" in done.stdout
    assert "roll-back" in done.stdout


def test_a_command_of_another_folder_is_replaced(set_up: ModuleType, tmp_path: Path) -> None:
    command = tmp_path / "rookery"
    command.write_text("#!/bin/sh\nexec /moved/away/python\n")

    set_up.write_command(command)
    written = command.stat().st_mtime_ns
    set_up.write_command(command)

    assert "/moved/away" not in command.read_text()
    assert command.stat().st_mtime_ns == written


def test_packages_are_compiled_once_whatever_files_do_not_compile(
    set_up: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(set_up, "VENV", tmp_path)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    packages = tmp_path / "lib" / "python3" / "site-packages"
    packages.mkdir(parents=True)
    (packages / "good.py").write_text("value = 1\n")
    (packages / "of_another_python.py").write_text("print 1\n")

    set_up.compile_packages()
    assert [file.name.split(".")[0] for file in packages.glob("__pycache__/*.pyc")] == ["good"]

    (packages / "later.py").write_text("value = 2\n")
    set_up.compile_packages()
    assert len(list(packages.glob("__pycache__/*.pyc"))) == 1
