from __future__ import annotations

import io
import threading
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from contracts.manifest import ManifestObject
from shared.objects import WAITING_PER_THREAD, ObjectError, in_order, read_object

ITEM = ManifestObject(key="uploads/w/ä b/1.png", version_id="v7", size=4, etag="e")


@pytest.fixture
def s3() -> Any:
    return boto3.client(
        "s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


def test_the_version_of_the_manifest_is_read_and_no_other(s3: Any) -> None:
    expected = {"Bucket": "data", "Key": ITEM.key, "VersionId": "v7"}
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": io.BytesIO(b"1234")}, expected)
        assert read_object(s3, "data", ITEM) == b"1234"


def test_a_version_that_is_gone_is_named(s3: Any) -> None:
    with Stubber(s3) as stub:
        stub.add_client_error("get_object", "NoSuchVersion", "gone", 404)
        with pytest.raises(ObjectError, match=r"ä b/1.png' version v7 in bucket data.*NoSuchVer"):
            read_object(s3, "data", ITEM)


def test_an_object_of_another_size_is_not_taken(s3: Any) -> None:
    with Stubber(s3) as stub:
        stub.add_response("get_object", {"Body": io.BytesIO(b"123")})
        with pytest.raises(ObjectError, match="has 3 bytes, the manifest says 4"):
            read_object(s3, "data", ITEM)


def test_results_come_in_order_and_few_items_are_in_hand() -> None:
    taken = 0

    def items() -> Any:
        nonlocal taken
        for number in range(500):
            taken += 1
            yield number

    made = []
    for result in in_order(lambda number: number * 2, items(), threads=4):
        made.append(result)
        assert taken - len(made) < 4 * WAITING_PER_THREAD
    assert made == [number * 2 for number in range(500)]


def test_objects_are_read_at_the_same_time() -> None:
    meeting = threading.Barrier(4)
    assert len(list(in_order(lambda _: meeting.wait(timeout=20), range(8), threads=4))) == 8


def test_an_error_ends_the_reading() -> None:
    def work(number: int) -> int:
        if number == 3:
            raise RuntimeError("broken")
        return number

    with pytest.raises(RuntimeError, match="broken"):
        list(in_order(work, range(10_000), threads=2))
