"""`python -m local_cloud logs <name>`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from local_cloud import log_files
from local_cloud.settings import LocalCloudSettings


@pytest.fixture
def settings(tmp_path: Path) -> LocalCloudSettings:
    """A state folder in which a job, a job on two hosts, and an endpoint left their logs."""
    settings = LocalCloudSettings(state_dir=tmp_path)
    for file, text in (
        (settings.jobs_dir / "training-job-churn" / "job.log", "epoch 1\nepoch 2\n"),
        (settings.jobs_dir / "training-job-wide" / "algo-1" / "job.log", "from one\n"),
        (settings.jobs_dir / "training-job-wide" / "algo-2" / "job.log", "from two\n"),
        (settings.jobs_dir / "transform-job-churn" / "job.log", "server\n"),
        (settings.endpoints_dir / "live" / "deployment" / "AllTraffic" / "server.log", "ping\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    return settings


def contents(settings: LocalCloudSettings, name: str) -> list[str]:
    return [file.read_text() for file in log_files.find(settings, name)]


def test_a_log_is_found_by_kind_and_name_or_by_a_name_that_is_the_only_one(
    settings: LocalCloudSettings,
) -> None:
    assert contents(settings, "training-job/churn") == ["epoch 1\nepoch 2\n"]
    assert sorted(contents(settings, "wide")) == ["from one\n", "from two\n"]
    assert contents(settings, "live") == ["ping\n"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("churn", "may be training-job/churn or transform-job/churn"),
        ("training-job/nobody", "nothing called 'training-job/nobody'"),
        ("endpoint/..", "nothing called"),
        ("training-job/../../training-job-churn", "nothing called"),
    ],
)
def test_a_name_of_nothing_or_of_several_is_told(
    settings: LocalCloudSettings, name: str, says: str
) -> None:
    with pytest.raises(log_files.UnknownResourceError, match=says):
        log_files.find(settings, name)


def test_the_command_prints_the_log_alone_to_stdout(settings: LocalCloudSettings) -> None:
    def logs(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local_cloud", "logs", *arguments]
        command += ["--state-dir", str(settings.state_dir)]
        return subprocess.run(command, capture_output=True, text=True)

    shown = logs("training-job/churn", "--lines", "1")
    assert (shown.returncode, shown.stdout) == (0, "epoch 2\n")
    assert "job.log" in shown.stderr

    refused = logs("training-job/churn", "--lines", "-5")
    assert refused.returncode == 2
    assert "'-5' is no count of lines: give 0 or more" in refused.stderr

    missing = logs("nobody")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert "nothing called 'nobody'" in missing.stderr
