from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from demo.errors import DemoError
from demo.lock import only_one_demo

HOLDER = """
import sys, time
from pathlib import Path
from demo.lock import only_one_demo
with only_one_demo(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_demo_is_refused_with_the_others_process_id(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(DemoError, match=f"process {other.pid}"), only_one_demo(lock):
            pass
        other.kill()


def test_a_killed_demo_leaves_no_lock(tmp_path: Path) -> None:
    lock = tmp_path / "demo.lock"
    command = [sys.executable, "-c", HOLDER, str(lock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()
    with only_one_demo(lock):
        pass
