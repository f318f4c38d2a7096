from __future__ import annotations

import io
import json
import tarfile
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.local_cloud.jobs.conftest import BUCKET, TOOLKIT, Jobs


def test_a_job_sees_its_contract_at_opt_ml_and_its_model_lands_in_s3(jobs: Jobs) -> None:
    program = """
    set -e
    cp /opt/ml/input/config/hyperparameters.json /opt/ml/model/seen.json
    test -d /opt/ml/output/data
    echo "$TRAINING_JOB_NAME" > /opt/ml/output/data/name
    """
    described = jobs.train("contract", program, HyperParameters={"depth": "3"})
    assert described["TrainingJobStatus"] == "Completed", described
    uri = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == f"s3://{BUCKET}/out/contract/output/model.tar.gz"
    with tarfile.open(fileobj=io.BytesIO(jobs.body("out/contract/output/model.tar.gz"))) as tar:
        seen = tar.extractfile("seen.json")
        assert seen is not None
        assert json.load(seen) == {"depth": "3"}
    with tarfile.open(fileobj=io.BytesIO(jobs.body("out/contract/output/output.tar.gz"))) as tar:
        assert tar.getnames() == ["name"]
    statuses = [entry["Status"] for entry in described["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]


def test_a_job_may_have_a_name_of_one_letter(jobs: Jobs) -> None:
    assert jobs.train("j", "true")["TrainingJobStatus"] == "Completed"


def test_a_model_may_stay_uncompressed_and_its_pool_be_told_of(jobs: Jobs) -> None:
    resources = jobs.request("plain-model", TOOLKIT, "", "")["ResourceConfig"]
    described = jobs.train(
        "plain-model",
        "mkdir /opt/ml/model/deep; echo weights > /opt/ml/model/deep/w",
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/out", "CompressionType": "NONE"},
        ResourceConfig={**resources, "KeepAlivePeriodInSeconds": 3600},
    )
    place = f"s3://{BUCKET}/out/plain-model/output/model/"
    assert described["ModelArtifacts"]["S3ModelArtifacts"] == place
    assert jobs.body("out/plain-model/output/model/deep/w") == b"weights\n"
    assert described["WarmPoolStatus"]["Status"] == "Available"
    listed = jobs.sagemaker.list_training_jobs(WarmPoolStatusEquals="Available")
    (summary,) = listed["TrainingJobSummaries"]
    assert summary["TrainingJobName"] == "plain-model"
    assert summary["WarmPoolStatus"]["Status"] == "Available"


def test_a_job_that_removes_its_folders_or_links_them_elsewhere_shows_nothing_of_the_machine(
    jobs: Jobs,
) -> None:
    described = jobs.train(
        "linked-model",
        "rmdir /opt/ml/model /opt/ml/output/data; ln -s /etc /opt/ml/model",
    )
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    archive = io.BytesIO(jobs.body("out/linked-model/output/model.tar.gz"))
    with tarfile.open(fileobj=archive) as tar:
        assert tar.getnames() == []


def test_metrics_are_read_from_the_log_and_the_last_one_is_final(jobs: Jobs) -> None:
    specification = {
        "TrainingImage": "registry.example/plain:1",
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": r"score=([0-9.]+)"}],
    }
    program = "echo score=0.5; echo score=nan; echo score=0.75"
    described = jobs.train("metrics", program, AlgorithmSpecification=specification)
    (metric,) = described["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("score", 0.75)


def test_the_failure_file_is_the_failure_reason(jobs: Jobs) -> None:
    described = jobs.train("failing", "echo 'no such column: age' > /opt/ml/output/failure; exit 3")
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"] == "AlgorithmError: no such column: age, exit code: 3"


def test_without_a_failure_file_the_reason_holds_the_end_of_the_log(jobs: Jobs) -> None:
    described = jobs.train("failing-plainly", "echo the disk is on fire; exit 7")
    assert "exit code: 7" in described["FailureReason"]
    assert "the disk is on fire" in described["FailureReason"]


@pytest.mark.parametrize(("program", "status"), [("true", "Completed"), ("exit 1", "Failed")])
def test_a_job_leaves_its_log_and_output_on_the_disk_and_no_data(
    jobs: Jobs, program: str, status: str
) -> None:
    described = jobs.train(f"tidy-{status}", f"echo bye > /opt/ml/output/failure; {program}")
    assert described["TrainingJobStatus"] == status
    folder = jobs.cloud.settings.jobs_dir / f"training-job-tidy-{status}"
    assert sorted(entry.name for entry in (folder / "ml").iterdir()) == ["output"]
    assert (folder / "job.log").is_file()
    assert not (folder / "scratch").exists()


def test_a_stopped_job_gets_sigterm_and_keeps_its_model(jobs: Jobs) -> None:
    program = """
    trap 'echo saved > /opt/ml/model/saved; exit 0' TERM
    echo running
    while true; do sleep 0.1; done
    """
    jobs.start_training("stopped", program)
    jobs.await_training("stopped", "InProgress")
    deadline = time.monotonic() + 30
    while "running" not in _log(jobs, "stopped") and time.monotonic() < deadline:
        time.sleep(0.1)
    jobs.sagemaker.stop_training_job(TrainingJobName="stopped")
    described = jobs.await_training("stopped")
    assert described["TrainingJobStatus"] == "Stopped"
    with tarfile.open(fileobj=io.BytesIO(jobs.body("out/stopped/output/model.tar.gz"))) as tar:
        assert tar.getnames() == ["saved"]
    statuses = [entry["Status"] for entry in described["SecondaryStatusTransitions"]]
    expected = ["Starting", "Downloading", "Training", "Stopping", "Uploading", "Stopped"]
    assert statuses == expected
    assert all("EndTime" in entry for entry in described["SecondaryStatusTransitions"])


def test_a_job_that_runs_too_long_is_ended(jobs: Jobs) -> None:
    described = jobs.train("slow", "exec sleep 600", StoppingCondition={"MaxRuntimeInSeconds": 1})
    assert described["TrainingJobStatus"] == "Stopped"
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_jobs_have_no_other_jobs_opt_ml_and_not_the_clouds_own_environment(jobs: Jobs) -> None:
    program = "ls /opt/ml/input/data; env | sort; touch /opt/ml/model/x"
    jobs.train("first", program)
    described = jobs.train("second", program)
    assert described["TrainingJobStatus"] == "Completed"
    log = jobs.log("training-job", "second")
    assert "MINISTACK" not in log
    assert "LOCAL_CLOUD_SETTINGS" not in log


def test_checkpoints_are_kept_in_s3_and_given_to_the_next_job(jobs: Jobs) -> None:
    config = {"S3Uri": f"s3://{BUCKET}/checkpoints", "LocalPath": "/opt/ml/checkpoints"}
    first = jobs.train(
        "half", "echo 5 > /opt/ml/checkpoints/epoch; exit 1", CheckpointConfig=config
    )
    assert first["TrainingJobStatus"] == "Failed"
    second = jobs.train(
        "whole", "test $(cat /opt/ml/checkpoints/epoch) = 5", CheckpointConfig=config
    )
    assert second["TrainingJobStatus"] == "Completed", second


def test_a_channel_without_objects_is_refused_in_sagemakers_words(jobs: Jobs) -> None:
    request = jobs.request("empty", TOOLKIT, f"s3://{BUCKET}/nothing/here/", "train")
    with pytest.raises(ClientError) as refused:
        jobs.sagemaker.create_training_job(**request)
    assert refused.value.response["Error"] == {
        "Code": "ValidationException",
        "Message": 'No S3 objects found under S3 URL "s3://jobs/nothing/here/" given in input data '
        "source. Please ensure that the bucket exists in the selected region (us-east-1), that "
        f'objects exist under that S3 prefix, and that the role "{jobs.role}" has "s3:ListBucket" '
        'permissions on bucket "jobs".',
    }


def test_a_role_that_may_not_see_the_data_is_refused_as_if_there_were_none(jobs: Jobs) -> None:
    role = jobs.cloud.role("blind", [], trusts=["sagemaker.amazonaws.com"])
    with pytest.raises(ClientError, match='role/blind" has "s3:ListBucket" permissions'):
        jobs.start_training("denied", "true", RoleArn=role)


def test_a_role_that_may_not_read_the_data_fails_the_job_in_sagemakers_words(jobs: Jobs) -> None:
    listing = [{"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["*"]}]
    role = jobs.cloud.role("lister", listing, trusts=["sagemaker.amazonaws.com"])
    described = jobs.train("unread", "true", RoleArn=role)
    assert described["FailureReason"] == (
        "ClientError: Data download failed:Unable to download object "
        "s3://jobs/unread/code/program.sh (AccessDenied: Access Denied)"
    )


def test_a_role_that_may_not_write_the_model_fails_the_job_with_the_denial(jobs: Jobs) -> None:
    reading = [{"Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": ["*"]}]
    role = jobs.cloud.role("reads-and-does-not-write", reading, trusts=["sagemaker.amazonaws.com"])
    described = jobs.train("unwritten", "echo weights > /opt/ml/model/m", RoleArn=role)
    reason = described["FailureReason"]
    assert reason.startswith(
        "ClientError: Artifact upload failed:Unable to upload object s3://jobs/out/"
    )
    assert "AccessDenied" in reason


@pytest.mark.parametrize("trusted", ["lambda.amazonaws.com", None], ids=["other", "missing"])
def test_a_role_that_sagemaker_may_not_assume_is_refused(jobs: Jobs, trusted: str | None) -> None:
    role = "arn:aws:iam::000000000000:role/never-made"
    if trusted:
        role = jobs.cloud.role("other", [], trusts=[trusted])
    with pytest.raises(
        ClientError, match=r"allows principal 'sagemaker\.amazonaws\.com' to assume"
    ):
        jobs.start_training("not-assumed", "true", RoleArn=role)


def test_an_object_whose_key_would_leave_the_channels_folder_fails_the_job(jobs: Jobs) -> None:
    key = "climbing/a/../../../config/hyperparameters.json"
    jobs.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")
    request = jobs.request("climbing", TOOLKIT, f"s3://{BUCKET}/climbing/", "train")
    jobs.sagemaker.create_training_job(**request)
    described = jobs.await_training("climbing")
    assert "has an illegal char sub-sequence '..' in it" in described["FailureReason"]


ELSEWHERE = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/x"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"CheckpointConfig": {"S3Uri": "s3://jobs/c", "LocalPath": "/home/c"}}, "below /opt/ml"),
        ({"CheckpointConfig": {"S3Uri": "s3://jobs/c", "LocalPath": "/opt/ml/../c"}}, "hold no"),
        (
            {"InputDataConfig": [{"ChannelName": "..", "DataSource": {"S3DataSource": ELSEWHERE}}]},
            "cannot be a channel's name",
        ),
    ],
)
def test_a_path_outside_of_opt_ml_is_refused(
    jobs: Jobs, changes: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ClientError, match=fault):
        jobs.start_training("outside", "true", **changes)


def test_script_mode_runs_the_script_of_the_archive_with_its_hyperparameters(jobs: Jobs) -> None:
    script = (
        "import os, sys, pathlib\n"
        "print('arguments', sys.argv[1:])\n"
        "model = pathlib.Path(os.environ['SM_MODEL_DIR'])\n"
        "(model / 'm').write_text(os.environ['SM_CHANNEL_TRAIN'])\n"
    )
    code = jobs.put("code/sourcedir.tar.gz", _archive({"train.py": script}))
    jobs.put("data/a.csv", "1")
    request = jobs.request("script", TOOLKIT, f"s3://{BUCKET}/data/", "train")
    request["HyperParameters"] = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": code,
        "learning-rate": "0.01",
        "optimizer": "adam",
    }
    jobs.sagemaker.create_training_job(**request)
    described = jobs.await_training("script")
    assert described["TrainingJobStatus"] == "Completed", described
    expected = "['--learning-rate', '0.01', '--optimizer', 'adam']"
    log = jobs.log("training-job", "script")
    assert f"arguments {expected}" in log
    # What the request says in vain is told in the job's log.
    told = "accepted and ignored (docs/local-sagemaker-api.md says why): "
    assert f"{told}ResourceConfig.InstanceType, ResourceConfig.VolumeSizeInGB" in log


def test_a_failing_script_shows_its_last_lines_and_its_command(jobs: Jobs) -> None:
    code = jobs.put("bad/sourcedir.tar.gz", _archive({"train.py": "raise KeyError('label')"}))
    request = jobs.request("bad-script", TOOLKIT, f"s3://{BUCKET}/code/", "train")
    request["HyperParameters"] = {
        "sagemaker_program": "train.py",
        "sagemaker_submit_directory": code,
    }
    jobs.sagemaker.create_training_job(**request)
    reason = jobs.await_training("bad-script")["FailureReason"]
    assert reason.startswith("AlgorithmError: ExecuteUserScriptError:")
    assert "KeyError: 'label'" in reason
    assert "train.py" in reason


def test_the_log_is_in_cloudwatch_logs(jobs: Jobs) -> None:
    jobs.train("logged", "echo hello from the job")
    logs = jobs.cloud.client("logs")
    (stream,) = logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="logged/"
    )["logStreams"]
    events = logs.get_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamName=stream["logStreamName"]
    )["events"]
    assert "hello from the job" in [event["message"] for event in events]


def test_two_jobs_cannot_have_one_name(jobs: Jobs) -> None:
    jobs.train("twice", "true")
    with pytest.raises(ClientError, match="must be unique within an AWS account"):
        jobs.start_training("twice", "true")


def test_an_image_that_nothing_stands_for_is_refused_with_those_there_are(jobs: Jobs) -> None:
    request = jobs.request("no-image", "registry.example/mine:3", f"s3://{BUCKET}/x", "train")
    with pytest.raises(ClientError, match=r"tensorflow-training:2\.19"):
        jobs.sagemaker.create_training_job(**request)


def test_a_request_that_aws_refuses_for_its_shape_is_refused(jobs: Jobs) -> None:
    request = jobs.request("bad_name", TOOLKIT, f"s3://{BUCKET}/x", "train")
    with pytest.raises(ClientError, match="Member must satisfy regular expression pattern"):
        jobs.sagemaker.create_training_job(**request)


def _archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            tar.addfile(entry, io.BytesIO(text.encode()))
    return buffer.getvalue()


def _log(jobs: Jobs, name: str) -> str:
    try:
        return jobs.log("training-job", name)
    except FileNotFoundError:
        return ""
