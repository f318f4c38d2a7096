from __future__ import annotations

from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from shared.exchange import Exchange
from shared.faults import RefusedError
from shared.hosts import Hosts
from tests.unit.model_code.memory_s3 import MemoryS3

NAMES = ("algo-1", "algo-2", "algo-3")
URI = "s3://artifacts/birds/run/workspace"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


def exchange(s3: object, clock: Clock, *, host: str = "algo-1", uri: str = URI) -> Exchange:
    hosts = Hosts(host, NAMES)
    return Exchange(s3, uri, hosts, wait_seconds=60, sleep=clock.sleep, clock=lambda: clock.now)


def own_file(tmp_path: Path, text: str) -> Path:
    file = tmp_path / f"own-{text}"
    file.write_text(text)
    return file


def test_a_host_gets_the_files_of_all_others(tmp_path: Path) -> None:
    s3 = MemoryS3()
    for host in NAMES[1:]:
        file = own_file(tmp_path, host)
        s3.upload_file(str(file), "artifacts", f"birds/run/workspace/index-ab/{host}")
    found = exchange(s3, Clock()).share("index-ab", own_file(tmp_path, "mine"), tmp_path / "in")
    assert {host: path.read_text() for host, path in found.items()} == {
        "algo-2": "algo-2",
        "algo-3": "algo-3",
    }
    assert s3.objects["birds/run/workspace/index-ab/algo-1"] == b"mine"


def test_a_host_waits_for_one_that_is_slow(tmp_path: Path) -> None:
    s3, clock = MemoryS3(), Clock()

    def late(seconds: float) -> None:
        clock.sleep(seconds)
        if clock.now > 20:
            for host in NAMES[1:]:
                s3.objects[f"birds/run/workspace/index/{host}"] = b"there"

    hosts = Hosts("algo-1", NAMES)
    waiting = Exchange(s3, URI, hosts, wait_seconds=60, sleep=late, clock=lambda: clock.now)
    assert len(waiting.share("index", own_file(tmp_path, "x"), tmp_path / "in")) == 2


def test_a_host_that_never_comes_is_named(tmp_path: Path) -> None:
    clock = Clock()
    with pytest.raises(RefusedError, match="algo-2 has not told") as refused:
        exchange(MemoryS3(), clock).share("index", own_file(tmp_path, "x"), tmp_path / "in")
    assert "did not come within 60 seconds; look at the log of algo-2" in str(refused.value)
    assert max(clock.pauses) == 10


def test_an_error_of_another_kind_is_not_waited_for(tmp_path: Path) -> None:
    class Broken(MemoryS3):
        def download_file(self, bucket: str, key: str, path: str) -> None:
            raise ClientError({"Error": {"Code": "500", "Message": "broken"}}, "GetObject")

    clock = Clock()
    with pytest.raises(ClientError, match="broken"):
        exchange(Broken(), clock).share("index", own_file(tmp_path, "x"), tmp_path / "in")
    assert not clock.pauses


@pytest.mark.parametrize("uri", ["none", "s3://bucket", "s3:///prefix", "https://bucket/prefix"])
def test_a_workspace_that_is_no_prefix_is_refused(uri: str) -> None:
    with pytest.raises(RefusedError, match="give s3://bucket/prefix"):
        exchange(MemoryS3(), Clock(), uri=uri)
