from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.unit.model_code.conftest import Container

# Two names of this machine, as hosts that share it.
HOSTS = ("localhost", "127.0.0.1")
ARGUMENTS = (
    *("--model-type", "custom", "--batch-size", "8", "--epochs", "2"),
    *("--learning-rate", "0.002"),
)


def test_two_hosts_train_one_model_together(
    container: Container, training_variables: Callable[[Path], dict[str, Path]], tmp_path: Path
) -> None:
    started = []
    for host in HOSTS:
        variables = container.environment(
            **training_variables(tmp_path / host),
            SM_HOSTS=json.dumps(HOSTS),
            SM_CURRENT_HOST=host,
            TRAINING_JOB_NAME=str(tmp_path),
        )
        command = container.command("cifar_tensorflow/train.py", *ARGUMENTS)
        started.append(
            subprocess.Popen(
                command,
                cwd=container.code,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    try:
        ended = [process.communicate(timeout=240) for process in started]
    finally:
        for process in started:
            process.kill()
    logs = [log for log, _ in ended]
    assert [process.returncode for process in started] == [0, 0], [told for _, told in ended]
    lines = [
        [line.split(" seconds")[0] for line in log.splitlines() if line.startswith("epoch=")]
        for log in logs
    ]
    assert len(lines[0]) == 2
    assert lines[0] == lines[1]
    assert all("8 pictures on each of 2 device(s)" in log for log in logs)
    first, other = sorted(HOSTS, key=lambda name: (len(name), name))
    assert (tmp_path / first / "model" / "1" / "saved_model.pb").is_file()
    assert not (tmp_path / other / "model").exists()
    assert not (tmp_path / other / "checkpoints").exists()
