"""What a stop, a kill, a taken port or a second start leaves of the local cloud."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local_cloud import __main__ as command_line
from local_cloud import process
from local_cloud.sagemaker.store import Store
from local_cloud.settings import LocalCloudSettings
from tests.local_cloud_fixture import RunningCloud

IMAGES = """
[[image]]
repository = "plain"
tag = "*"
train = ["/bin/sh", "-c", "echo running; sleep 300"]
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[RunningCloud]:
    (tmp_path / "images.toml").write_text(IMAGES)
    settings = process.start(LocalCloudSettings(state_dir=tmp_path), any_port=True)
    yield RunningCloud(settings)
    process.stop(settings)


def start_job(cloud: RunningCloud, name: str) -> None:
    cloud.client("s3").create_bucket(Bucket="models")
    statements = [
        {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]},
        {"Effect": "Allow", "Action": ["logs:*"], "Resource": ["*"]},
    ]
    role = cloud.role("jobs", statements, trusts=["sagemaker.amazonaws.com"])
    cloud.client("sagemaker").create_training_job(
        TrainingJobName=name,
        AlgorithmSpecification={
            "TrainingImage": "registry.example/plain:1",
            "TrainingInputMode": "File",
        },
        RoleArn=role,
        OutputDataConfig={"S3OutputPath": "s3://models/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
    )
    log = cloud.settings.jobs_dir / f"training-job-{name}" / "job.log"
    await_true(lambda: log.is_file() and "running" in log.read_text())


def await_true(holds: object, seconds: float = 30.0) -> None:
    assert callable(holds)
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come to hold in time"
        time.sleep(0.1)


def status(cloud: RunningCloud, name: str) -> tuple[str, str]:
    described = cloud.client("sagemaker").describe_training_job(TrainingJobName=name)
    return described["TrainingJobStatus"], described.get("FailureReason", "")


def again(cloud: RunningCloud) -> RunningCloud:
    return RunningCloud(process.start(cloud.settings, any_port=True))


def test_state_survives_a_restart_and_an_interrupted_job_says_so(cloud: RunningCloud) -> None:
    cloud.client("s3").create_bucket(Bucket="kept")
    cloud.client("s3").put_object(Bucket="kept", Key="größe 1.txt", Body=b"data")
    cloud.client("sagemaker").create_model_package_group(ModelPackageGroupName="kept")
    start_job(cloud, "interrupted")
    started = time.monotonic()
    process.stop(cloud.settings)
    assert time.monotonic() - started < process.STOP_SECONDS

    restarted = again(cloud)
    body = restarted.client("s3").get_object(Bucket="kept", Key="größe 1.txt")["Body"].read()
    assert body == b"data"
    sagemaker = restarted.client("sagemaker")
    sagemaker.describe_model_package_group(ModelPackageGroupName="kept")
    await_true(lambda: status(restarted, "interrupted")[0] == "Failed")
    assert "local cloud stopped" in status(restarted, "interrupted")[1]


def test_a_killed_local_cloud_takes_its_jobs_along_and_starts_again(cloud: RunningCloud) -> None:
    start_job(cloud, "orphan")
    process_id = process.pid(cloud.settings.state_dir)
    assert process_id is not None
    children = psutil.Process(process_id).children(recursive=True)
    assert any("sleep" in child.name() for child in children)
    os.kill(process_id, signal.SIGKILL)
    await_true(lambda: not any(alive(child) for child in children))

    restarted = again(cloud)
    await_true(lambda: status(restarted, "orphan")[0] == "Failed")


def alive(child: psutil.Process) -> bool:
    try:
        return bool(child.is_running() and child.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_second_start_finds_the_first(cloud: RunningCloud) -> None:
    first = process.pid(cloud.settings.state_dir)
    found = process.start(LocalCloudSettings(state_dir=cloud.settings.state_dir))
    assert found == cloud.settings
    assert process.pid(cloud.settings.state_dir) == first


def test_a_state_whose_port_was_taken_meanwhile_works_under_another(cloud: RunningCloud) -> None:
    url = cloud.client("sqs").create_queue(QueueName="kept")["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="sent before")
    process.stop(cloud.settings)
    with socket.create_server(("127.0.0.1", cloud.settings.port)):
        moved = again(cloud)
    assert moved.settings.port != cloud.settings.port
    sqs = moved.client("sqs")
    (found,) = sqs.list_queues()["QueueUrls"]
    assert f":{moved.settings.port}/" in found
    (message,) = sqs.receive_message(QueueUrl=found, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "sent before"


def test_a_local_cloud_keeps_its_port_over_a_restart(cloud: RunningCloud) -> None:
    process.stop(cloud.settings)
    started = process.start(LocalCloudSettings(state_dir=cloud.settings.state_dir), any_port=True)
    assert started.port == cloud.settings.port


def test_a_taken_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = LocalCloudSettings(state_dir=tmp_path, port=port)
        with pytest.raises(process.LocalCloudError, match=f"port {port}.*--port"):
            process.start(settings)
    assert process.running(tmp_path) is None


def test_a_start_that_fails_shows_the_end_of_the_log(tmp_path: Path) -> None:
    settings = LocalCloudSettings(state_dir=tmp_path)
    (tmp_path / "sagemaker.sqlite").write_text("this is no database, it is a text " * 100)
    with pytest.raises(process.LocalCloudError, match="file is not a database") as told:
        process.start(settings, any_port=True)
    assert "remove all state with `python -m local_cloud reset`" in str(told.value)
    assert "Traceback" not in str(told.value)


def test_a_start_that_fails_or_is_interrupted_leaves_no_process_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def interrupt(_settings: LocalCloudSettings, child: subprocess.Popen[bytes]) -> None:
        started.append(child.pid)
        raise KeyboardInterrupt

    monkeypatch.setattr(process, "_await_answer", interrupt)
    with pytest.raises(KeyboardInterrupt):
        process.start(LocalCloudSettings(state_dir=tmp_path), any_port=True)
    assert not psutil.pid_exists(started[0])
    assert process.running(tmp_path) is None


def test_a_stale_record_does_not_stop_another_folders_local_cloud(
    cloud: RunningCloud, tmp_path_factory: pytest.TempPathFactory
) -> None:
    stale = tmp_path_factory.mktemp("stale")
    record = cloud.settings.state_dir / "running.json"
    (stale / "running.json").write_text(record.read_text())
    assert process.running(stale) is None
    assert process.stop(LocalCloudSettings(state_dir=stale)) is False
    assert process.running(cloud.settings.state_dir) == cloud.settings


def test_a_server_whose_start_was_killed_before_its_record_is_stopped_by_name(
    cloud: RunningCloud, capsys: pytest.CaptureFixture[str]
) -> None:
    process_id = process.pid(cloud.settings.state_dir)
    (cloud.settings.state_dir / "running.json").unlink()
    assert process.running(cloud.settings.state_dir) is None
    assert process.pid(cloud.settings.state_dir) == process_id
    assert command_line.status(cloud.settings) == 3
    assert f"process {process_id} runs on" in capsys.readouterr().out
    process.reset(cloud.settings)
    assert not psutil.pid_exists(process_id or 0)
    assert not cloud.settings.state_dir.exists()


def test_a_reset_that_was_killed_can_be_done_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "cloud"
    (folder / "jobs").mkdir(parents=True)
    for name in ("sagemaker.sqlite", "start.lock", "local-cloud.log"):
        (folder / name).touch()

    def killed(path: Path) -> None:
        raise OSError(f"killed at {path.name}")

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(process.LocalCloudError, match="killed at jobs"):
            process.reset(LocalCloudSettings(state_dir=folder))
    process.reset(LocalCloudSettings(state_dir=folder))
    assert not folder.exists()


def test_a_state_of_a_newer_release_is_refused_with_what_to_do(tmp_path: Path) -> None:
    Store(tmp_path / "sagemaker.sqlite").close()
    connection = sqlite3.connect(tmp_path / "sagemaker.sqlite")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(process.LocalCloudError, match="a newer release wrote it") as told:
        process.start(LocalCloudSettings(state_dir=tmp_path), any_port=True)
    assert "Traceback" not in str(told.value)


def test_a_second_server_on_the_same_state_is_refused(cloud: RunningCloud) -> None:
    record = cloud.settings.state_dir / "running.json"
    kept = record.read_text()
    record.write_text("")
    with pytest.raises(process.LocalCloudError, match=r"runs on .* already"):
        process.start(cloud.settings, any_port=True)
    record.write_text(kept)
    assert process.running(cloud.settings.state_dir) == cloud.settings


def test_a_port_that_another_program_takes_meanwhile_is_given_up_for_a_free_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    really_taken = process._port_taken

    def taken(port: int) -> bool:
        looked.append(port)
        return len(looked) > 1 and really_taken(port)

    monkeypatch.setattr(process, "_port_taken", taken)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = process.start(LocalCloudSettings(state_dir=tmp_path, port=port), any_port=True)
    process.stop(settings)
    assert settings.port != port


def test_a_relative_folder_with_spaces_and_letters_of_any_language_holds_the_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = process.start(LocalCloudSettings(state_dir=Path("my clöud")), any_port=True)
    try:
        assert settings.state_dir == tmp_path / "my clöud"
        assert process.running(Path("my clöud")) == settings
        assert (settings.state_dir / "sagemaker.sqlite").is_file()
    finally:
        process.stop(settings)


def test_temporary_files_of_a_killed_server_are_gone_after_the_next_start(
    cloud: RunningCloud,
) -> None:
    process_id = process.pid(cloud.settings.state_dir)
    assert process_id is not None
    left = cloud.settings.temporary_dir / "ministack-lambda-f-1"
    left.mkdir()
    os.kill(process_id, signal.SIGKILL)
    await_true(lambda: process.running(cloud.settings.state_dir) is None)
    again(cloud)
    assert not left.exists()


def test_a_users_own_aws_profile_and_proxy_reach_neither_server_nor_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "images.toml").write_text(IMAGES)
    with monkeypatch.context() as users:
        users.setenv("AWS_PROFILE", "a-profile-that-is-not-there")
        users.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
            users.setenv(name, "http://127.0.0.1:9")
        settings = process.start(LocalCloudSettings(state_dir=tmp_path), any_port=True)
        assert "localhost" in process.client_environment(settings)["NO_PROXY"].split(",")
    try:
        start_job(RunningCloud(settings), "profiled")
    finally:
        process.stop(settings)


def test_a_long_log_is_put_away_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "LOG_BYTES", 10)
    settings = LocalCloudSettings(state_dir=tmp_path)
    settings.log_file.write_text("what happened yesterday")
    process.stop(process.start(settings, any_port=True))
    assert (tmp_path / "local-cloud.log.1").read_text() == "what happened yesterday"
    assert "yesterday" not in settings.log_file.read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_that_is_interrupted_by_a_signal_leaves_no_server(
    tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "local_cloud", "start", "--state-dir", str(tmp_path)]
    starting = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    await_true(lambda: process.running(tmp_path) is not None)
    starting.send_signal(number)
    _, said = starting.communicate()
    if starting.returncode:
        assert said == "local cloud: interrupted\n"
        assert process.running(tmp_path) is None
    assert process.stop(LocalCloudSettings(state_dir=tmp_path)) is (starting.returncode == 0)


def test_a_folder_that_is_no_local_clouds_is_not_removed(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(process.LocalCloudError, match="nothing was removed"):
        process.reset(LocalCloudSettings(state_dir=tmp_path))
    assert (tmp_path / "thesis.txt").is_file()


def test_a_folder_that_cannot_hold_state_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(process.LocalCloudError, match=r"cannot use .*file"):
        process.start(LocalCloudSettings(state_dir=tmp_path / "file"))


def test_stopping_what_does_not_run_is_no_error(tmp_path: Path) -> None:
    assert process.stop(LocalCloudSettings(state_dir=tmp_path)) is False


def test_the_command_line_starts_reports_and_stops(tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "local_cloud", *arguments, "--state-dir", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True)

    assert run("status").returncode == 3
    assert "not running" in run("env").stderr
    try:
        started = run("start")
        assert "listening on https://localhost:" in started.stdout, started.stderr
        assert "process" in run("status").stdout
        environment = run("env").stdout
        assert "export AWS_ENDPOINT_URL=https://localhost:" in environment
        assert "unset AWS_PROFILE" in environment
    finally:
        assert "stopped" in run("stop").stdout
    assert run("status").returncode == 3
