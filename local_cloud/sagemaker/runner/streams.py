"""What a channel in input mode Pipe streams: its objects or records, one after the other.

Forms: Channel and S3DataSource in the SageMaker API reference, "Augmented Manifest File Format
for Pipe Mode Training" in the developer guide, and RecordIO as MXNet documents it.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from local_cloud.json_api.errors import ApiError
from local_cloud.sagemaker.runner import objects, places, sources
from local_cloud.sagemaker.runner.objects import DataError
from local_cloud.sagemaker.runner.pipes import Content
from local_cloud.sagemaker.runner.places import S3Place

REFERENCE = "-ref"
"""The end of an attribute's name whose value is the URI of an object to stream."""
_RECORD_MAGIC = 0xCED7230A
_RECORD_LIMIT = 1 << 29


def content_of(s3: Any, channel: Mapping[str, Any], part: objects.Part) -> Content:
    """A host's part of the channel, by epoch. Raises DataError."""
    source = channel["DataSource"]["S3DataSource"]
    seed = sources.seed_of(channel)
    wrapped = channel.get("RecordWrapperType") == "RecordIO"
    gzipped = channel.get("CompressionType") == "Gzip"
    if source["S3DataType"] == "AugmentedManifestFile":
        place = places.parse(source["S3Uri"])
        lines = [line for line in objects.read(s3, place).splitlines() if line.strip()]

        def records(epoch: int) -> Iterator[bytes]:
            for line in sources.in_order(lines, part, seed=seed, epoch=epoch):
                for value in _attributes(s3, line, source["AttributeNames"], place):
                    yield record(value) if wrapped else value

        return records
    found = sources.find(s3, source)

    def whole_objects(epoch: int) -> Iterator[bytes]:
        for one in sources.in_order(found, part, seed=seed, epoch=epoch):
            content = _opened(objects.read(s3, one.place), one.place, gzipped=gzipped)
            yield record(content) if wrapped else content

    return whole_objects


def record(content: bytes) -> bytes:
    """One RecordIO record. Raises DataError for one that is too long for its header."""
    if len(content) >= _RECORD_LIMIT:
        raise DataError(f"A RecordIO record holds less than {_RECORD_LIMIT} bytes")
    padding = b"\0" * (-len(content) % 4)
    return struct.pack("<II", _RECORD_MAGIC, len(content)) + content + padding


def _opened(content: bytes, place: S3Place, *, gzipped: bool) -> bytes:
    if not gzipped:
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"CompressionType is Gzip and {place} is not: {error}") from error


def _attributes(s3: Any, line: bytes, names: Sequence[str], manifest: S3Place) -> Iterator[bytes]:
    """The values of a manifest's line, in the order of the names."""
    try:
        values = json.loads(line)
        chosen = [(name, values[name]) for name in names]
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"The augmented manifest {manifest} has a line that is no JSON object with the "
            f"attributes {', '.join(names)}: {error!r}"
        ) from error
    for name, value in chosen:
        if name.endswith(REFERENCE):
            try:
                place = places.parse(value)
            except (ApiError, AttributeError) as error:
                raise DataError(f"{name} in {manifest} is no S3 URI: {value!r}") from error
            yield objects.read(s3, place)
        else:
            yield (value if isinstance(value, str) else json.dumps(value)).encode()
