"""Jobs on several instances: a process each, which know each other by name."""

from __future__ import annotations

import io
import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.runner import isolation
from tests.unit.local_cloud.jobs.conftest import BUCKET, PLAIN, TOOLKIT, Jobs
from tests.unit.local_cloud.jobs.test_processing_jobs import request as processing_request

NAMED = pytest.mark.skipif(
    isolation.method() == "rewrite", reason="hosts have names where jobs have namespaces"
)


def instances(count: int) -> dict[str, Any]:
    return {"InstanceType": "ml.m5.large", "InstanceCount": count, "VolumeSizeInGB": 1}


def files_of(archive: bytes) -> dict[str, str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        found = {}
        for member in tar.getmembers():
            content = tar.extractfile(member)
            if content is not None:
                found[member.name] = content.read().decode()
        return found


def test_each_host_knows_itself_and_the_others_and_all_their_models_are_kept(jobs: Jobs) -> None:
    program = """
    set -e
    cp /opt/ml/input/config/resourceconfig.json /opt/ml/model/$CURRENT_HOST.json
    echo $CURRENT_HOST > /opt/ml/model/common
    mkdir -p /opt/ml/model/deep
    echo $CURRENT_HOST > /opt/ml/output/data/from-$CURRENT_HOST
    """
    described = jobs.train("hosts", program, ResourceConfig=instances(3))
    assert described["TrainingJobStatus"] == "Completed", described
    assert described["ResourceConfig"]["InstanceCount"] == 3
    model = files_of(jobs.body("out/hosts/output/model.tar.gz"))
    names = ["algo-1", "algo-2", "algo-3"]
    assert sorted(model) == [*(f"{name}.json" for name in names), "common"]
    assert model["common"] == "algo-1\n"
    for name in names:
        config = json.loads(model[f"{name}.json"])
        assert (config["current_host"], config["hosts"]) == (name, names)
        (group,) = config["instance_groups"]
        assert group["hosts"] == names
    output = files_of(jobs.body("out/hosts/output/output.tar.gz"))
    assert sorted(output) == [f"from-{name}" for name in names]


@NAMED
def test_hosts_reach_each_other_by_name_on_a_port_that_all_use(jobs: Jobs) -> None:
    program = """
    exec python3 - <<'END'
import os, socket, time
me = os.environ["CURRENT_HOST"]
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((socket.gethostbyname(me), 7777))
listener.listen()
other = {"algo-1": "algo-2", "algo-2": "algo-1"}[me]
for _ in range(200):
    try:
        caller = socket.create_connection((other, 7777), timeout=10)
        break
    except OSError:
        time.sleep(0.05)
caller.sendall(me.encode())
answered, _address = listener.accept()
print("heard from", answered.recv(100).decode(), flush=True)
END
    """
    described = jobs.train("talking", program, ResourceConfig=instances(2))
    assert described["TrainingJobStatus"] == "Completed", described
    assert "heard from algo-2" in jobs.log_of("training-job", "talking", "algo-1")
    assert "heard from algo-1" in jobs.log_of("training-job", "talking", "algo-2")


@NAMED
def test_a_single_host_has_its_name_too_and_the_machine_keeps_its_own(jobs: Jobs) -> None:
    described = jobs.train("alone", "getent hosts algo-1; ! getent hosts algo-2; cat /etc/hosts")
    assert described["TrainingJobStatus"] == "Completed", described
    log = jobs.log("training-job", "alone")
    assert "127." in log
    machine = Path("/etc/hosts").read_text()
    assert "algo-1" not in machine
    assert machine.strip().splitlines()[-1] in log


def test_each_host_has_a_log_stream_and_metrics_come_from_all(jobs: Jobs) -> None:
    specification = {
        "TrainingImage": PLAIN,
        "TrainingInputMode": "File",
        "MetricDefinitions": [{"Name": "score", "Regex": r"score=([0-9.]+)"}],
    }
    program = 'echo "I am $CURRENT_HOST"; [ $CURRENT_HOST = algo-1 ] || echo score=0.5'
    described = jobs.train(
        "streams", program, ResourceConfig=instances(2), AlgorithmSpecification=specification
    )
    (metric,) = described["FinalMetricDataList"]
    assert metric["Value"] == 0.5
    logs = jobs.cloud.client("logs")
    found = logs.describe_log_streams(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix="streams/"
    )["logStreams"]
    streams = {stream["logStreamName"].rsplit("-", 1)[0]: stream for stream in found}
    assert sorted(streams) == ["streams/algo-1", "streams/algo-2"]
    for host in ("algo-1", "algo-2"):
        events = logs.get_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs",
            logStreamName=streams[f"streams/{host}"]["logStreamName"],
        )["events"]
        assert f"I am {host}" in [event["message"] for event in events]


def test_data_is_dealt_out_by_key_or_given_to_each_host_whole(jobs: Jobs) -> None:
    for number in range(5):
        jobs.put(f"dealt/data/part-{number}", str(number))
    anywhere = "${SAGEMAKER_BASE_DIR:-/opt/ml}"

    def channel(name: str, uri: str, **source: str) -> dict[str, Any]:
        given = {"S3DataType": "S3Prefix", "S3Uri": uri, **source}
        return {"ChannelName": name, "DataSource": {"S3DataSource": given}}

    program = (
        f"for c in whole dealt; do mkdir -p {anywhere}/model/$c; "
        f"ls {anywhere}/input/data/$c > {anywhere}/model/$c/$CURRENT_HOST; done; "
        f"cp {anywhere}/input/config/inputdataconfig.json {anywhere}/model/"
    )
    code = jobs.put("dealt/code/program.sh", program)
    folder = f"s3://{BUCKET}/dealt/data/"
    request = jobs.request("dealt", PLAIN, code.removesuffix("program.sh"), "code")
    request["InputDataConfig"] += [
        channel("whole", folder, S3DataDistributionType="FullyReplicated"),
        channel("dealt", folder, S3DataDistributionType="ShardedByS3Key"),
    ]
    jobs.sagemaker.create_training_job(**{**request, "ResourceConfig": instances(2)})
    assert jobs.await_training("dealt")["TrainingJobStatus"] == "Completed"
    model = files_of(jobs.body("out/dealt/output/model.tar.gz"))
    everything = [f"part-{number}" for number in range(5)]
    for host in ("algo-1", "algo-2"):
        assert model[f"whole/{host}"].split() == everything
    first, second = (model[f"dealt/{host}"].split() for host in ("algo-1", "algo-2"))
    assert sorted(first + second) == everything
    assert abs(len(first) - len(second)) == 1
    config = json.loads(model["inputdataconfig.json"])
    assert config["dealt"]["S3DistributionType"] == "ShardedByS3Key"


def test_a_failing_host_ends_the_others_and_the_job_says_which_it_was(jobs: Jobs) -> None:
    program = """
    if [ $CURRENT_HOST = algo-2 ]; then
        sleep 1
        echo 'no memory left' > /opt/ml/output/failure
        exit 3
    fi
    echo waiting for algo-2
    exec sleep 600
    """
    described = jobs.train("one-fails", program, ResourceConfig=instances(2))
    assert described["TrainingJobStatus"] == "Failed"
    reason = described["FailureReason"]
    assert reason == "AlgorithmError: algo-2: no memory left, exit code: 3"


def test_a_stop_reaches_every_host_and_keeps_their_models(jobs: Jobs) -> None:
    program = """
    trap 'echo saved > /opt/ml/model/$CURRENT_HOST; exit 1' TERM
    echo running
    while true; do sleep 0.1; done
    """
    jobs.start_training("all-stopped", program, ResourceConfig=instances(2))
    deadline = time.monotonic() + 30
    for host in ("algo-1", "algo-2"):
        while not _says(jobs, "all-stopped", host, "running"):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    jobs.sagemaker.stop_training_job(TrainingJobName="all-stopped")
    assert jobs.await_training("all-stopped")["TrainingJobStatus"] == "Stopped"
    model = files_of(jobs.body("out/all-stopped/output/model.tar.gz"))
    assert sorted(model) == ["algo-1", "algo-2"]


def _says(jobs: Jobs, name: str, host: str, text: str) -> bool:
    try:
        return text in jobs.log_of("training-job", name, host)
    except FileNotFoundError:
        return False


def test_hosts_that_run_too_long_are_all_ended(jobs: Jobs) -> None:
    described = jobs.train(
        "all-slow",
        "exec sleep 600",
        ResourceConfig=instances(2),
        StoppingCondition={"MaxRuntimeInSeconds": 1},
    )
    assert described["SecondaryStatus"] == "MaxRuntimeExceeded"


def test_every_host_goes_on_from_the_checkpoints_that_all_have_written(jobs: Jobs) -> None:
    config = {"S3Uri": f"s3://{BUCKET}/shared-checkpoints", "LocalPath": "/opt/ml/checkpoints"}
    more: dict[str, Any] = {"CheckpointConfig": config, "ResourceConfig": instances(2)}
    jobs.train("writing", "echo 5 > /opt/ml/checkpoints/$CURRENT_HOST", **more)
    reading = "test $(cat /opt/ml/checkpoints/algo-1 /opt/ml/checkpoints/algo-2 | wc -l) = 2"
    described = jobs.train("reading", reading, **more)
    assert described["TrainingJobStatus"] == "Completed", described


def test_script_mode_tells_the_script_of_its_hosts(jobs: Jobs) -> None:
    buffer = io.BytesIO()
    script = b"import os; print(os.environ['SM_CURRENT_HOST'], 'of', os.environ['SM_HOSTS'])"
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("train.py")
        member.size = len(script)
        tar.addfile(member, io.BytesIO(script))
    code = jobs.put("script-hosts/code.tar.gz", buffer.getvalue())
    jobs.put("script-hosts/data/a", "a")
    request = jobs.request("script-hosts", TOOLKIT, f"s3://{BUCKET}/script-hosts/data/", "train")
    own = {"sagemaker_program": "train.py", "sagemaker_submit_directory": code}
    jobs.sagemaker.create_training_job(
        **{**request, "HyperParameters": own, "ResourceConfig": instances(2)}
    )
    described = jobs.await_training("script-hosts")
    assert described["TrainingJobStatus"] == "Completed", described
    for host in ("algo-1", "algo-2"):
        log = jobs.log_of("training-job", "script-hosts", host)
        assert f'{host} of ["algo-1", "algo-2"]' in log


def processing(jobs: Jobs, name: str, program: list[str], files: list[str]) -> dict[str, Any]:
    """A processing job of two hosts, whose input is dealt out."""
    for file in files:
        jobs.put(f"inputs/{name}/{file}", file)
    request = processing_request(jobs, name, program)
    request["ProcessingResources"] = {"ClusterConfig": instances(2)}
    (given,) = request["ProcessingInputs"]
    given["S3Input"]["S3DataDistributionType"] = "ShardedByS3Key"
    jobs.sagemaker.create_processing_job(**request)
    return jobs.await_processing(name)


HOST = 'host=$(cut -d\\" -f4 /opt/ml/config/resourceconfig.json)'


def test_processing_is_shared_between_hosts_and_all_outputs_are_kept(jobs: Jobs) -> None:
    program = [
        HOST,
        "cp /opt/ml/config/resourceconfig.json /opt/ml/processing/output/out/$host.json",
        "for file in /opt/ml/processing/input/in/*; do "
        "echo $host > /opt/ml/processing/output/out/$(basename $file); done",
    ]
    described = processing(jobs, "shared", program, ["a", "b", "c"])
    assert described["ProcessingJobStatus"] == "Completed", described
    outputs = {name: jobs.body(f"outputs/shared/{name}").decode().strip() for name in "abc"}
    assert set(outputs.values()) == {"algo-1", "algo-2"}
    for host in ("algo-1", "algo-2"):
        config = json.loads(jobs.body(f"outputs/shared/{host}.json"))
        assert config == {"current_host": host, "hosts": ["algo-1", "algo-2"]}


def test_more_hosts_than_objects_leave_a_host_with_an_empty_folder(jobs: Jobs) -> None:
    program = ["ls /opt/ml/processing/input/in | wc -l > /opt/ml/output/message"]
    described = processing(jobs, "few", program, ["only"])
    assert described["ProcessingJobStatus"] == "Completed", described
    assert described["ExitMessage"] == "1"


def test_a_failed_processing_job_shows_the_failing_hosts_message(jobs: Jobs) -> None:
    program = [
        HOST,
        'echo "from $host" > /opt/ml/output/message',
        "test $host = algo-1",
        "sleep 600",
    ]
    described = processing(jobs, "half-failing", program, ["a", "b"])
    assert described["ProcessingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith("AlgorithmError: algo-2: ")
    assert described["ExitMessage"] == "from algo-2"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {
                "ResourceConfig": {
                    "VolumeSizeInGB": 1,
                    "InstanceGroups": [
                        {
                            "InstanceType": "ml.m5.large",
                            "InstanceCount": 1,
                            "InstanceGroupName": "a",
                        }
                    ],
                }
            },
            "no heterogeneous clusters",
        ),
        (
            {
                "ResourceConfig": instances(2),
                "AlgorithmSpecification": {
                    "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/"
                    "sagemaker-xgboost:3.0-5",
                    "TrainingInputMode": "File",
                },
            },
            "built-in algorithms on one instance only",
        ),
    ],
)
def test_what_several_instances_cannot_do_here_is_refused(
    jobs: Jobs, changes: dict[str, Any], words: str
) -> None:
    request = jobs.request("refused-hosts", PLAIN, f"s3://{BUCKET}/x/", "code")
    with pytest.raises(ClientError, match=words):
        jobs.sagemaker.create_training_job(**{**request, **changes})
