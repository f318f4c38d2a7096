"""What a training job finds below /opt/ml/input/data, by data type, input mode and distribution."""

from __future__ import annotations

import gzip
import io
import json
import os
import struct
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_cloud.sagemaker.runner import objects, sources, streams
from local_cloud.sagemaker.runner.pipes import ChannelPipe
from tests.unit.local_cloud.jobs.conftest import BUCKET, PLAIN, Jobs

FOLDER = f"s3://{BUCKET}/modes"


def channel(name: str, uri: str, data_type: str = "S3Prefix", **more: Any) -> dict[str, Any]:
    names = more.pop("AttributeNames", None)
    source = {"S3DataType": data_type, "S3Uri": uri}
    if names:
        source["AttributeNames"] = names
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}, **more}


def start(jobs: Jobs, name: str, program: str, channels: list[dict[str, Any]]) -> None:
    anywhere = program.replace("/opt/ml", "${SAGEMAKER_BASE_DIR:-/opt/ml}")
    jobs.put(f"{name}/code/program.sh", anywhere)
    request = jobs.request(name, PLAIN, f"s3://{BUCKET}/{name}/code/", "code")
    request["InputDataConfig"] += channels
    jobs.sagemaker.create_training_job(**request)


def model_of(jobs: Jobs, name: str) -> dict[str, bytes]:
    described = jobs.await_training(name)
    assert described["TrainingJobStatus"] == "Completed", described
    files = {}
    with tarfile.open(fileobj=io.BytesIO(jobs.body(f"out/{name}/output/model.tar.gz"))) as tar:
        for member in tar:
            content = tar.extractfile(member)
            if content is not None:
                files[member.name] = content.read()
    return files


def put_samples(jobs: Jobs) -> None:
    for number in range(3):
        jobs.put(f"modes/data/deep/part-{number}", f"<{number}>")
        jobs.put(f"modes/zipped/part-{number}", gzip.compress(f"({number})".encode()))
    manifest = [{"prefix": f"{FOLDER}/data/"}, "deep/part-2", "deep/part-0"]
    jobs.put("modes/manifest.json", json.dumps(manifest))
    lines = [
        {"source-ref": f"{FOLDER}/data/deep/part-1", "label": 7, "ignored": "x"},
        {"label": "cat", "source-ref": f"{FOLDER}/data/deep/part-0"},
    ]
    jobs.put("modes/lines.jsonl", "\n".join(json.dumps(line) for line in lines))


def test_files_of_a_manifest_and_of_fast_file_mode_are_there_at_the_start(jobs: Jobs) -> None:
    put_samples(jobs)
    program = """
    cd /opt/ml/input/data
    find listed fast -type f | sort > /opt/ml/model/files
    cp ../config/inputdataconfig.json /opt/ml/model/
    """
    channels = [
        channel("listed", f"{FOLDER}/manifest.json", "ManifestFile"),
        channel("fast", f"{FOLDER}/data/", InputMode="FastFile"),
    ]
    start(jobs, "files", program, channels)
    model = model_of(jobs, "files")
    assert model["files"].decode().split() == [
        "fast/deep/part-0",
        "fast/deep/part-1",
        "fast/deep/part-2",
        "listed/deep/part-0",
        "listed/deep/part-2",
    ]
    modes = {
        name: one["TrainingInputMode"]
        for name, one in json.loads(model["inputdataconfig.json"]).items()
    }
    assert modes == {"code": "File", "listed": "File", "fast": "FastFile"}


def test_pipes_stream_each_epoch_anew(jobs: Jobs) -> None:
    put_samples(jobs)
    program = """
    cd /opt/ml/input/data
    cat zipped_0 > /opt/ml/model/zipped; cat zipped_1 >> /opt/ml/model/zipped
    cat lines_0 > /opt/ml/model/lines
    head -c 1 listed_0 > /opt/ml/model/beginning; cat listed_1 > /opt/ml/model/listed
    """
    channels = [
        channel("zipped", f"{FOLDER}/zipped", InputMode="Pipe", CompressionType="Gzip"),
        channel("listed", f"{FOLDER}/manifest.json", "ManifestFile", InputMode="Pipe"),
        channel(
            "lines",
            f"{FOLDER}/lines.jsonl",
            "AugmentedManifestFile",
            AttributeNames=["source-ref", "label"],
            InputMode="Pipe",
            RecordWrapperType="RecordIO",
        ),
    ]
    start(jobs, "piped", program, channels)
    model = model_of(jobs, "piped")
    assert model["zipped"] == b"(0)(1)(2)" * 2
    assert (model["beginning"], model["listed"]) == (b"<", b"<2><0>")
    records = [b"<1>\0", b"7\0\0\0", b"<0>\0", b"cat\0"]
    sizes = [3, 1, 3, 3]
    assert model["lines"] == b"".join(
        struct.pack("<II", 0xCED7230A, size) + padded
        for size, padded in zip(sizes, records, strict=True)
    )


def test_a_pipe_that_breaks_fails_the_job_that_reads_it(jobs: Jobs) -> None:
    jobs.put("modes/bad.jsonl", '{"label": 1}\n{"name": 2}\n')
    bad = channel(
        "bad",
        f"{FOLDER}/bad.jsonl",
        "AugmentedManifestFile",
        AttributeNames=["label"],
        InputMode="Pipe",
    )
    start(jobs, "broken", "cd /opt/ml/input/data; cat bad_0; exec cat bad_1", [bad])
    described = jobs.await_training("broken")
    assert described["TrainingJobStatus"] == "Failed"
    assert described["FailureReason"].startswith(
        "ClientError: Data download failed:The augmented manifest s3://jobs/modes/bad.jsonl has a "
        "line that is no JSON object with the attributes label"
    )


def test_a_request_is_refused_with_all_its_faults(jobs: Jobs) -> None:
    request = jobs.request("wrong", PLAIN, f"s3://{BUCKET}/x/", "code")
    request["InputDataConfig"] = [
        channel("lines", f"{FOLDER}/lines.jsonl", "AugmentedManifestFile"),
        channel("zipped", f"{FOLDER}/zipped", CompressionType="Gzip"),
        channel("zipped", f"{FOLDER}/zipped", AttributeNames=["a"]),
    ]
    request["StoppingCondition"]["MaxWaitTimeInSeconds"] = 100
    with pytest.raises(ClientError) as refused:
        jobs.sagemaker.create_training_job(**request)
    message = refused.value.response["Error"]["Message"]
    assert message.startswith("6 validation errors detected: ")
    for fault in (
        "Channel names must be unique within the request.",
        "Channel lines: AugmentedManifestFile can only be used if the Channel's input mode is Pip",
        "Channel lines: AttributeNames is required",
        "Channel zipped: CompressionType Gzip is used only in Pipe input mode, not in File.",
        "Channel zipped: AttributeNames can only be used with",
        "Invalid MaxWaitTimeInSeconds. It is only supported when EnableManagedSpotTraining is set",
    ):
        assert fault in message


class S3:
    """Objects in memory, as boto3's client gives them."""

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "b"
        return {"Body": io.BytesIO(self.bodies[Key])}


def test_a_seed_shuffles_each_epoch_in_its_own_way_and_again_in_the_same() -> None:
    lines = "".join(f'{{"word": "{letter}"}}\n' for letter in "abcdefghij")
    shuffled = channel(
        "c",
        "s3://b/lines",
        "AugmentedManifestFile",
        AttributeNames=["word"],
        ShuffleConfig={"Seed": 3},
    )

    def words(epoch: int, part: objects.Part) -> bytes:
        content = streams.content_of(S3({"lines": lines.encode()}), shuffled, part)
        return b"".join(content(epoch))

    first, second = words(0, objects.WHOLE), words(1, objects.WHOLE)
    assert first == words(0, objects.WHOLE)
    assert sorted(first) == sorted(second) == sorted(b"abcdefghij")
    assert len({first, second, b"abcdefghij"}) == 3
    halves = words(0, (0, 2)), words(0, (1, 2))
    assert [len(half) for half in halves] == [5, 5]
    assert sorted(halves[0] + halves[1]) == sorted(b"abcdefghij")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["a", "a/b"], "there is no object that is both a folder as well as a file"),
        (["a//b"], "s3://b/data/a//b has an illegal char sub-sequence '//' in it"),
        (["../b"], "s3://b/data/../b has an illegal char sub-sequence '..' in it"),
    ],
)
def test_names_that_no_folder_can_hold_are_refused_in_sagemakers_words(
    names: list[str], words: str, tmp_path: Path
) -> None:
    manifest = json.dumps([{"prefix": "s3://b/data/"}, *names])
    source = {"S3DataType": "ManifestFile", "S3Uri": "s3://b/manifest"}
    s3 = S3({"manifest": manifest.encode()})
    with pytest.raises(objects.DataError, match="Failed to download data") as refused:
        sources.download(s3, sources.find(s3, source), tmp_path)
    assert words in str(refused.value)


def test_a_pipe_that_nobody_reads_ends_with_its_job(tmp_path: Path) -> None:
    # As a job of the same name left it that was killed.
    os.mkfifo(tmp_path / "c_0")
    with ChannelPipe(tmp_path, "c", lambda _epoch: iter([b"never"])):
        assert (tmp_path / "c_0").is_fifo()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("replace", [Path.symlink_to, Path.hardlink_to])
def test_nothing_is_written_to_what_stands_in_a_pipes_place(
    tmp_path: Path, replace: Callable[[Path, Path], None]
) -> None:
    (tmp_path / "of another job").write_text("whole")
    folder = tmp_path / "data"
    with ChannelPipe(folder, "c", lambda _epoch: iter([b"spoilt"])) as pipe:
        (tmp_path / "link").unlink(missing_ok=True)
        replace(tmp_path / "link", tmp_path / "of another job")
        (tmp_path / "link").replace(folder / "c_0")
        deadline = time.monotonic() + 10
        while pipe.error is None and time.monotonic() < deadline:
            time.sleep(0.01)
    assert pipe.error is not None
    assert (tmp_path / "of another job").read_text() == "whole"
