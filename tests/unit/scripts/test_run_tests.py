"""Flows and other tests run side by side, and a failure of either fails both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[3] / "scripts" / "run_tests.py"
CONFIGURATION = "[pytest]\nmarkers =\n    flow: the whole chain\n    long: too long\n"
FLOW = "import pytest\n\n@pytest.mark.flow\ndef test_flow():\n    assert {}\n"
LONG = "import pytest\n\n@pytest.mark.flow\n@pytest.mark.long\ndef test_long():\n    assert False\n"
OTHER = "def test_other():\n    assert {}\n"


def run(folder: Path, **files: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text(CONFIGURATION)
    for name, content in files.items():
        (folder / f"test_{name}.py").write_text(content)
    return subprocess.run(
        [sys.executable, str(SCRIPT), "-p", "no:cacheprovider"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("flow", "other", "status"), [(True, True, 0), (False, True, 1), (True, False, 1)]
)
def test_one_failure_is_enough(tmp_path: Path, flow: bool, other: bool, status: int) -> None:
    done = run(tmp_path, flow=FLOW.format(flow), other=OTHER.format(other))
    assert done.returncode == status, done.stdout
    assert done.stdout.count("1 passed") == flow + other
    assert done.stdout.count("1 failed") == 2 - flow - other


def test_what_is_too_long_is_left_out(tmp_path: Path) -> None:
    done = run(tmp_path, long=LONG, other=OTHER.format(True))
    assert done.returncode == 0, done.stdout


def test_tests_of_one_kind_alone_pass(tmp_path: Path) -> None:
    assert run(tmp_path, other=OTHER.format(True)).returncode == 0
