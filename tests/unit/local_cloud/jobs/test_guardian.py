from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from local_cloud.sagemaker.runner import guardian

DAEMON = "setsid sh -c 'echo $$; exec sleep 300' & sleep 0.5"


def guarded(program: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(Path(guardian.__file__)), "1", "/bin/sh", "-c", program]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def is_gone(process_id: int) -> bool:
    try:
        return bool(psutil.Process(process_id).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")
@pytest.mark.parametrize("ending", ["exit 3", "sleep 300"], ids=["ends itself", "is ended"])
def test_a_daemon_that_the_program_left_ends_with_it(ending: str) -> None:
    with guarded(f"{DAEMON}; {ending}") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        daemon = int(process.stdout.readline())
        time.sleep(0.8)
        process.stdin.close()
        status = process.wait(timeout=20)
    assert status in (3, 128 + 15)
    assert is_gone(daemon)


def test_the_exit_status_of_the_program_is_the_guardians() -> None:
    with guarded("exit 41") as process:
        assert process.wait(timeout=20) == 41
