from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from local_cloud.sagemaker.runner import sources
from local_cloud.sagemaker.runner.objects import DataError
from local_cloud.sagemaker.transform import records
from tests.unit.local_cloud.sagemaker_doubles import AwsDouble


def cut(path: Path, content: bytes, **changes: Any) -> list[list[bytes]]:
    path.write_bytes(content)
    given = {
        "gzipped": False,
        "by_line": True,
        "one_request": False,
        "single": False,
        "most_bytes": 5,
    }
    return list(records.batches(path, **{**given, **changes}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "input"


def test_a_request_takes_records_and_their_newlines_up_to_the_limit(path: Path) -> None:
    # Two records of two bytes and the newline between them are five bytes.
    assert cut(path, b"aa\nbb\nc\n\nd") == [[b"aa", b"bb"], [b"c", b"d"]]
    assert cut(path, b"aa\r\nbbbbb\r\n") == [[b"aa"], [b"bbbbb"]]


def test_no_limit_puts_a_file_into_one_request(path: Path) -> None:
    assert cut(path, b"aa\nbb\ncc", most_bytes=0) == [[b"aa", b"bb", b"cc"]]
    assert cut(path, b"aa\nbb\ncc", most_bytes=0, by_line=False) == [[b"aa\nbb\ncc"]]


def test_single_record_sends_one_record_a_request(path: Path) -> None:
    assert cut(path, b"a\nb", single=True) == [[b"a"], [b"b"]]
    # What is not split is one request whatever the strategy.
    assert cut(path, b"a\nb", single=True, one_request=True) == [[b"a", b"b"]]


@pytest.mark.parametrize(
    ("content", "changes"),
    [
        (b"abcdef", {}),
        (b"a\nabcdef\n", {"single": True}),
        (b"abcdef", {"by_line": False}),
        (b"aa\nbb\ncc", {"one_request": True}),
        (gzip.compress(b"abcdef"), {"gzipped": True}),
    ],
)
def test_what_does_not_fit_into_a_request_is_too_large(
    path: Path, content: bytes, changes: dict[str, Any]
) -> None:
    with pytest.raises(records.PayloadTooLargeError, match="Too much data for max payload size"):
        cut(path, content, **changes)


@pytest.mark.parametrize("content", [b"plain text", gzip.compress(b"a\n" * 9999)[:-9]])
def test_an_object_that_is_not_whole_gzip_is_told_of(path: Path, content: bytes) -> None:
    with pytest.raises(DataError, match="CompressionType is Gzip and the object is not"):
        cut(path, content, gzipped=True)


@pytest.mark.parametrize(
    "manifest", [[], [{"prefix": "s3://b/"}], [{"prefix": "x"}, "a"], {"a": 1}, [{}, "a"], ["a"]]
)
def test_a_malformed_manifest_is_told_of_with_its_form(manifest: Any) -> None:
    aws: Any = AwsDouble(store=None)  # type: ignore[arg-type]
    aws.objects["b", "m"] = json.dumps(manifest).encode()
    source = {"S3DataType": "ManifestFile", "S3Uri": "s3://b/m"}
    with pytest.raises(DataError, match=r"The manifest s3://b/m cannot be read: .* Its form is"):
        sources.find(aws.client("s3"), source)
