"""Prints what a training job takes besides its own process, in a local cloud of its own.

    python -m benchmarks.training_job_overhead [N]

N jobs (15 unless told) without and N with a channel of one small object run one after the other.
Their program does nothing (``python -c pass``). The peer is that very program run by
``subprocess``, in turn with the jobs so that neither has the quieter machine; what a job takes is
the time from CreateTrainingJob's request to the TrainingEndTime that DescribeTrainingJob tells.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.local_cloud_fixture import RunningCloud, running_cloud

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/nothing:1"
COMMAND = [sys.executable, "-c", "pass"]
BUCKET = "overhead"
WITHOUT, WITH = "without a channel", "with a channel of one object"
WAIT_SECONDS = 0.02
AIM_MS = 500.0


def prepare(cloud: RunningCloud) -> str:
    """The image, a bucket with one object, and a role; answers the role's ARN."""
    words = ", ".join(f'"{word}"' for word in COMMAND)
    (cloud.settings.state_dir / "images.toml").write_text(
        f'[[image]]\nrepository = "nothing"\ntag = "*"\ntrain = [{words}]\n'
    )
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data/one.csv", Body=b"1,2,3\n")
    everything = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    return cloud.role("overhead", [everything], trusts=["sagemaker.amazonaws.com"])


def run_job(sagemaker: Any, name: str, role: str, *, channel: bool) -> dict[str, Any]:
    """Create the job and wait; answers its description, with ``_created``, the moment before
    the request (epoch seconds)."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data/"}
    channels = [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}]
    created = time.time()
    sagemaker.create_training_job(
        TrainingJobName=name,
        RoleArn=role,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 600},
        **({"InputDataConfig": channels} if channel else {}),
    )
    while True:
        found: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        if found["TrainingJobStatus"] == "Completed":
            return {**found, "_created": created}
        if found["TrainingJobStatus"] == "Failed":
            raise SystemExit(f"{name} failed: {found['FailureReason']}")
        time.sleep(WAIT_SECONDS)


def phases(job: dict[str, Any]) -> dict[str, float]:
    """Secondary status -> milliseconds that the job was in it; ``Starting`` begins at the
    request."""
    found: dict[str, float] = defaultdict(float)
    for transition in job["SecondaryStatusTransitions"]:
        if "EndTime" in transition:
            start = transition["StartTime"].timestamp()
            start = job["_created"] if transition["Status"] == "Starting" else start
            found[transition["Status"]] += (transition["EndTime"].timestamp() - start) * 1000
    return found


def total(job: dict[str, Any]) -> float:
    """Milliseconds from the request to the job's end."""
    return float(job["TrainingEndTime"].timestamp() - job["_created"]) * 1000


def peer() -> float:
    """Milliseconds of the same program by itself."""
    started = time.perf_counter()
    subprocess.run(COMMAND, check=True)
    return (time.perf_counter() - started) * 1000


def report(what: str, jobs: list[dict[str, Any]], alone: float) -> None:
    totals = sorted(total(job) for job in jobs)
    middle = statistics.median(totals)
    print(
        f"{what}: median {middle:.0f} ms ({totals[0]:.0f} to {totals[-1]:.0f}), "
        f"the program alone {alone:.0f} ms: {middle - alone:.0f} ms above it "
        f"(aim: under {AIM_MS:.0f})"
    )
    by_phase: dict[str, list[float]] = defaultdict(list)
    for job in jobs:
        for status, milliseconds in phases(job).items():
            by_phase[status].append(milliseconds)
    for status, found in by_phase.items():
        print(f"    {status:<12} {statistics.median(found):6.0f} ms")


def main() -> int:
    """Print the medians, and what is above the peer, in all and by secondary status."""
    count = int(sys.argv[1]) if sys.argv[1:] else 15
    jobs: dict[str, list[dict[str, Any]]] = {WITHOUT: [], WITH: []}
    alone: list[float] = []
    with tempfile.TemporaryDirectory() as folder, running_cloud(Path(folder)) as cloud:
        role, sagemaker = prepare(cloud), cloud.client("sagemaker")
        run_job(sagemaker, "first", role, channel=True)
        for number in range(count):
            for what in jobs:
                alone.append(peer())
                name = f"job-{number}-{'with' if what == WITH else 'without'}"
                jobs[what].append(run_job(sagemaker, name, role, channel=what == WITH))
    for what, done in jobs.items():
        report(what, done, statistics.median(alone))
    return 0


if __name__ == "__main__":
    sys.exit(main())
